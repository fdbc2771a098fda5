"""Keys: whatever decides the content changes the key; what does not, leaves it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attacks.knn import NearestNeighbour
from attacks.ssim import StructuralSimilarity
from harness import jobs
from harness.config import FolderData, PhantomData
from harness.jobs import AttackJob, FitSpec, GeneratorJob
from harness.pool import load_pool
from harness.store import Store
from harness.targets import ReferenceSpec, ReleaseSpec, TargetSpec, released_images
from shadow_models.recipe import Recipe

GENERATOR = GeneratorJob("store", "shadow 0", "pool", (0, 1), ("aa", "bb"), Recipe(), 5, 16)
RELEASE = ReleaseSpec("release", "r0", "images.npy", 16)
TARGET = TargetSpec("pool", (0, 1), ("aa", "bb"), RELEASE, (ReferenceSpec(RELEASE, (0,), "g1"),), "g0")
FIT = (FitSpec(TARGET, (0,)),)
SCORES = AttackJob("store", NearestNeighbour(), TARGET, FIT)


class Fitted(NearestNeighbour):
    """An attack that learns, so that what it learns from decides its scores."""

    def fit(self, shadows):
        return self


@pytest.mark.parametrize(
    "change",
    [
        {"digests": ("bb", "aa")},
        {"recipe": replace(Recipe(), steps=7)},
        {"recipe": replace(Recipe(), sampler="ddim")},
        {"seed": 6},
    ],
)
def test_what_decides_a_generator_changes_its_key_and_its_releases(change):
    changed = replace(GENERATOR, **change)
    assert changed.key != GENERATOR.key
    assert changed.release_key != GENERATOR.release_key


def test_the_number_of_images_changes_the_release_alone():
    changed = replace(GENERATOR, n_images=17)
    assert changed.key == GENERATOR.key
    assert changed.release_key != GENERATOR.release_key


@pytest.mark.parametrize(
    "change", [{"store_root": "elsewhere"}, {"name": "x"}, {"pool_key": "y"}, {"members": (7, 8)}]
)
def test_places_and_names_are_no_part_of_a_generator(change):
    assert replace(GENERATOR, **change).key == GENERATOR.key


def test_the_version_of_training_is_part_of_the_key(monkeypatch):
    before = GENERATOR.key
    monkeypatch.setattr(jobs, "SCHEMA", jobs.SCHEMA + 1)
    assert GENERATOR.key != before


@pytest.mark.parametrize(
    "change",
    [
        {"attack": NearestNeighbour(k=2)},
        {"attack": StructuralSimilarity()},
        {"target": TARGET._replace(digests=("bb", "aa"))},
        {"target": TARGET._replace(release=RELEASE._replace(key="r9"))},
        {"target": TARGET._replace(release=RELEASE._replace(n_images=15))},
        {"target": TARGET._replace(references=())},
        {"target": TARGET._replace(references=(ReferenceSpec(RELEASE, (1,), "g1"),))},
        {"target": TARGET._replace(generator=None)},
    ],
)
def test_what_decides_scores_changes_their_key(change):
    assert replace(SCORES, **change).key != SCORES.key


def test_what_an_attack_was_fitted_on_decides_its_scores_if_it_learns():
    learner = replace(SCORES, attack=Fitted())
    assert replace(learner, fit=(FitSpec(TARGET, (1,)),)).key != learner.key
    assert replace(SCORES, fit=(FitSpec(TARGET, (1,)),)).key == SCORES.key


def test_an_edited_attack_is_scored_anew(tmp_path, monkeypatch):
    edited = tmp_path / "knn.py"
    edited.write_text("# another way\n")
    before = SCORES.key
    monkeypatch.setattr("harness.jobs.inspect.getfile", lambda cls: str(edited))
    assert SCORES.key != before


@pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")  # without metadata every slice is a patient
def test_what_decides_a_pool_changes_its_key(tmp_path, images):
    from tiny import write_slices

    store = Store(tmp_path / "store")
    write_slices(tmp_path / "a", images(9, 32, 0))
    write_slices(tmp_path / "moved", images(9, 32, 0))
    write_slices(tmp_path / "other", images(9, 32, 1))

    def key(folder: str, size: int = 16) -> str:
        return load_pool(FolderData(root=str(tmp_path / folder), size=size), store).key

    assert len({key("a"), key("other"), key("a", size=32)}) == 3
    assert key("a") == key("moved")
    phantoms = [PhantomData(patients=8, slices=1, size=16), PhantomData(patients=8, slices=1, size=16, seed=1)]
    assert len({load_pool(data, store).key for data in phantoms}) == 2


def test_pools_read_by_other_code_are_other_pools(tmp_path, monkeypatch):
    data, store = PhantomData(patients=8, slices=1, size=16), Store(tmp_path)
    before = load_pool(data, store).key
    (tmp_path / "code").mkdir()
    monkeypatch.setattr("harness.pool._SOURCES", Path(tmp_path / "code"))
    assert load_pool(data, store).key != before


def test_a_part_of_a_release_is_as_many_images_as_asked_and_the_same_each_time(tmp_path):
    folder = tmp_path / "pool" / "k"
    folder.mkdir(parents=True)
    np.save(folder / "test.npy", np.arange(40, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8))
    found = [released_images(ReleaseSpec("pool", "k", "test.npy", 16), Store(tmp_path))[:, 0, 0] for _ in range(2)]
    assert len(set(found[0].tolist())) == 16
    assert np.array_equal(*found)
