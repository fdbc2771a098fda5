from __future__ import annotations

import numpy as np
import pytest

from harness.intervals import estimate, resampled_weights


def accuracy_of(hit):
    return lambda w: (w @ hit) / w.sum(axis=1)


def test_a_patient_is_drawn_with_all_his_slices_and_in_every_target():
    target = np.repeat([0, 1], 6)
    patient = np.tile([0, 0, 0, 1, 1, 2], 2)
    weights = resampled_weights(target, patient, np.random.default_rng(0), 50)
    assert np.array_equal(weights[:, 0], weights[:, 1])
    first, second = weights[:, :6], weights[:, 6:]
    drawn_in_both = (first.sum(1) > 0) & (second.sum(1) > 0)
    ratio = (first[drawn_in_both] * second[drawn_in_both].sum(1, keepdims=True)) / first[drawn_in_both].sum(
        1, keepdims=True
    )
    assert ratio == pytest.approx(second[drawn_in_both])


def test_a_single_target_is_not_resampled():
    weights = resampled_weights(np.zeros(10, int), np.arange(10), np.random.default_rng(0), 100)
    assert np.all(weights.sum(axis=1) == 10)


def test_slices_of_few_patients_give_a_wider_interval_than_as_many_people():
    rng = np.random.default_rng(1)
    hit = np.repeat(rng.random(10) < 0.5, 20).astype(float)
    target = np.zeros(200, int)
    by_patient = estimate(accuracy_of(hit), resampled_weights(target, np.repeat(np.arange(10), 20), rng))
    by_slice = estimate(accuracy_of(hit), resampled_weights(target, np.arange(200), rng))
    assert by_patient.value == by_slice.value == hit.mean()
    assert by_patient.high - by_patient.low > 3 * (by_slice.high - by_slice.low)


def test_targets_that_differ_widen_the_interval():
    rng = np.random.default_rng(2)
    target, patient = np.repeat(np.arange(8), 100), np.tile(np.arange(100), 8)
    alike = (rng.random(800) < 0.5).astype(float)
    differing = (rng.random(800) < np.repeat([0.2, 0.8] * 4, 100)).astype(float)
    weights = resampled_weights(target, patient, rng)
    narrow, wide = (estimate(accuracy_of(hit), weights) for hit in (alike, differing))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        hit = (rng.random(60) < 0.7).astype(float)
        found = estimate(accuracy_of(hit), resampled_weights(np.zeros(60, int), np.arange(60), rng, 400))
        covered += found.low <= 0.7 <= found.high
    assert 0.88 <= covered / 200 <= 0.99


def test_undefined_values_say_so_and_undefined_resamples_are_left_out():
    member = np.array([True, False, False, False])

    def metric(w):
        with np.errstate(invalid="ignore"):
            return (w @ member.astype(float)) / (w @ member.astype(float))

    weights = resampled_weights(np.zeros(4, int), np.arange(4), np.random.default_rng(0))
    assert (estimate(metric, weights).low, estimate(metric, weights).high) == (1.0, 1.0)
    assert estimate(lambda w: np.full(len(w), np.nan), weights).value is None
