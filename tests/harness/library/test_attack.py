"""`attack`: the scores are those of the attack itself, and nothing but pixels and references reaches it."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
from tiny import write_slices

from attacks.base import Target
from attacks.registry import find_attacks
from attacks.view import CountedModel
from harness.errors import InputError
from harness.jobs import scored as jobs
from harness.jobs.targets import StoredModel
from harness.library import attack
from harness.store import Store
from shadow_models.families.dct import DctRecipe
from shadow_models.generator import load_generator
from shadow_models.train import train


def test_scores_are_the_attacks_own_in_the_order_of_the_candidates(world):
    table = attack(world.slices, world.release, names=["knn", "ssim"])
    ids = tuple(f"{number}" for number in range(100, 148))
    for name in ("knn", "ssim"):
        alone = find_attacks().by_name[name]().score(Target(ids, world.slices, world.release))
        assert np.array_equal(table[name], alone)
    order = np.random.default_rng(1).permutation(len(world.slices))
    assert np.array_equal(attack(world.slices[order], world.release)["knn"], table["knn"][order])


def test_floats_and_folders_are_the_same_images(world, tmp_path):
    as_bytes = attack(world.slices, world.release)["knn"]
    assert np.array_equal(attack(world.slices / 255, world.release / np.float32(255))["knn"], as_bytes)
    write_slices(tmp_path / "candidates", world.slices)
    write_slices(tmp_path / "release", world.release)
    read = attack(tmp_path / "candidates", str(tmp_path / "release"), size=16)
    assert np.array_equal(read["knn"], as_bytes)
    assert read.ids[:2] == ("slice_001", "slice_002")
    assert np.array_equal(attack(world.slices, tmp_path / "release")["knn"], as_bytes)  # the array says the size


def test_larger_images_are_averaged_as_files_are(world, tmp_path):
    large = np.kron(world.slices, np.ones((1, 2, 2), np.uint8))
    assert np.array_equal(attack(large, world.release, size=16)["knn"], attack(world.slices, world.release)["knn"])


def test_references_calibrate_and_teach(world):
    table = attack(world.slices, world.release, world.references, names=["knn_reg", "stack", "loss"])
    assert set(table.scores) == {"knn_reg", "stack"}
    assert "needs the generator's model" in table.skipped["loss"]
    found = table["knn_reg"]
    assert found[world.member].mean() > found[~world.member].mean() + 0.5
    with pytest.raises(KeyError, match="needs the generator's model"):
        table["loss"]


def test_a_table_is_one_line(world):
    table = attack(world.slices, world.release, names=["knn", "loss"])
    assert repr(table) == str(table) == "<ScoreTable of 48 candidates, scored by knn; skipped: loss>"


@pytest.mark.parametrize("wrong", [lambda release: (release,), lambda release: release])
def test_a_reference_that_is_no_pair_is_a_sentence(world, wrong):
    with pytest.raises(InputError, match=r"references\[0\] must be two things, \(release, held\)"):
        attack(world.slices, world.release, references=[wrong(world.release)])


def test_what_cannot_be_taught_is_skipped_with_the_reason(world):
    alone = attack(world.slices, world.release, world.references[:3], names=["stack", "knn"])
    assert "pairs of complements" in alone.skipped["stack"]
    assert "knn" in alone.scores
    assert "reference" in attack(world.slices, world.release, names=["knn_reg"]).skipped["knn_reg"]


def test_a_shadow_is_not_taught_by_its_complement(world, monkeypatch):
    met = []
    monkeypatch.setattr(
        jobs, "scored", lambda one, target, known, more: met.append(known) or jobs.Scored(np.ones(48))
    )
    attack(world.slices, world.release, world.references, names=["stack"])
    assert len(met[0]) == 6
    for target, member in met[0]:
        assert len(target.references) == 4
        assert not any(
            np.array_equal(one.held, member) or np.array_equal(one.held, ~member) for one in target.references
        )


def test_no_label_can_be_given():
    assert not {name for name in inspect.signature(attack).parameters if re.search("label|member|truth", name)}


def test_names_of_candidates_are_hashes_of_pixels(world, tmp_path, monkeypatch):
    met = []
    kept = jobs.scored
    monkeypatch.setattr(jobs, "scored", lambda one, target, *rest: met.append(target) or kept(one, target, *rest))
    write_slices(tmp_path / "candidates", world.slices, "used_{:03d}.png")
    attack(tmp_path / "candidates", world.release)
    assert not any("used" in name for name in met[0].ids)
    order = np.random.default_rng(1).permutation(len(world.slices))
    attack(world.slices[order], world.release)
    assert met[1].ids == tuple(met[0].ids[place] for place in order)


@pytest.fixture(scope="module")
def saved(world, tmp_path_factory):
    """A generator of the members, as the harness saves one."""
    folder = tmp_path_factory.mktemp("generator") / "saved"
    train(world.slices[world.member], replace(DctRecipe.tiny(), steps=5), seed=0, device="cpu").save(folder)
    return folder


def test_a_saved_generator_is_asked_as_a_run_asks_it(world, saved):
    """By its folder, as the object, and as a job of a run loads it: to the last digit."""
    names = ["loss", "loss_cal", "knn"]
    table = attack(world.slices, world.release, world.references, names, model=saved)
    loaded = attack(world.slices, world.release, world.references, names, model=load_generator(saved))
    assert np.array_equal(table["loss"], loaded["loss"])
    assert "references give only releases" in table.skipped["loss_cal"]
    store = Store(saved.parent / "store")
    store.get("generator", "k", lambda folder: load_generator(saved).save(folder) or {})
    own = jobs.target_of(world.slices, world.release)
    of_run = replace(own, model=CountedModel(StoredModel(store, "k", "cpu")))
    assert np.array_equal(table["loss"], jobs.scored(find_attacks().by_name["loss"](), of_run).scores)


def test_a_model_that_is_none_is_a_sentence(world, saved, tmp_path):
    with pytest.raises(InputError, match="is no saved generator that can be read"):
        attack(world.slices, world.release, names=["loss"], model=tmp_path)
    with pytest.raises(InputError, match="model is int"):
        attack(world.slices, world.release, names=["loss"], model=3)
    with pytest.raises(InputError, match="model draws images of 16 pixels, and the slices have 8"):
        attack(world.slices, world.release, names=["loss"], model=saved, size=8)
    (tmp_path / "generator.json").write_text('{"family": "external", "schema": 1, "recipe": {}}')
    with pytest.raises(InputError, match=r"gives images alone|is no saved generator"):
        attack(world.slices, world.release, names=["loss"], model=tmp_path)


def test_options_of_an_attack_stand_in_its_column(world):
    knn = find_attacks().by_name["knn"]
    assert list(attack(world.slices, world.release, names=[knn(k=3), knn()]).scores) == ["knn(k=3)", "knn"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"names": ["knnn"]}, "Did you mean knn"),
        ({"names": "knn"}, "give a list"),
        ({"candidates": np.zeros((3, 16, 16), np.int16)}, "candidates holds int16"),
        ({"candidates": np.zeros((16, 16), np.uint8)}, "candidates has the shape [16, 16]"),
        ({"release": np.full((3, 16, 16), 300.0)}, "release go from 300"),
        ({"release": np.full((3, 16, 16), np.nan)}, "release go from nan"),
        ({"release": np.zeros((3, 8, 8), np.uint8)}, "less than the working size"),
        ({"release": "nowhere"}, "nowhere does not exist"),
        ({"references": [(np.zeros((3, 16, 16), np.uint8), [True])]}, "references[0][1]"),
        ({"names": [find_attacks().by_name["knn"](k=99)]}, "attack=knn"),
    ],
)
def test_mistakes_are_sentences(world, given, told):
    usual = {"candidates": world.slices, "release": world.release}
    with pytest.raises(InputError, match=re.escape(told)):
        attack(**(usual | given))


def test_a_table_shows_itself(world):
    table = attack(world.slices, world.release, names=["knn", "loss"])
    frame = table.to_pandas()
    assert frame.shape == (48, 1)
    assert frame.index.name == "candidate"
    shown = table._repr_html_()
    assert "<table" in shown
    assert "loss: skipped; it needs the generator&#x27;s model" in shown
    (line, _) = table.plot().lines
    assert np.all(np.diff(line.get_ydata()) <= 0)
