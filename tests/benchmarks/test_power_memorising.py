"""Curves of memorising: what is fitted is what was put in, and a release of copies is counted as one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rich.console import Console

from benchmarks.measured import TINY
from benchmarks.power.memorising.cell import EVEN, Release, examine
from benchmarks.power.memorising.curves import Cells, _rising, curve_at, one_curve, onset
from benchmarks.power.memorising.grid import Grid, planned
from benchmarks.power.memorising.measured import measured
from benchmarks.power.memorising.rule import write_rule
from harness.data.sources.phantom import phantom_slices
from harness.errors import InputError
from harness.evaluation.metrics import step_roc
from harness.experiment.executor import Executor
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.targets import ReleaseSpec
from harness.jobs.work import Work
from harness.store import Store
from harness.writing import save_array

POWER, MIDDLE = 1.6, -0.5  # of the curve that is put in
WORK = Work("cpu", lambda doing, done, total: None)


@pytest.fixture(scope="module")
def cells() -> Cells:
    """AUCs of five numbers of members on one curve over steps / n^1.6, each known to 0.01."""
    n, times = (one.ravel() for one in np.meshgrid([40.0, 80, 160, 320, 640], [1.0, 2, 4, 8, 16], indexing="ij"))
    steps = n * times
    value = 0.5 + 0.5 / (1 + np.exp(-(np.log(steps) - POWER * np.log(n) - MIDDLE)))
    drawn = value + np.random.default_rng(0).normal(0, 0.01, (50, len(n)))
    return Cells(n, steps, value, drawn, 0.5)


def test_the_power_that_brings_all_onto_one_curve_is_found(cells):
    found = one_curve(cells)
    assert found.power.value == pytest.approx(POWER, abs=0.01)
    assert found.power.low < POWER < found.power.high
    assert found.misfit < 0.01
    assert found.misfit_linear > 10
    assert curve_at(found, 0.5, np.log(cells.steps) - POWER * np.log(cells.n)) == pytest.approx(cells.value, abs=0.01)


def test_onsets_grow_with_members_as_the_curve_says(cells):
    found = onset(cells, 0.6)
    exact = np.exp(np.log(0.2 / 0.8) + MIDDLE) * 80**POWER
    assert found.steps[80].value == pytest.approx(exact, rel=0.05)
    assert found.slope.value == pytest.approx(POWER, abs=0.1)
    assert found.slope.low < POWER < found.slope.high


def test_the_rule_begins_where_something_shows_first(cells, tmp_path, executor):
    """Copies at the first steps alone are enough, though more steps show none; of 640 members nothing shows."""
    settings, *_ = planned(Grid([8, 16], 2.0, 1, 16), [*TINY, f"store.root={executor.store.root}"], executor)
    of_40 = cells.n == 40
    shown = np.where(of_40 & (cells.steps >= 160), 0.7, 0.5)
    first = np.where(of_40 & (cells.steps == 40), 0.2, 0.01)
    around = np.linspace(-0.02, 0.02, 41)[:, None]
    of = {
        "knn": cells._replace(value=shown, drawn=shown + around),
        "ssim": cells._replace(value=np.full_like(shown, 0.5), drawn=0.5 + np.zeros_like(shown) + around),
        "mosaic": cells._replace(value=np.full_like(shown, 0.5), drawn=0.5 + np.zeros_like(shown) + around),
        "copies": cells._replace(value=first, drawn=first + around / 4, floor=0.01),
    }
    write_rule(tmp_path / "rule.json", settings, Grid([40, 640], 4.0, 1, 32), of)
    found = json.loads((tmp_path / "rule.json").read_text())
    few, many = found["points"]
    assert (found["family"], found["size"], found["released"], found["batch"]) == ("dct", 16, 32, 8)
    assert (few["tried"], few["shows_from"], many["shows_from"]) == ([1, 2, 4, 8, 16], 1, None)
    assert few["low"]["knn"][0] < few["auc"]["knn"][0]
    assert few["auc"] == {"knn": [0.5, 0.5, 0.7, 0.7, 0.7], "ssim": [0.5] * 5, "mosaic": [0.5] * 5}


def test_a_level_outside_the_grid_is_no_onset(cells):
    found = onset(cells, 0.99)
    assert {one.value for one in found.steps.values()} == {None}
    assert found.slope.value is None


def test_values_that_fall_are_pooled_by_weight():
    assert _rising(np.array([0.5, 0.8, 0.6, 0.9]), np.array([1.0, 1, 3, 1])) == pytest.approx([0.5, 0.65, 0.65, 0.9])


@pytest.fixture
def executor(tmp_path) -> Executor:
    return Executor(Store(tmp_path / "store"), LocalLauncher(0, "cpu"), Console(quiet=True))


def test_few_members_have_more_generators_whose_halves_change_sides(executor):
    grid = Grid([4, 32], 2.0, 1, 16)
    trained = planned(grid, [*TINY, f"store.root={executor.store.root}"], executor)[2]
    assert [Grid([40, 640], 2.0, 2, 16).generators_of(n) for n in (640, 320, 160, 80, 40)] == [4, 4, 4, 8, 8]
    few = [one for one in trained if (one.n, one.steps) == (4, 8)]
    assert [one.draw for one in few] == [0, 0, 1, 1]
    for one, other in (few[:2], few[2:]):
        assert (one.member != other.member).all()
        assert (one.places == other.places).all()
    assert (few[0].places != few[2].places).any()
    for one in trained:
        assert (one.member.sum(), len(one.places), one.job.recipe.n_steps) == (one.n, 2 * one.n, one.steps)
        assert one.job.members == tuple(one.places[one.member])
    assert {one.steps for one in trained if one.n == 32} == {16, 32, 64, 128, 256}
    assert [one.steps for one in trained] == sorted((one.steps for one in trained), reverse=True)
    assert len({one.job.key for one in trained}) == len(trained)


def test_patients_with_two_slices_are_refused(executor):
    words = [*TINY, "data.slices=2", f"store.root={executor.store.root}"]
    with pytest.raises(InputError, match="One slice a patient"):
        planned(Grid([8, 16], 2.0, 1, 16), words, executor)


def test_a_release_of_copies_shows_its_members(executor):
    """Half of the members' slices beside images of strangers: they are found, and counted, and nobody else is."""
    grid = Grid([16, 32], 1.0, 1, 32)
    _, pool, trained = planned(grid, [*TINY, f"store.root={executor.store.root}"], executor)
    one = next(one for one in trained if one.n == 32)
    members = np.asarray(pool.pixels)[one.places[one.member]]
    copied, others = members[:16], phantom_slices(16, 1, 16, 7).pixels
    images = np.concatenate([copied, others])
    folder = executor.store.folder("release", "made")
    folder.mkdir(parents=True)
    save_array(folder / "images.npy", images)
    spec = ReleaseSpec("release", "made", "images.npy", 32)
    found = examine(Release(str(executor.store.root), pool.key, one.places, one.member, spec, 16), WORK)
    names = ("knn", "ssim", "mosaic")
    assert {name: len(score) for name, score in found.scores.items()} == dict.fromkeys(
        [*names, *(f"{name}{EVEN}" for name in names)], 64
    )
    assert found.copies["third"][:16].all()
    assert not found.copies["third"][16:].any()
    assert (found.nearest[:16] == np.flatnonzero(one.member)[:16]).all()
    cells = measured([one], [found])
    auc = step_roc(found.scores["knn"], one.member, np.ones((1, 64))).auc()[0]
    assert cells["knn"].value == pytest.approx([auc])
    assert auc > 0.7
    assert cells["third"].value == pytest.approx([0.5])
    assert cells["third"].drawn.std() > 0.01
