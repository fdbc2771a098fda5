"""Metric fields of a record under resamples that leave classes, or everything, out."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.intervals import by_law
from harness.evaluation.measure import measure, metrics_of, resamples_of
from harness.evaluation.predictions import Predictions, predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget

MEMBER = np.tile([True, False], 20)


@pytest.fixture(scope="module")
def rows() -> Predictions:
    """Two targets, each with a single patient of its own: half of the resamples draw one and none of the other's."""
    rng = np.random.default_rng(0)
    targets = [ScoredTarget(rng.normal(size=20) + MEMBER[:20], MEMBER[:20], pair=one) for one in (0, 1)]
    return predict_held_out(targets, [np.full(20, 0), np.full(20, 1)], DECISIONS["probability"])


def test_a_resample_without_any_row_says_nothing_about_any_metric(rows):
    resamples = resamples_of(rows, 3, 200).plain
    empty = resamples.weights().sum(axis=1) == 0
    assert 5 < empty.sum() < 195
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain, drawn = metrics_of(rows, MEMBER, resamples)
        record = measure(rows, MEMBER, 3, 200, at_chance=True)
        measure(rows, MEMBER, 3, 200)
    assert drawn.keys() == plain.keys() >= {"auc", "brier", "log_loss", "f1", "precision", "kappa", "recall"}
    for name, values in drawn.items():
        assert np.array_equal(np.isnan(values), empty), name
        assert np.isfinite(plain[name]).all()
    low, high = np.quantile(drawn["f1"][~empty], [0.025, 0.975])
    assert (record["f1"].low, record["f1"].high) == pytest.approx((low, high))


def test_a_control_has_the_resamples_and_an_attack_the_law_of_pairs(rows):
    resamples = resamples_of(rows, 3, 200)
    control, attack = (measure(rows, MEMBER, 3, 200, at_chance=one) for one in (True, False))
    _, drawn = metrics_of(rows, MEMBER, resamples.plain)
    ends = np.nanquantile(drawn["auc"], [0.025, 0.975])
    assert (control["auc"].low, control["auc"].high) == pytest.approx(tuple(ends))
    assert control["low_resampled"] is None
    values, drawn = metrics_of(rows, MEMBER, resamples)
    assert attack["auc"] == by_law(float(values["auc"][0]), drawn["auc"], resamples.law, (0.0, 1.0))
    assert attack["low_resampled"].keys() == {"auc"}, "twenty non-members are too few for a TPR"
    half = metrics_of(rows, MEMBER, replace(resamples.plain, n_resamples=100))[1]["auc"]
    assert attack["low_resampled"]["auc"] == pytest.approx(np.nanquantile(half, 0.025))


def test_a_target_of_one_class_has_no_auc_of_its_own(rows):
    member = MEMBER & np.repeat([True, False], 20)
    first, second = measure(rows, member, 3, 200)["auc_per_target"]
    assert 0.0 <= first <= 1.0
    assert second is None
