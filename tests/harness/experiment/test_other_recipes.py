"""What thresholds keep before recipes that were tried and not taken: who teaches, who is judged, what a run says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from tiny import TINY

from attacks.registry import find_attacks
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.experiment.attack_scores import AttackScores
from harness.experiment.matching import Match, Matching
from harness.experiment.other_recipes import before_other_recipes
from harness.jobs.targets import TargetSpec
from harness.planning.make import make_plan
from harness.planning.planned_attack import PlannedAttack
from harness.planning.trials import recipes_tried
from harness.report.conclusion import Applied, conclusion
from harness.store import Store

PAIR_0 = 100.0  # above all scores of others: had it taught, no threshold would call anybody


@dataclass(frozen=True)
class Executor:
    """In the place of one: every shadow's score is the number of the candidate, every trial's lies so much higher."""

    shift: Mapping[str, float]
    console: Console = field(default_factory=lambda: Console(quiet=True))
    met: list[tuple[str, TargetSpec]] = field(default_factory=list)

    def attack_shadows(self, attacks: Sequence[PlannedAttack], what: str = "shadows") -> dict[str, AttackScores]:
        (one,) = attacks
        n = len(one.plan.shadows[0].candidates)
        scores = [np.arange(n) + PAIR_0 * (number // 2 == 0) for number in one.plan.taking_part]
        return {one.label: AttackScores([score.astype(float) for score in scores], 0.0, 0, None)}

    def attack_planted(self, planned: PlannedAttack, targets: Mapping[int, TargetSpec], what: str) -> AttackScores:
        ((number, target),) = targets.items()
        assert number == 0
        self.met.append((what, target))
        n = len(planned.plan.shadows[0].candidates)
        return AttackScores([np.arange(n) + self.shift[what]], 0.0, 0, None)


@pytest.fixture(scope="module")
def tried(tmp_path_factory) -> dict[str, Any]:
    """Three recipes tried for 80 candidates, of which the first was taken, and the plan of that one."""
    tmp_path = tmp_path_factory.mktemp("tried")
    words = [*TINY, "data.patients=80", "data.slices=1", f"store.root={tmp_path}", "shadow.match_steps=[1,2,3]"]
    settings = composed([*words, "shadow.start=nothing"])
    pool = load_pool(settings.data, Store(tmp_path))
    trials = recipes_tried(settings, replace(pool, given={"test": None}))
    settings = settings.made_as(trials[0].making)
    matches = [Match(one.job.recipe.name, one.job.recipe.n_steps, {"greys": 0.0}, {}) for one in trials]
    plan = make_plan(settings, pool)
    chosen = PlannedAttack(find_attacks(("knn",)).by_name["knn"](), plan)
    return {"matching": Matching(settings, matches, {}), "trials": trials, "chosen": chosen}


def executor_of(tried: dict[str, Any], *shifts: float) -> Executor:
    return Executor({one.job.name: shift for one, shift in zip(tried["trials"][1:], shifts, strict=True)})


def test_recipes_not_taken_have_the_rates_at_the_thresholds_of_the_one_taken(tried):
    executor = executor_of(tried, 0.0, 40.0)
    found = before_other_recipes(**tried, executor=executor)
    assert found[0] == tried["matching"].settings
    taken, same, higher = found.matches
    assert taken.realised_fpr is None
    assert set(same.realised_fpr) == {"0.1"}, "40 non-members tell no 1 %"
    assert 0.02 <= same.realised_fpr["0.1"] <= 0.25
    assert higher.realised_fpr["0.1"] > 0.4
    assert [one.distances for one in found.matches] == [one.distances for one in tried["matching"].matches]


def test_a_trial_meets_the_references_of_shadow_0_and_as_many_images(tried):
    executor = executor_of(tried, 0.0, 0.0)
    before_other_recipes(**tried, executor=executor)
    first = tried["chosen"].plan.shadows[0]
    for (_, target), trial in zip(executor.met, tried["trials"][1:], strict=True):
        assert target.references == first.target.references
        assert target.view.generator == trial.job.key
        assert target.view.release == trial.job.release(tried["chosen"].plan.n_images)
        assert target.view.candidates == first.target.view.candidates
        assert trial.job.members == tried["chosen"].plan.generators[0].members, "whose members are those of shadow 0"


@pytest.mark.parametrize("why", ["nothing chosen", "nothing tried", "a model attack", "shadow 0 takes no part"])
def test_nothing_is_told_where_nothing_can_be(tried, why):
    chosen = tried["chosen"]
    changed = {
        "nothing chosen": {"chosen": None},
        "nothing tried": {"trials": []},
        "a model attack": {"chosen": replace(chosen, attack=find_attacks(("loss",)).by_name["loss"]())},
        "shadow 0 takes no part": {"chosen": replace(chosen, plan=replace(chosen.plan, kept=(2, 3)))},
    }[why]
    executor = executor_of(tried, 0.0, 0.0)
    assert before_other_recipes(**{**tried, **changed}, executor=executor) == tried["matching"]
    assert executor.met == []


def test_an_attack_that_wants_more_images_than_a_trial_has_is_left(tried):
    many = find_attacks(("knn",)).by_name["knn"](k=300)
    plan = replace(tried["chosen"].plan, shape=tried["chosen"].plan.shape._replace(n_images=400))
    chosen = PlannedAttack(many, plan)
    assert (
        before_other_recipes(**{**tried, "chosen": chosen}, executor=executor_of(tried, 0.0, 0.0))
        == tried["matching"]
    )


def record(**more: Any) -> Record:
    rates = {"0.1": Estimate(0.12, 0.08, 0.17), "0.05": Estimate(0.06), "0.01": Estimate(0.02, 0.0, 0.05)}
    return Record("knn", "release", "shadow", "release", **{"realised_fpr": rates, **more})


def applied(**truth: Estimate) -> Applied:
    return Applied(
        "knn", "best_calibrated", "probability", 3, 9, Record("knn", "release", "test", "release", **truth)
    )


def said(records: list[Record], elsewhere: dict | None = None, **truth: Estimate) -> str:
    return " ".join(conclusion(applied(**truth), {}, records, (), elsewhere=elsewhere))


def test_a_run_says_what_its_thresholds_kept_and_where_nothing_was_tried():
    told = said([record()])
    assert (
        "the thresholds of knn called 0.120 [0.080, 0.170] where 0.1 was meant and 0.020 [0.000, 0.050] where" in told
    )
    assert "All shadows are of one recipe: before a release made in another way" in told
    assert "thresholds" not in said([record(realised_fpr=None)])
    assert "thresholds" not in said([replace(record(), attack="ssim")])


def test_where_recipes_were_tried_a_run_says_what_thresholds_kept_there():
    told = said([record()], {"dct, 30 steps": {}, "dct, 60 steps": {"0.1": 0.31}})
    assert (
        "of each other recipe tried such thresholds called 0.310 where 0.1 was meant (dct, 60 steps): they may"
        in told
    )
    assert "All shadows are of one recipe" not in told


def test_one_release_says_that_another_generator_may_lie_outside():
    truth = {name: Estimate(0.7, 0.6, 0.8) for name in ("f1", "accuracy", "recall")}
    assert "that of another generator may lie outside" in said([record()], **truth)
    assert "another generator" not in said([record()])
