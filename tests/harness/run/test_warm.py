"""Runs whose generators start from a base: a saved one, and one of extra slices."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from tiny import TINY, TINY_PHANTOM, only_run, records_of, write_slices

from harness.data.sources.phantom import phantom_slices
from shadow_models.generator import Generator
from shadow_models.recipe import Recipe
from shadow_models.train import train

TINY_RECIPE = replace(Recipe(), size=16, block=2, channels=[8, 16], steps=20)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """The folder of a generator of other phantoms."""
    folder = tmp_path_factory.mktemp("saved") / "base"
    train(phantom_slices(6, 1, 16, seed=77).pixels, TINY_RECIPE, seed=3, device="cpu").save(folder)
    return folder


def generators(store: Path) -> dict[str, Generator]:
    return {path.name: Generator.load(path) for path in (store / "generator").iterdir()}


def means(generator: Generator) -> torch.Tensor:
    return generator.codec.mean


def test_a_run_from_a_saved_generator(harness, saved):
    words = [*TINY_PHANTOM, "attack=[knn,loss]", "surrogate.use=true", f"shadow.start={saved}"]
    ran = harness(*words, "out=run")
    assert ran.code == 0, ran.err
    told = " ".join(ran.out.split())
    assert "every generator was trained on from a saved generator" in told
    assert "30 steps" in told
    assert str(saved.parent) not in (Path("run") / "report.html").read_text()
    results = json.loads((Path("run") / "results.json").read_text())
    assert results["start"] == {"name": "a folder", "leak": None}
    base = means(Generator.load(saved))
    found = generators(Path("store"))
    # 4 shadows, the withheld one, a surrogate of each, and the copy of the base
    assert len(found) == 11
    assert all(torch.equal(means(one), base) for one in found.values())
    again = harness(*words, "out=again")
    assert again.code == 0
    assert len(generators(Path("store"))) == 11
    assert records_of(Path("run")) == records_of(Path("again"))


def test_the_base_is_copied_so_that_the_folder_may_go(harness, saved, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(saved, moved)
    assert harness(*TINY_PHANTOM, f"shadow.start={moved}", "out=one").code == 0
    before = set(generators(Path("store")))
    shutil.move(moved, tmp_path / "elsewhere")
    assert harness(*TINY_PHANTOM, f"shadow.start={tmp_path / 'elsewhere'}", "out=two").code == 0
    assert set(generators(Path("store"))) == before
    assert harness(*TINY_PHANTOM, f"shadow.start={moved}", "out=three").code == 2


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "generator.json").unlink(), "does not exist"),
        (lambda folder: (folder / "generator.json").write_text('{"schema": 99}'), "schema 99"),
        (
            lambda folder: (folder / "generator.json").write_text('{"schema": 1, "recipe": {"steps": "x"}}'),
            "no generator",
        ),
        (lambda folder: (folder / "generator.safetensors").write_bytes(b"torn"), "no file of weights"),
        (lambda folder: (folder / "generator.safetensors").unlink(), "does not exist"),
    ],
)
def test_what_is_no_saved_generator_is_refused_in_a_sentence(harness, saved, tmp_path, spoil, why):
    folder = tmp_path / "spoilt"
    shutil.copytree(saved, folder)
    spoil(folder)
    ran = harness(*TINY_PHANTOM, f"shadow.start={folder}")
    assert ran.code == 2
    assert why in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_a_saved_generator_of_another_size_is_refused_before_anything_is_trained(harness, saved):
    ran = harness(*TINY_PHANTOM, "shadow.block=4", f"shadow.start={saved}", "dry_run=true")
    assert ran.code == 2
    assert "block=4 and not 2" in " ".join(ran.err.split())


def with_patients(folder: Path, seed: int) -> Path:
    slices = phantom_slices(16, 2, 16, seed=seed)
    write_slices(folder, slices.pixels)
    with (folder / "metadata.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file_name", "patient_id"])
        rows.writerows([f"slice_{i + 1:03d}.png", f"{seed}-{who}"] for i, who in enumerate(slices.patient_ids))
    return folder


@pytest.fixture
def folders(tmp_path, monkeypatch) -> list[str]:
    """Slices and others, 16 px, which at this size are too coarse to say whether they look alike."""
    monkeypatch.setattr("harness.planning.start.alike", lambda one, other: np.zeros((len(one), len(other)), bool))
    root, extra = (with_patients(tmp_path / name, seed) for name, seed in (("pool", 1), ("others", 2)))
    return ["data=folder", f"data.root={root}", f"data.extra={extra}", *TINY, "shadow.base_steps=5"]


def test_a_run_from_a_base_of_extra_slices(harness, folders):
    planned = harness(*folders, "dry_run=true")
    assert planned.code == 0, planned.err
    assert "the base of data.extra 32 slices" in " ".join(planned.out.split())
    ran = harness(*folders)
    assert ran.code == 0, ran.err
    assert "a base of the extra slices" in " ".join(ran.out.split())
    found = generators(Path("store"))
    assert len(found) == 6
    bases = [one for one in found.values() if one.recipe.steps == 5]
    assert len(bases) == 1
    assert all(torch.equal(means(one), means(bases[0])) for one in found.values())
    assert len(json.loads((only_run() / "manifest.json").read_text())["folders"]) == 2
    rows = (only_run() / "scores.csv").read_text()
    assert "extra/" not in rows


def test_the_config_of_a_run_names_no_folder_of_a_start_to_outsiders(harness, saved):
    from harness.config.public_options import public_options

    assert harness(*TINY_PHANTOM, f"shadow.start={saved}", "out=run").code == 0
    config = yaml.safe_load((Path("run") / "config.yaml").read_text())
    assert config["shadow"]["start"] == str(saved)
    public = public_options(config)
    assert "start" not in public["shadow"]
    assert public_options({**config, "shadow": {"start": "phantom-64", "leak": "weak"}})["shadow"] == {
        "start": "phantom-64",
        "leak": "weak",
    }


def test_neither_store_nor_results_may_lie_among_the_extra_slices(harness, folders, tmp_path):
    for option in ("store.root", "out"):
        ran = harness(*folders, f"{option}={tmp_path / 'others' / 'inside'}", "dry_run=true")
        assert ran.code == 2
        assert "lies inside data.extra=" in " ".join(ran.err.split())
