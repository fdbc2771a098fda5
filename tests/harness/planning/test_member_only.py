"""The control `member_only`: what it plans, that it is at chance, and that it fires where labels reach a learner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import pytest
from tiny import TINY_PHANTOM, only_run

from attacks.base import Access, Attack, LabelledTarget, Target
from attacks.blind import Blind
from attacks.registry import find_attacks
from harness import pipeline
from harness.config.settings import composed
from harness.data.pool import Pool, load_pool
from harness.planning import make
from harness.planning import plan as plan_module
from harness.planning.make import make_plan
from harness.planning.member_only import member_only
from harness.store import Store


@dataclass(frozen=True)
class ByHeart(Attack):
    """Learns which slices were members of the shadows it is shown, by their names."""

    name = "by_heart"
    needs = Access.RELEASE
    _known: ClassVar[dict[str, float]] = {}

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        known: dict[str, float] = {}
        for target, member in shadows:
            for name, one in zip(target.ids, member, strict=True):
                known[name] = known.get(name, 0.0) + (1.0 if one else -1.0)
        return self.fitted(_known=known)

    def _score(self, target: Target) -> np.ndarray:
        return np.array([self._known.get(name, 0.0) for name in target.ids])


@pytest.fixture
def pool_and_plan(tmp_path):
    settings = composed([*TINY_PHANTOM, "shadow.count=6", f"store.root={tmp_path}"])
    pool = load_pool(settings.data, Store(tmp_path))
    return pool, make_plan(settings, pool)


def test_members_alone_are_halved_by_patient(pool_and_plan):
    pool, plan = pool_and_plan
    alone = member_only(plan, pool.patient_ids, seed=0)
    for spec, whole in zip(alone.shadows, plan.shadows, strict=True):
        assert spec.target.view == whole.target.view
        assert spec.target.references == whole.target.references
        places = list(spec.target.part)
        assert whole.member[places].all()
        assert len(places) == whole.member.sum()
        assert spec.candidates.tolist() == whole.candidates[places].tolist()
        patients = [pool.patient_ids[place] for place in spec.candidates]
        called = {one for one, half in zip(patients, spec.member, strict=True) if half}
        assert not called & {one for one, half in zip(patients, spec.member, strict=True) if not half}
        assert 0.3 < spec.member.mean() < 0.7
    again = member_only(plan, pool.patient_ids, seed=0)
    assert all(np.array_equal(*(p.shadows[j].member for p in (alone, again))) for j in range(6))


def test_a_learner_is_shown_other_pairs_members_by_their_new_names(pool_and_plan):
    pool, plan = pool_and_plan
    alone = member_only(plan, pool.patient_ids, seed=0)
    job = alone.attack_shadow(Blind(), 2)
    assert [spec.target.part for spec in job.fit] == [alone.shadows[j].target.part for j in (0, 1, 4, 5)]
    assert [spec.members for spec in job.fit] == [
        tuple(np.flatnonzero(alone.shadows[j].member)) for j in (0, 1, 4, 5)
    ]
    assert job.key != plan.attack_shadow(Blind(), 2).key


GIANT = "giant"


def with_giant(pool: Pool) -> Pool:
    """The same slices, all but eight of them one patient's."""
    n = len(pool.ids) - 8
    return replace(pool, patient_ids=(GIANT,) * n + tuple(f"p{one}" for one in range(8)))


@pytest.fixture
def giant_alone(monkeypatch):
    """Of every pair of shadows one has the members of that patient alone, as the deal of patients can have it."""

    def halves(patient_ids: Sequence[str], count: int, seed: int) -> np.ndarray:
        del seed
        alone = np.array([one == GIANT for one in patient_ids])
        return np.stack([alone, ~alone] * (count // 2))

    monkeypatch.setattr(make, "paired_halves", halves)


@pytest.mark.usefixtures("giant_alone")
def test_shadows_whose_members_are_one_patients_are_left_out(pool_and_plan, tmp_path):
    pool = with_giant(pool_and_plan[0])
    plan = make_plan(composed([*TINY_PHANTOM, "shadow.count=6", f"store.root={tmp_path}"]), pool)
    alone = member_only(plan, pool.patient_ids, seed=0)
    assert alone.taking_part == (1, 3, 5)
    for number, spec in enumerate(alone.shadows):
        assert (spec.member.any() and not spec.member.all()) == (number in alone.taking_part)
    fit = alone.attack_shadow(ByHeart(), 1).fit
    assert [one.target.part for one in fit] == [alone.shadows[j].target.part for j in (3, 5)]
    assert plan.taking_part == range(6)


def result(name: str) -> dict:
    records = json.loads((only_run() / "results.json").read_text())["records"]
    return next(one for one in records if one["attack"] == name)


SETTING = [*TINY_PHANTOM, "shadow.steps=2", "shadow.count=6", "attack=[knn,by_heart]"]


@pytest.fixture
def by_heart(monkeypatch):
    monkeypatch.setitem(find_attacks().by_name, "by_heart", ByHeart)


@pytest.mark.usefixtures("by_heart")
def test_it_is_at_chance_and_made_for_learners_alone(harness):
    ran = harness(*SETTING)
    assert ran.code == 0, ran.err
    found = result("member_only: by_heart")
    assert found["kind"] == "control"
    assert found["auc"]["low"] < 0.5 < found["auc"]["high"]
    assert found["n_members"] + found["n_nonmembers"] == result("knn")["n_members"]
    with pytest.raises(StopIteration):
        result("member_only: knn")
    assert "Not to be trusted" not in ran.out
    assert "member_only (1)" in ran.out


@pytest.mark.usefixtures("by_heart")
def test_labels_of_the_judged_shadow_that_reach_a_learner_mark_the_report(harness, monkeypatch):
    monkeypatch.setattr(plan_module.Plan, "_others", lambda self, number: [self.shadows[number]])
    ran = harness(*SETTING)
    assert ran.code == 0, ran.err
    assert result("member_only: by_heart")["auc"]["value"] == pytest.approx(1.0)
    alarms = json.loads((only_run() / "results.json").read_text())["alarms"]
    assert any("member_only: by_heart" in alarm for alarm in alarms)


@pytest.mark.usefixtures("by_heart", "giant_alone")
@pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")
def test_one_patient_of_most_slices_leaves_numbers_and_no_nan(harness, monkeypatch):
    load = pipeline.load_pool
    monkeypatch.setattr(pipeline, "load_pool", lambda *args, **more: with_giant(load(*args, **more)))
    ran = harness(*SETTING)
    assert ran.code == 0, ran.err
    text = (only_run() / "results.json").read_text()
    assert "NaN" not in text
    found = result("member_only: by_heart")
    assert found["n_targets"] == 3
    assert all(0.0 <= auc <= 1.0 for auc in found["auc_per_target"])
    found = result("planted noise: knn")
    assert found["n_targets"] == 2
    assert found["auc"]["value"] is not None
