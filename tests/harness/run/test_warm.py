"""Runs whose generators start from a base: a saved one, and one of extra slices."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from tiny import STEPS, TINY, TINY_PHANTOM, only_run, records_of, write_slices

from harness.config.checks import taken_places
from harness.config.settings import composed
from harness.data.sources.phantom import phantom_slices
from harness.errors import InputError
from harness.jobs.saved import saved_generator, take_saved
from harness.jobs.work import Work
from harness.report.start_line import start_line
from harness.run import __main__ as command
from harness.share.__main__ import main as share
from harness.store import Store
from shadow_models.base.recipe import FOLDER
from shadow_models.families.dct import DctRecipe
from shadow_models.fine_tuning import LEAKS
from shadow_models.generator import Generator, load_generator
from shadow_models.train import train

TINY_RECIPE = replace(DctRecipe(), size=16, block=2, channels=[8], steps=8)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """The folder of a generator of other phantoms."""
    folder = tmp_path_factory.mktemp("saved") / "base"
    train(phantom_slices(6, 1, 16, seed=77).pixels, TINY_RECIPE, seed=3, device="cpu").save(folder)
    return folder


@pytest.fixture(scope="module")
def started(saved, tmp_path_factory) -> Path:
    """A folder with `base`, a saved generator, `one`, a run from it, and the run's `store`."""
    top = tmp_path_factory.mktemp("started")
    shutil.copytree(saved, top / "base")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(top)
        patch.setattr(sys, "argv", ["harness.run", *TINY_PHANTOM, f"shadow.start={top / 'base'}", "out=one"])
        assert command.main() == 0
    return top


def generators(store: Path) -> dict[str, Generator]:
    return {path.name: load_generator(path) for path in (store / "generator").iterdir()}


def means(generator: Generator) -> torch.Tensor:
    return generator.codec.mean


def test_a_run_from_a_saved_generator(harness, saved):
    words = [*TINY_PHANTOM, "attack=[knn,loss]", "surrogate.use=true", f"shadow.start={saved}"]
    ran = harness(*words, "out=run")
    assert ran.code == 0, ran.err
    told = " ".join(ran.out.split())
    assert "every generator is trained on from a saved generator" in told
    assert f"{STEPS} steps" in told
    assert str(saved.parent) not in (Path("run") / "report.html").read_text()
    results = json.loads((Path("run") / "results.json").read_text())
    assert results["start"] == {"name": "a folder", "leak": None}
    base = means(load_generator(saved))
    found = generators(Path("store"))
    # 4 shadows, the withheld one, a surrogate of each, and the copy of the base
    assert len(found) == 11
    assert all(torch.equal(means(one), base) for one in found.values())
    again = harness(*words, "out=again")
    assert again.code == 0
    assert len(generators(Path("store"))) == 11
    assert records_of(Path("run")) == records_of(Path("again"))


def test_the_base_is_copied_so_that_the_folder_may_go(harness, started, tmp_path):
    shutil.copytree(started, tmp_path, dirs_exist_ok=True)
    before = set(generators(Path("store")))
    shutil.move(tmp_path / "base", tmp_path / "elsewhere")
    assert harness(*TINY_PHANTOM, f"shadow.start={tmp_path / 'elsewhere'}", "out=two").code == 0
    assert set(generators(Path("store"))) == before
    assert harness(*TINY_PHANTOM, f"shadow.start={tmp_path / 'base'}", "out=three").code == 2


def test_every_file_of_a_saved_generator_is_hashed_and_copied(saved, tmp_path, monkeypatch):
    folder = tmp_path / "two_files"
    shutil.copytree(saved, folder)
    monkeypatch.setattr(DctRecipe, "files", ("generator.safetensors", "more.bin"))
    keys = set()
    for content in (b"one", b"two"):
        (folder / "more.bin").write_bytes(content)
        job, _ = saved_generator(tmp_path / "store", "base", folder, "shadow.start=DIR", "dct")
        take_saved(job, Work("cpu", lambda *_: None))
        assert (Store(tmp_path / "store").find("generator", job.key).folder / "more.bin").read_bytes() == content
        keys.add(job.key)
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "generator.json").unlink(), "holds no saved generator"),
        (lambda folder: (folder / "generator.json").write_text('{"schema": 99}'), "schema 99"),
        (
            lambda folder: (folder / "generator.json").write_text('{"schema": 1, "recipe": {"steps": "x"}}'),
            "no generator",
        ),
        (lambda folder: (folder / "generator.safetensors").write_bytes(b"torn"), "no file of weights"),
        (lambda folder: (folder / "generator.safetensors").unlink(), "does not exist"),
        (
            lambda folder: (folder / "generator.json").write_text('{"schema": 1, "family": "gan", "recipe": {}}'),
            "is of the family 'gan', and the generators here of dct",
        ),
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
    assert "block is 4 and not 2" in " ".join(ran.err.split())


def with_patients(folder: Path, seed: int) -> Path:
    slices = phantom_slices(16, 2, 16, seed=seed)
    write_slices(folder, slices.pixels)
    with (folder / "metadata.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file_name", "patient_id"])
        rows.writerows([f"slice_{i + 1:03d}.png", f"{seed}-{who}"] for i, who in enumerate(slices.patient_ids))
    return folder


@pytest.fixture
def folders(tmp_path) -> list[str]:
    """Slices and others, 16 px."""
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
    manifest = json.loads((only_run() / "manifest.json").read_text())
    assert len(manifest["folders"]) == 2
    assert (manifest["base"]["start"], manifest["base"]["extra_slices"]) == ("extra", 32)
    assert found[manifest["base"]["generator"]].recipe.steps == 5
    rows = (only_run() / "scores.csv").read_text()
    assert "extra/" not in rows


