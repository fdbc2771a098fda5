"""Patients as units: poolings, what is chosen on other pairs, and that a patient's slices count once."""

from __future__ import annotations

import numpy as np
import pytest

from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.metrics import Ranking
from harness.evaluation.patient_level import maximum, of_patients, predict_patients, trimmed_mean
from harness.evaluation.probability_calibration import ScoredTarget


def test_a_trimmed_mean_leaves_out_a_quarter_at_either_end():
    assert trimmed_mean(np.array([9.0, 1.0, 3.0, 100.0])) == 6.0
    assert trimmed_mean(np.array([1.0, 2.0, 6.0])) == 3.0
    assert maximum(np.array([1.0, 7.0, 3.0])) == 7.0


def test_patients_of_whom_only_some_slices_were_used_are_left_out():
    target = ScoredTarget(np.arange(6.0), np.array([True, True, False, True, False, False]), 0)
    pooled = of_patients(target, np.array([4, 4, 7, 7, 9, 9]))
    assert pooled.patient.tolist() == [4, 9]
    assert pooled.member.tolist() == [True, False]
    assert pooled.scores["trimmed mean"].tolist() == [0.5, 4.5]
    assert pooled.scores["maximum"].tolist() == [1.0, 5.0]


def shadows(kind: str, n_patients: int = 60, per_patient: int = 5, seed: int = 0) -> tuple[list, list]:
    """Four pairs: members' slices are all lifted a little, or one of them by much while the others scatter."""
    rng = np.random.default_rng(seed)
    targets, patients = [], []
    for pair in range(4):
        half = rng.permutation(n_patients) < n_patients // 2
        for member in (half, ~half):
            score = rng.normal(size=(n_patients, per_patient))
            if kind == "all":
                score[member] += 0.8
            else:
                score[member, 0] += 5.0
            targets.append(ScoredTarget(score.ravel(), np.repeat(member, per_patient), pair))
            patients.append(np.repeat(np.arange(n_patients), per_patient))
    return targets, patients


def auc(score: np.ndarray, member: np.ndarray) -> float:
    return float(Ranking.of(score, member).roc(np.ones((1, len(member)))).auc()[0])


@pytest.mark.parametrize(("kind", "better"), [("all", "trimmed mean"), ("one", "maximum")])
def test_the_pooling_is_the_one_that_other_pairs_favour(kind, better):
    targets, patients = shadows(kind)
    predictions, member = predict_patients(targets, patients, DECISIONS["probability"])
    assert len(member) == 8 * 60
    expected = np.concatenate([of_patients(*one).scores[better] for one in zip(targets, patients, strict=True)])
    assert np.array_equal(predictions.score, expected)
    of_slices = auc(np.concatenate([t.score for t in targets]), np.concatenate([t.member for t in targets]))
    assert auc(predictions.score, member) > of_slices + 0.1


def test_what_the_judged_pair_favours_plays_no_part():
    """Three pairs are lifted as a whole, the judged one in single slices: it is pooled as the others say."""
    targets, patients = shadows("all")
    others, _ = shadows("one", seed=1)
    mixed = [*targets[:6], *others[6:]]
    predictions, _ = predict_patients(mixed, patients, DECISIONS["probability"])
    pooled = [of_patients(*one).scores["trimmed mean"] for one in zip(mixed, patients, strict=True)]
    judged = np.concatenate(pooled[6:])
    assert np.array_equal(predictions.score[-2 * 60 :], judged)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_labels_of_the_judged_pair_play_no_part(method):
    """The last pair's labels are turned round: its own probabilities stay, those of the others do not."""
    targets, patients = shadows("all", n_patients=240)
    turned = [one._replace(member=~one.member) if one.pair == 3 else one for one in targets]
    before, after = (predict_patients(some, patients, DECISIONS["probability"], method) for some in (targets, turned))
    judged = before[0].unit == 3
    assert np.array_equal(before[0].probability[judged], after[0].probability[judged])
    assert not np.array_equal(before[0].probability[~judged], after[0].probability[~judged])
    assert np.array_equal(before[1][judged], ~after[1][judged])
