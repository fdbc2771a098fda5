"""The evaluator where shadows show different candidates, or some are left out."""

from __future__ import annotations

import numpy as np
import pytest

from harness.data.pool import Pool
from harness.data.splits import paired_halves
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.predictions import predict_held_out
from harness.evaluation.records import Record
from harness.experiment.attack_scores import AttackScores
from harness.experiment.evaluator import Evaluation, Evaluator
from harness.planning.plan import LabelledSpec


@pytest.fixture
def evaluator() -> Evaluator:
    """An evaluator over four shadows of 40 slices of 8 patients, in two complementary pairs."""
    patients = tuple(f"p{i // 5}" for i in range(40))
    nothing = np.zeros((40, 2, 2), np.uint8)
    pool = Pool("key", nothing, tuple(map(str, range(40))), patients, ("",) * 40, np.arange(40), {})
    shadows = [LabelledSpec(None, np.arange(40), row) for row in paired_halves(patients, 4, seed=0)]
    return Evaluator(pool, shadows, "probability", seed=0)


def test_a_person_has_one_number_in_every_target(evaluator):
    """Resampled patients are the same people in each shadow."""
    shown = [np.arange(10, 40), np.arange(30)]
    parts = [LabelledSpec(None, places, np.arange(30) % 2 == 0) for places in shown]
    first, second = evaluator._replace(shadows=parts)._patients_of_shadows()
    assert first[:20].tolist() == second[10:].tolist()
    assert not set(second[:10]) & set(first)


def test_shadows_left_out_leave_the_others_in_their_pairs(evaluator):
    scored = AttackScores([np.zeros(40)] * 2, 0.0, 0, None)
    kept = evaluator._replace(shadows=[evaluator.shadows[j] for j in (0, 3)], numbers=(0, 3))
    assert [one.pair for one in kept._labelled(scored)] == [0, 1]


@pytest.mark.parametrize("kind", ["attack", "control"])
def test_controls_alone_are_measured_as_what_is_at_chance(evaluator, monkeypatch, kind):
    asked = []
    monkeypatch.setattr(
        "harness.experiment.evaluator.measure", lambda *args, at_chance: asked.append(at_chance) or {"n_targets": 4}
    )
    record = Record("blind", "none", "shadow", "release", kind=kind)
    predictions = predict_held_out(
        evaluator._labelled(AttackScores([np.arange(40.0)] * 4, 0.0, 0, None)),
        evaluator._patients_of_shadows(),
        DECISIONS["probability"],
    )
    evaluator.with_truth(Evaluation(record, evaluator.candidates, predictions), evaluator.member)
    assert asked == [kind == "control"]
    assert evaluator.from_pixels().kind == "control"
    assert asked[1:] == [True]
