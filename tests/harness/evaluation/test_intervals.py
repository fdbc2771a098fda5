from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from harness.evaluation.intervals import estimates, resample, spread


def accuracy_of(hit):
    return lambda w: (w @ hit) / w.sum(axis=1)


def estimate(metric, resamples):
    return estimates(lambda w: {"metric": metric(w)}, resamples)["metric"]


def resampled_weights(*arguments):
    return resample(*arguments).weights()


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


def test_complements_are_drawn_together():
    """Shadows 2p and 2p + 1 are one draw: their labels are each other's negation."""
    target, patient = np.repeat(np.arange(6), 5), np.tile(np.arange(5), 6)
    weights = resampled_weights(target // 2, patient, np.random.default_rng(0), 200).reshape(200, 6, 5)
    assert np.array_equal(weights[:, 0::2], weights[:, 1::2])
    assert not np.array_equal(weights[:, 0], weights[:, 2])
    assert (weights.sum(axis=(1, 2)) == 0).mean() < 0.01


def test_numbers_of_units_and_patients_may_have_gaps():
    unit, patient = np.repeat([0, 1, 2], 6), np.tile(np.arange(6), 3)
    plain = resampled_weights(unit, patient, np.random.default_rng(0), 50)
    gaps = resampled_weights(unit * 5 + 3, patient * 7 + 1, np.random.default_rng(0), 50)
    assert np.array_equal(plain, gaps)


def test_a_weight_averages_one():
    weights = resampled_weights(np.repeat([0, 1, 2, 3], 20), np.tile(np.arange(20), 4), np.random.default_rng(0))
    assert weights.mean() == pytest.approx(1.0, abs=0.02)


def test_chunks_are_pieced_together_in_order():
    resamples = resample(np.repeat([0, 1], 4_500), np.tile(np.arange(4_500), 2), np.random.default_rng(0), 53)
    seen = []

    def some(w):
        seen.append(len(w))
        return {"some": w[:, [0, 8_999]].astype(float)}

    assert np.array_equal(spread(some, resamples.plain)["some"], resamples.weights()[:, [0, 8_999]])
    assert len(seen) > 1


@pytest.mark.parametrize("n_patients", [1, 2, 60, 257, 6_000])
def test_weights_are_those_of_patients_drawn_one_resample_after_another_then_units(n_patients):
    """The stream of random numbers is a promise: an interval stays the same from version to version."""
    unit, patient = np.repeat([0, 1, 2], n_patients), np.tile(np.arange(n_patients), 3)
    rng, plain = np.random.default_rng(7), np.random.default_rng(7)
    resamples = resample(unit, patient, rng, 40)
    patients, units = (
        np.array([np.bincount(plain.integers(n, size=n), minlength=n) for _ in range(40)]) for n in (n_patients, 3)
    )
    assert np.array_equal(resamples.weights(), (units[:, :, None] * patients[:, None, :]).reshape(40, -1))
    assert np.array_equal(np.concatenate([*resamples.plain.chunks(7)]), resamples.weights())
    assert rng.bit_generator.state == plain.bit_generator.state


def test_with_a_law_units_are_left_out_and_patients_drawn_alike_then_apart():
    unit, patient = np.repeat([0, 1, 2], 40), np.tile(np.arange(40), 3)
    resamples = resample(unit, patient, np.random.default_rng(7), 60)
    every = np.concatenate([*resamples.chunks(7)])
    assert len(every) == 3 + 30 + 30
    left_out, alike, apart = np.split(every.reshape(-1, 3, 40), [3, 33])
    assert np.array_equal(left_out[:, :, 0], 1 - np.eye(3))
    assert np.all(left_out == left_out[:, :, :1])
    assert np.array_equal(alike[:, :1].repeat(3, axis=1), alike)
    assert np.all(alike.sum(axis=2) == 40)
    assert np.all(apart.sum(axis=2) == 40)
    assert not np.array_equal(apart[:, 0], apart[:, 1])
    assert len(np.unique(apart.reshape(-1, 40), axis=0)) == 90
    assert resample(np.zeros(40, int), np.arange(40), np.random.default_rng(7), 60).law is None


def test_many_resamples_are_not_kept():
    """20,000 of 6,000 patients: half a GiB of counts, were they held."""
    tracemalloc.start()
    resamples = resample(np.zeros(6_000, int), np.arange(6_000), np.random.default_rng(0), 2_000)
    spread(lambda w: {"first": w[:, 0].astype(float)}, resamples)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20


def test_slices_of_few_patients_give_a_wider_interval_than_as_many_people():
    rng = np.random.default_rng(1)
    hit = np.repeat(rng.random(10) < 0.5, 20).astype(float)
    target = np.zeros(200, int)
    by_patient = estimate(accuracy_of(hit), resample(target, np.repeat(np.arange(10), 20), rng))
    by_slice = estimate(accuracy_of(hit), resample(target, np.arange(200), rng))
    assert by_patient.value == by_slice.value == hit.mean()
    assert by_patient.high - by_patient.low > 3 * (by_slice.high - by_slice.low)


def test_targets_that_differ_widen_the_interval():
    rng = np.random.default_rng(2)
    target, patient = np.repeat(np.arange(8), 100), np.tile(np.arange(100), 8)
    alike = (rng.random(800) < 0.5).astype(float)
    differing = (rng.random(800) < np.repeat([0.2, 0.8] * 4, 100)).astype(float)
    resamples = resample(target, patient, rng)
    narrow, wide = (estimate(accuracy_of(hit), resamples) for hit in (alike, differing))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        hit = (rng.random(60) < 0.7).astype(float)
        found = estimate(accuracy_of(hit), resample(np.zeros(60, int), np.arange(60), rng, 400))
        covered += found.low <= 0.7 <= found.high
    assert 0.88 <= covered / 200 <= 0.99


def test_pairs_that_differ_are_covered_about_as_often_as_the_interval_says():
    """Rates that belong to the pair: resampling its two shadows singly would count 24 draws where there are 12."""
    rng = np.random.default_rng(4)
    unit, patient = np.repeat(np.arange(12), 2 * 30), np.tile(np.arange(30), 24)
    single = np.repeat(np.arange(24), 30)
    covered = {"pair": 0, "single": 0}
    for _ in range(120):
        rate = 0.5 + 0.1 * rng.standard_normal(12)
        hit = (rng.random(unit.size) < rate[unit]).astype(float)
        for name, units in (("pair", unit), ("single", single)):
            found = estimate(accuracy_of(hit), resample(units, patient, rng, 300))
            covered[name] += found.low <= 0.5 <= found.high
    assert covered["single"] < covered["pair"]
    assert covered["pair"] / 120 >= 0.88


def test_undefined_values_say_so_and_undefined_resamples_are_left_out():
    member = np.array([True, False, False, False])

    def metric(w):
        with np.errstate(invalid="ignore"):
            return (w @ member.astype(float)) / (w @ member.astype(float))

    resamples = resample(np.zeros(4, int), np.arange(4), np.random.default_rng(0))
    found = estimate(metric, resamples)
    assert (found.low, found.high) == (1.0, 1.0)
    assert estimate(lambda w: np.full(len(w), np.nan), resamples).value is None
