"""Keys: whatever decides the content changes the key; what does not, leaves it."""

from __future__ import annotations

import importlib.util
import pkgutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attacks.knn import NearestNeighbour
from attacks.loss import DenoisingLoss, loss_reg
from attacks.ssim import StructuralSimilarity
from attacks.stack import ModelStack, Stack
from harness import source_digest
from harness.data import groups, sources
from harness.data.options import FolderData, PhantomData
from harness.data.pool import load_pool
from harness.errors import InputError
from harness.external import External
from harness.jobs import code_digest
from harness.jobs import score as score_job
from harness.jobs import train as train_job
from harness.jobs.generators import GeneratorJob
from harness.jobs.observations import observation_key
from harness.jobs.score import AttackJob, FitSpec
from harness.jobs.targets import ReferenceSpec, ReleaseSpec, TargetSpec, ViewSpec, released_images
from harness.jobs.work import Work
from harness.store import Store, digest_of
from shadow_models import phantoms
from shadow_models.families.dct import DctRecipe

GENERATOR = GeneratorJob("store", "shadow 0", "pool", (0, 1), ("aa", "bb"), DctRecipe(), 5, 16)
RELEASE = ReleaseSpec("release", "r0", "images.npy", 16)
VIEW = ViewSpec("pool", (0, 1), ("aa", "bb"), RELEASE, "g0")
REFERENCE = ViewSpec("pool", (0, 1), ("aa", "bb"), RELEASE._replace(key="r1"), "g1")
TARGET = TargetSpec(VIEW, (ReferenceSpec(REFERENCE, (0,)),))
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
        {"recipe": replace(DctRecipe(), steps=7)},
        {"recipe": replace(DctRecipe(), sampler="ddim")},
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
    monkeypatch.setattr(DctRecipe, "schema", DctRecipe.schema + 1)
    assert replace(GENERATOR).key != before


@pytest.mark.parametrize(
    "change",
    [
        {"attack": NearestNeighbour(k=2)},
        {"attack": StructuralSimilarity()},
        {"target": TARGET._replace(view=VIEW._replace(digests=("bb", "aa")))},
        {"target": TARGET._replace(view=VIEW._replace(release=RELEASE._replace(key="r9")))},
        {"target": TARGET._replace(view=VIEW._replace(release=RELEASE._replace(n_images=15)))},
        {"target": TARGET._replace(view=VIEW._replace(generator=None))},
        {"target": TARGET._replace(references=())},
        {"target": TARGET._replace(references=(ReferenceSpec(REFERENCE, (1,)),))},
        {"target": TARGET._replace(references=(ReferenceSpec(REFERENCE._replace(generator="g2"), (0,)),))},
    ],
)
def test_what_decides_scores_changes_their_key(change):
    assert replace(SCORES, **change).key != SCORES.key


def test_what_an_attack_was_fitted_on_decides_its_scores_if_it_learns():
    learner = replace(SCORES, attack=Fitted())
    assert replace(learner, fit=(FitSpec(TARGET, (1,)),)).key != learner.key
    assert replace(SCORES, fit=(FitSpec(TARGET, (1,)),)).key == SCORES.key


@pytest.mark.parametrize(
    ("attack", "change", "same"),
    [
        (NearestNeighbour(), {"release": RELEASE._replace(n_images=15)}, False),
        (NearestNeighbour(), {"release": None}, False),
        (NearestNeighbour(), {"generator": "g9"}, True),
        (DenoisingLoss(), {"generator": "g9"}, False),
        (DenoisingLoss(), {"release": RELEASE._replace(n_images=15)}, True),
        (DenoisingLoss(), {"digests": ("bb", "aa")}, False),
        (DenoisingLoss(), {"pool_key": "elsewhere", "candidates": (5, 6)}, True),
    ],
)
def test_an_observation_hangs_on_what_the_attack_may_look_at(attack, change, same):
    assert (observation_key(attack, VIEW._replace(**change)) == observation_key(attack, VIEW)) is same


def test_calibrations_share_an_observation_and_options_do_not():
    assert observation_key(loss_reg(), VIEW) == observation_key(DenoisingLoss(calibration="lira"), VIEW)
    assert observation_key(DenoisingLoss(n_noises=2), VIEW) != observation_key(DenoisingLoss(), VIEW)
    assert observation_key(NearestNeighbour(shift=1), VIEW) != observation_key(NearestNeighbour(), VIEW)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A plug-in of two files, and its digest after writing one of them anew."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "__init__.py").write_text("")
    (tmp_path / "outside" / "attack.py").write_text(
        "from attacks.distances import Distance\nfrom outside.helper import x\n"
    )
    (tmp_path / "outside" / "helper.py").write_text("x = 1\n")
    (tmp_path / "outside" / "other.py").write_text("y = 1\n")
    monkeypatch.syspath_prepend(tmp_path)

    def edited(name: str, text: str) -> str:
        (tmp_path / "outside" / name).write_text(text)
        code_digest.code_digest.cache_clear()
        return code_digest.code_digest("outside.attack")

    yield edited
    code_digest.code_digest.cache_clear()


