"""Controls: a sound report is rarely marked, and one that leaks is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from harness.evaluation.controls import redrawn_labels, shuffled_labels, verdict
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.intervals import Estimate, estimates, resample
from harness.evaluation.metrics import Ranking
from harness.evaluation.predictions import predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget
from harness.evaluation.records import Record

N, PAIRS = 70, 4
UNIT, PATIENT = np.repeat(np.arange(PAIRS), 2 * N), np.tile(np.arange(N), 2 * PAIRS)


def control(name: str, value: float | None, low: float | None = None, high: float | None = None) -> Record:
    return Record(name, "none", "shadow", "release", kind="control", auc=Estimate(value, low, high))


def measured(rng: np.random.Generator, leak: float, unit=UNIT, patient=PATIENT) -> Record:
    """A control as a run measures it, labels in complementary pairs; leak: what it knows of membership."""
    member = np.concatenate(
        [side for _ in range(PAIRS) for half in [rng.permutation(N) < N // 2] for side in (half, ~half)]
    )
    member = member[: len(unit)]
    ranking = Ranking.of(rng.normal(size=len(unit)) + leak * member, member)
    resamples = resample(unit, patient, rng, 200).plain  # as `measure(at_chance=True)` has them
    return replace(control("blind", 0.5), auc=estimates(lambda w: {"auc": ranking.roc(w).auc()}, resamples)["auc"])


def test_a_control_outside_chance_is_named_with_its_numbers():
    (sentence,) = verdict([control("blind", 0.50, 0.45, 0.55), control("wrong_target", 0.70, 0.65, 0.75)])
    assert "wrong_target" in sentence
    assert "0.700" in sentence
    assert "No number of this report is to be trusted" in sentence


def test_below_chance_is_outside_chance_too():
    assert len(verdict([control("blind", 0.30, 0.25, 0.35)])) == 1


def test_only_controls_are_held_against_chance():
    assert verdict([replace(control("knn", 0.9, 0.85, 0.95), kind="attack")]) == []
    assert verdict([control("blind", None)]) == []
    assert verdict([]) == []


def test_a_constant_control_is_at_chance_to_rounding_and_not_beyond():
    assert verdict([control("blind", 0.5, 0.5 + 1e-12, 0.5 + 1e-12)]) == []
    assert len(verdict([control("blind", 0.5001, 0.5001, 0.5001)])) == 1


def test_more_controls_need_more_before_one_is_marked():
    """An interval that just misses one half is ordinary among forty."""
    missed = control("blind", 0.56, 0.51, 0.61)
    clear = control("blind", 0.60, 0.55, 0.65)
    sound = [control(f"c{i}", 0.5, 0.45, 0.55) for i in range(39)]
    assert len(verdict([clear])) == 1
    assert verdict([missed, *sound]) == []
    assert len(verdict([clear, *sound])) == 1


def test_false_alarms_of_sound_reports_of_forty_normal_controls():
    """Values as a normal law throws them, with their true intervals: one report of a hundred is marked."""
    rng = np.random.default_rng(0)
    half = 0.03 * norm.isf(0.025)
    marked = 0
    for _ in range(1500):
        values = 0.5 + 0.03 * rng.standard_normal(40)
        marked += bool(verdict([control("blind", v, v - half, v + half) for v in values]))
    assert 0.003 <= marked / 1500 <= 0.02


def test_false_alarms_of_controls_as_a_run_measures_them():
    """Reports of ten controls on four pairs, and on one release of 70: unwidened, four of ten would be marked."""
    rng = np.random.default_rng(1)
    one = np.zeros(N, int)
    on_pairs = sum(bool(verdict([measured(rng, 0.0) for _ in range(10)])) for _ in range(20))
    on_one = sum(bool(verdict([measured(rng, 0.0, one, np.arange(N)) for _ in range(10)])) for _ in range(60))
    assert on_pairs == 0
    assert on_one <= 6


def test_a_leak_is_found_among_forty_controls():
    """AUC 0.71 instead of one half, on four pairs of 70, beside 39 sound ones."""
    rng = np.random.default_rng(2)
    sound = [measured(rng, 0.0) for _ in range(39)]
    assert verdict(sound) == []
    found = [len(verdict([measured(rng, 0.8), *sound])) for _ in range(20)]
    assert np.mean(found) >= 0.9


def rows_with(scores: np.ndarray, slices: int = 1):
    """Predictions of PAIRS pairs; scores: [2 * PAIRS, N]."""
    rng = np.random.default_rng(3)
    members = [side for _ in range(PAIRS) for half in [rng.permutation(N) < N // 2] for side in (half, ~half)]
    targets = [ScoredTarget(s, m, i // 2) for i, (s, m) in enumerate(zip(scores, members, strict=True))]
    return predict_held_out(targets, [np.arange(N) // slices] * 2 * PAIRS, DECISIONS["probability"])


def test_redrawn_labels_are_halves_by_patient_in_complementary_pairs():
    rows = rows_with(np.random.default_rng(0).normal(size=(2 * PAIRS, N)), slices=7)
    labels = redrawn_labels(rows, np.random.default_rng(0), 20).reshape(20, PAIRS, 2, N)
    assert np.array_equal(labels[:, :, 0], ~labels[:, :, 1])
    by_patient = labels.reshape(20, PAIRS, 2, N // 7, 7)
    assert (by_patient == by_patient[..., :1]).all()
    assert (labels.sum(axis=3) == N // 2).all()
    assert not np.array_equal(labels[0], labels[1])
    assert not np.array_equal(labels[:, 0], labels[:, 1])


def test_shuffled_labels_are_at_chance_whatever_the_attack_knows():
    rng = np.random.default_rng(4)
    rows = rows_with(rng.normal(size=(2 * PAIRS, N)) * np.linspace(1, 5, N) + np.arange(2 * PAIRS)[:, None])
    found = shuffled_labels(rows, redrawn_labels(rows, rng))
    assert found.value == pytest.approx(0.5, abs=0.01)
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.2
    assert verdict([replace(control("shuffled labels", 0.5), auc=found)]) == []


def test_shuffled_auc_is_that_of_scikit_learn_with_ties():
    rng = np.random.default_rng(5)
    rows = rows_with(np.round(rng.normal(size=(2 * PAIRS, N)), 1))
    labels = redrawn_labels(rows, rng, 8)
    expected = [roc_auc_score(one, rows.score) for one in labels]
    assert shuffled_labels(rows, labels).value == pytest.approx(np.mean(expected))
    assert shuffled_labels(rows, labels[:1]).value == pytest.approx(expected[0])


def test_a_pair_with_different_candidates_is_refused():
    rows = rows_with(np.zeros((2 * PAIRS, N)))
    turned = replace(rows, patient=np.r_[rows.patient[:N][::-1], rows.patient[N:]])
    with pytest.raises(ValueError, match="different candidates"):
        redrawn_labels(turned, np.random.default_rng(0))


def test_two_mirrored_pairs_raise_no_alarm_and_three_do():
    """Four shadows are two pairs, each the other's wrong target: one draw of halves, seen twice."""
    far = Estimate(0.8, 0.75, 0.85)
    record = Record(
        "wrong_target: loss", "none", "shadow", "model", kind="control", control="wrong_target", n_targets=4, auc=far
    )
    assert verdict([record]) == []
    assert len(verdict([replace(record, n_targets=6)])) == 1
