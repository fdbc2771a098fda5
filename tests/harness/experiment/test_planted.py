"""The positive control of a run: who is planted, that plain copies are found, and that a run says what it misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from rich.console import Console
from tiny import TINY_PHANTOM, only_run

from attacks.base import Access, Attack, LabelledTarget, Target
from harness import pipeline
from harness.config.settings import composed
from harness.data import planted_copies as copying
from harness.data.pool import load_pool
from harness.experiment import planted
from harness.experiment.attack_scores import AttackScores
from harness.experiment.evaluator import Evaluator
from harness.experiment.executor import Executor
from harness.experiment.planted import PLANTED_KINDS, planted_copies, players
from harness.jobs.launchers.local import LocalLauncher
from harness.planning.make import make_plan
from harness.planning.planned_attack import PlannedAttack
from harness.store import Store


def test_a_slice_each_of_some_unused_patients_is_copied_and_their_others_are_not_shown():
    patients = np.array([f"p{i // 3}" for i in range(60)])
    member = np.repeat(np.arange(20) % 2 == 0, 3)
    shown, copied = players(patients, member, 4, np.random.default_rng(0))
    assert not (shown & member).any()
    assert copied.sum() == len(set(patients[copied])) == 4
    assert (shown | ~copied).all()
    assert not set(patients[copied]) & set(patients[shown & ~copied])
    assert (shown & ~copied).sum() == 3 * 6
    many = players(patients, member, 12, np.random.default_rng(0))[1]
    assert many.sum() == 5, "half of the patients are left alone"


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> dict:
    """What a run of two attacks found, one of which forgives a mirror image."""
    words = [*TINY_PHANTOM, "attack=[knn,ssim]", "attack.knn.flip=true", "shadow.n_images=64"]
    settings = composed([*words, f"store.root={tmp_path_factory.mktemp('planted')}"])
    outcome = pipeline.run(settings, Console(quiet=True))
    assert outcome.alarms == []
    return {one.attack: one for one in outcome.records if one.kind == "planted"}


def test_a_row_a_kind_and_attack(ran):
    assert set(ran) == {f"planted {kind}: {name}" for kind in PLANTED_KINDS for name in ("knn", "ssim")}
    for row in ran.values():
        assert row.n_targets == 4
        assert row.n_members == 4 * 4, "of eight patients that a shadow does without, four"
        assert row.n_nonmembers == 4 * 8
        assert row.control.startswith("planted ")
        assert row.low_resampled is not None, "intervals are those of pairs: unlike other controls they must be found"


def test_plain_copies_are_found_and_mirrored_ones_by_whom_forgives_it(ran):
    auc = {name: row.auc.value for name, row in ran.items()}
    assert auc["planted noise: knn"] > 0.95
    assert auc["planted blur: knn"] > 0.95
    assert auc["planted flip: knn"] > 0.95
    assert auc["planted flip: ssim"] < auc["planted flip: knn"]


@dataclass(frozen=True)
class Learner(Attack):
    """Learns nothing, but is shown labels."""

    name = "learner"
    needs = Access.RELEASE

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        del shadows
        return self

    def _score(self, target: Target) -> np.ndarray:
        return np.zeros(len(target.ids))


GREY = np.full((16, 16, 16), 128, np.uint8)


@pytest.fixture
def planned(tmp_path):
    """A pool, and its plan of six shadows whose releases are of grey."""
    settings = composed([*TINY_PHANTOM, "shadow.count=6", f"store.root={tmp_path}"])
    store = Store(tmp_path)
    pool = load_pool(settings.data, store)
    plan = make_plan(settings, pool)
    for spec in plan.shadows:
        release = spec.target.view.release
        store.get(release.kind, release.key, lambda folder: np.save(folder / "images.npy", GREY) or {})
    return store, pool, plan


def asked_of(planned, attacks: Sequence[PlannedAttack]) -> tuple[list, list]:
    """The jobs of the positive control, none of which is done, and its records."""
    store, pool, plan = planned
    asked = []

    class Asked(Executor):
        def _attack(self, jobs, what):
            del what
            asked.extend(*jobs.values())
            return {name: AttackScores([], 0.0, 0, "nothing was done.") for name in jobs}

    executor = Asked(store, LocalLauncher(0, "cpu"), Console(quiet=True))
    records = planted_copies(executor, Evaluator(pool, plan.shadows, "probability", 0), attacks)
    return asked, records


def test_a_learner_is_fitted_without_the_pair_that_is_judged(planned):
    plan = planned[2]
    jobs, _ = asked_of(planned, [PlannedAttack(Learner(), plan)])
    assert len(jobs) == 4 * len(PLANTED_KINDS)
    for at, job in enumerate(jobs):
        number = at % 4
        others = [j for j in range(6) if j // 2 != number // 2]
        assert [one.target.view for one in job.fit] == [plan.shadows[j].target.view for j in others]
        assert [one.members for one in job.fit] == [tuple(np.flatnonzero(plan.shadows[j].member)) for j in others]
        judged = {plan.shadows[j].target.view for j in (number, number ^ 1)}
        assert not judged & {one.view for spec in job.fit for one in spec.target.references}
        assert job.target.view not in judged, "it faces the planted release, in the judged one's place"


def test_an_attack_by_a_surrogate_has_none(planned):
    jobs, records = asked_of(planned, [PlannedAttack(Learner(), planned[2], surrogate=True)])
    assert jobs == records == []


def test_planted_releases_are_made_anew_by_other_code(planned, monkeypatch, tmp_path):
    def keys() -> set[str]:
        jobs, _ = asked_of(planned, [PlannedAttack(Learner(), planned[2])])
        return {job.target.view.release.key for job in jobs}

    before = keys()
    assert keys() == before
    for module in (planted, copying):
        edited = tmp_path / module.__file__.rpartition("/")[2]
        edited.write_text(Path(module.__file__).read_text() + "# edited\n")
        with monkeypatch.context() as patched:
            patched.setattr(module, "__file__", str(edited))
            assert not keys() & before


def test_the_table_shows_them_and_the_last_words_name_them(harness):
    told = harness(*TINY_PHANTOM, "attack=knn", "shadow.n_images=64")
    assert told.code == 0, told.err
    words = " ".join(told.out.split())
    assert "planted copies of others, which must be found" in words
    assert "planted noise" in words
    assert "Of copies planted into releases knn finds those with noise" in words
    assert "planted" in (only_run() / "leaderboard.tex").read_text()