def test_the_config_of_a_run_names_no_folder_of_a_start_to_outsiders(started):
    from harness.config.public_options import public_options

    config = yaml.safe_load((started / "one" / "config.yaml").read_text())
    assert config["shadow"]["start"] == str(started / "base")
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
    settings = composed(folders)
    assert taken_places(settings.store_root, settings.data)["data.extra"] == tmp_path / "others"


def test_results_name_the_point_of_the_dial_and_a_copy_says_so_too(harness, capsys):
    """The base that ships, once from end to end."""
    few = ["data.patients=8", "data.slices=1", "shadow.n_images=16", "launch.workers=0", "device=cpu"]
    assert harness("shadow.leak=faint", *few, "out=run").code == 0
    results = json.loads(Path("run", "results.json").read_text())
    assert results["start"] == {"name": "phantom-64", "leak": "faint"}
    assert results["recipe"]["steps"] == LEAKS["faint"]
    config = yaml.safe_load(Path("run", "config.yaml").read_text())["shadow"]
    assert (config["steps"], config["start"]) == (LEAKS["faint"], "phantom-64")
    means_of = {name: means(one) for name, one in generators(Path("store")).items()}
    shipped = means(load_generator(FOLDER))
    assert all(torch.equal(one, shipped) for one in means_of.values())
    assert share(["run", "--out", "copy"]) == 0
    for name in ("run", "copy"):
        assert "the base phantom-64, which saw none of these slices: 20 steps (leak faint)" in " ".join(
            Path(name, "leaderboard.md").read_text().split()
        )


@pytest.mark.parametrize(
    "values",
    [
        {"size": 64.0},
        {"layers": True},
        {"flip": "yes"},
        {"channels": [32.0, 64.0]},
        {"n_timesteps": 1000.0},
        {"steps": 10**400},
        {"learning_rate": "1e-3"},
    ],
)
def test_a_recipe_of_other_types_is_a_sentence(harness, saved, tmp_path, values):
    folder = tmp_path / "strange"
    shutil.copytree(saved, folder)
    about = json.loads((folder / "generator.json").read_text())
    about["recipe"].update(values)
    (folder / "generator.json").write_text(json.dumps(about))
    ran = harness(*TINY_PHANTOM, f"shadow.start={folder}", "dry_run=true")
    assert ran.code == 2
    assert "describes no generator of this version" in " ".join(ran.err.split())


def test_a_folder_that_changes_between_plan_and_copy_is_not_taken(saved, tmp_path):
    folder, store = tmp_path / "saved", tmp_path / "store"
    shutil.copytree(saved, folder)
    job, _ = saved_generator(store, "base", folder, "start", "dct")
    train(phantom_slices(6, 1, 16, seed=78).pixels, TINY_RECIPE, seed=4, device="cpu").save(folder)
    with pytest.raises(InputError, match="was changed since the plan"):
        take_saved(job, Work("cpu", lambda doing, done, total: None))
    assert not (store / "generator" / job.key).exists()


def test_the_digest_of_a_saved_generator_is_of_recipe_and_weights(saved, tmp_path):
    keys = set()
    for number, (sampler, first) in enumerate([("ddim", 0), ("dpm++", 0), ("ddim", 1)]):
        folder = tmp_path / str(number)
        shutil.copytree(saved, folder)
        about = json.loads((folder / "generator.json").read_text())
        about["recipe"]["sampler"] = sampler
        (folder / "generator.json").write_text(json.dumps(about))
        content = bytearray((folder / "generator.safetensors").read_bytes())
        content[-1] ^= first
        (folder / "generator.safetensors").write_bytes(content)
        keys.add(saved_generator(tmp_path / "store", "base", folder, "start", "dct")[0].key)
    assert len(keys) == 3


def test_a_generator_of_the_same_store_is_no_start(scored, harness):
    """Its shadows learnt the candidates."""
    shadow = next((scored / "generator").iterdir())
    ran = harness(*TINY_PHANTOM, f"shadow.start={shadow}", "dry_run=true")
    assert ran.code == 2
    assert "is a generator of this store" in " ".join(ran.err.split())


def test_the_folder_of_the_base_that_ships_is_that_base():
    settings = composed([f"shadow.start={FOLDER}"])
    assert (settings.start.name, settings.start.folder) == ("phantom-64", None)


def test_nothing_is_trained_where_there_is_no_plan(harness, folders):
    ran = harness(*folders, "shadow.count=2")
    assert ran.code == 2
    assert "shadow.count=2 cannot be planned" in " ".join(ran.err.split())
    assert not Path("store", "generator").exists()


@pytest.mark.parametrize(
    ("name", "recipe", "told"),
    [
        ("phantom-64", DctRecipe(steps=1), "1 step (leak faint). That base draws whole slices"),
        ("extra", DctRecipe(steps=2), "2 steps (leak faint). That base draws whole slices"),
        ("extra", TINY_RECIPE, "was itself trained from nothing. More steps"),
        ("a folder", TINY_RECIPE, "8 steps (leak faint). More steps"),
        ("not passed on", DctRecipe(), "a base of which nothing is said here"),
        ("nothing", DctRecipe(), "is trained from nothing, 800 steps."),
    ],
)
def test_the_line_says_no_more_than_is_so(name, recipe, told):
    line = start_line(name, "faint", recipe)
    assert told in line
    assert ("whole slices" in line) == ("whole slices" in told)