def test_an_edited_attack_or_helper_is_scored_anew_and_another_file_is_not(package):
    before = package("other.py", "y = 2\n")
    assert package("other.py", "y = 3\n") == before
    assert package("helper.py", "x = 2\n") != before
    assert package("attack.py", "from attacks.distances import smallest\n") != before


def test_the_distances_are_part_of_every_attack_that_imports_them():
    files = {path.name for path in code_digest._sources("attacks.knn")}
    assert {"knn.py", "distances.py", "observing.py", "difficulty_calibration.py", "similarity.py"} <= files
    assert not {"loss.py", "stack.py", "noising.py"} & files


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


def test_pools_read_by_another_version_are_other_pools(tmp_path, monkeypatch):
    data, store = PhantomData(patients=8, slices=1, size=16), Store(tmp_path)
    before = load_pool(data, store).key
    monkeypatch.setattr("harness.data.pool.READING", "another")
    assert load_pool(data, store).key != before


def _what_reads_slices() -> list[Path]:
    return [*Path(sources.__path__[0]).rglob("*.py"), *Path(phantoms.__path__[0]).glob("*.py"), Path(groups.__file__)]


def test_what_reads_slices_does_not_change_unnoticed():
    """Failed? Put the new digest here; and where the same files now give other slices, another word into READING,
    or into READING_SCANS where it is scanners' alone."""
    assert digest_of(_what_reads_slices()) == "c6b5c74240a094af06c8ab97c1f73c061ed3261af421a5a2d048b08c40eae026"


def test_no_room_of_the_sources_is_left_out_of_what_is_watched():
    rooms = pkgutil.walk_packages(sources.__path__, "harness.data.sources.")
    modules = {Path(importlib.util.find_spec(one.name).origin) for one in rooms}
    files = {path for path in _what_reads_slices() if path.is_relative_to(sources.__path__[0])}
    assert files == {*modules, Path(sources.__file__)}
    assert files <= set(source_digest._files())


def test_a_part_of_a_release_is_as_many_images_as_asked_and_the_same_each_time(tmp_path):
    folder = tmp_path / "pool" / "k"
    folder.mkdir(parents=True)
    part = ReleaseSpec("pool", "k", "test.npy", 16)
    np.save(folder / "test.npy", np.arange(40, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8))
    found = [released_images(VIEW._replace(release=part), Store(tmp_path))[:, 0, 0] for _ in range(2)]
    assert len(set(found[0].tolist())) == 16
    assert np.array_equal(*found)


@pytest.mark.parametrize(
    ("attack", "hangs"),
    [(NearestNeighbour(), False), (DenoisingLoss(), True), (Stack(), False), (ModelStack(), True)],
)
def test_what_turns_weights_into_answers_decides_the_scores_of_model_attacks_alone(monkeypatch, attack, hangs):
    before = replace(SCORES, attack=attack).key
    monkeypatch.setattr(score_job, "network_digest", lambda: "another")
    assert (replace(SCORES, attack=attack).key != before) == hangs


class Theirs(DctRecipe):
    """A plug-in's family, made from one of ours."""


def test_the_code_and_the_family_of_a_plug_in_are_part_of_its_keys(monkeypatch):
    monkeypatch.setattr(Theirs, "__module__", "of_others")
    monkeypatch.setattr(Theirs, "name", "theirs")
    keys = set()
    for code in ("a", "b"):
        monkeypatch.setattr("harness.jobs.generators.code_digest", lambda module, code=code: code)
        keys.add(replace(GENERATOR, recipe=Theirs()).key)
    monkeypatch.setattr(Theirs, "name", "theirs_too")
    keys.add(replace(GENERATOR, recipe=Theirs()).key)
    assert len({*keys, GENERATOR.key}) == 4


def test_what_changes_between_plan_and_work_is_told(tmp_path):
    """A program that is edited meanwhile: the plan's key is not given to what the edited one makes."""
    program = tmp_path / "program.py"
    program.write_text("")
    recipe = External(command="python program.py {members} {release}", depends=[str(program)])
    job = replace(GENERATOR, store_root=str(tmp_path / "store"), recipe=recipe)
    planned = job.key
    program.write_text("print()")
    assert job.key == planned, "the plan names one key for all"
    with pytest.raises(InputError, match="was changed since the plan was made"):
        train_job.train_and_release(job, Work("cpu", lambda doing, done, total: None))
    assert not (tmp_path / "store" / "generator").exists()
