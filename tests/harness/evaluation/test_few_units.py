"""Intervals of few pairs: as wide as the textbook's, however the generators differ."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from benchmarks.power.coverage import World
from harness.evaluation.few_units import Law
from harness.evaluation.intervals import estimates, resample

ANY = (-100.0, 100.0)


def interval_of_mean(values, within=ANY, n_resamples=8_000):
    """Of the mean of values [units, patients], every patient in every unit: by its law, and by resamples alone."""
    unit, patient = (one.ravel() for one in np.indices(values.shape))
    resamples = resample(unit, patient, np.random.default_rng(0), n_resamples)

    def mean(weight):
        with np.errstate(invalid="ignore"):
            return {"mean": weight @ values.ravel() / weight.sum(axis=1)}

    return estimates(mean, resamples, within)["mean"], estimates(mean, resamples.plain)["mean"]


def textbook(values):
    """Half the width of the two-way layout with random readers and cases: by sums of squares, not by resampling."""
    r, n = values.shape
    of_units = values.mean(axis=1).var(ddof=1) / r
    covariance = np.cov(values)[~np.eye(r, dtype=bool)].mean() / n
    variance = of_units + max(covariance, 0.0)
    return student.ppf(0.975, (r - 1) * (variance / of_units) ** 2) * np.sqrt(variance)


@pytest.mark.parametrize("n_units", [3, 4, 8])
@pytest.mark.parametrize(("of_unit", "of_patient"), [(0.0, 1.0), (0.2, 1.0), (1.0, 0.3), (0.3, 0.0)])
def test_the_width_is_that_of_readers_and_cases(n_units, of_unit, of_patient):
    rng = np.random.default_rng(n_units)
    values = (
        of_unit * rng.standard_normal((n_units, 1))
        + of_patient * rng.standard_normal((1, 300))
        + rng.standard_normal((n_units, 300))
    )
    found, _ = interval_of_mean(values)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.value == pytest.approx(found.value - found.low)
    assert (found.high - found.low) / 2 == pytest.approx(textbook(values), rel=0.06)


@pytest.mark.parametrize("of_units", [(1.0, 1.0, 4.0), (-1.0, 0.0, 1.0), (3.4, 4.4, 5.4, 4.0)])
def test_pairs_that_differ_by_far_more_than_patients_are_so_many_numbers(of_units):
    """Student's own test of them, whatever their shape."""
    noise = 1e-4 * np.random.default_rng(1).standard_normal((len(of_units), 50))
    values = np.array(of_units)[:, None] + noise
    found, _ = interval_of_mean(values)
    half = student.ppf(0.975, len(of_units) - 1) * np.std(of_units, ddof=1) / np.sqrt(len(of_units))
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.01)
    r = len(of_units)
    without = np.array([np.delete(values, at, axis=0).mean() for at in range(r)])
    law = Law((1 / r,) * r, 2)
    chance = law.chance(values.mean(), np.concatenate([without, [0.0, 0.0], [0.0, 0.0]]))
    assert chance.p_value(values.mean()) == pytest.approx(ttest_1samp(of_units, 0).pvalue, rel=0.01)


def test_patients_of_one_pair_each_are_no_other_source_of_chance():
    """Nested: then it is the pairs' own means that differ, and nothing else."""
    rng = np.random.default_rng(2)
    values = rng.standard_normal((5, 40)) + rng.standard_normal((5, 1))
    unit = np.repeat(np.arange(5), 40)
    resamples = resample(unit, np.arange(200), rng, 4_000)
    found = estimates(lambda weight: {"": weight @ values.ravel() / weight.sum(axis=1)}, resamples, ANY)[""]
    means = values.mean(axis=1)
    half = student.ppf(0.975, 4) * means.std(ddof=1) / np.sqrt(5)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.1)


def test_of_unequal_pairs_the_larger_counts_for_more():
    """By hand, Busing et al. 1999: two pairs of a quarter and three quarters of the rows, means 0 and 4."""
    without, value = np.array([4.0, 0.0]), 3.0
    pseudo = [4 * 3 - 3 * 4, 4 / 3 * 3 - 1 / 3 * 0]
    middle = 2 * 3 - (0.75 * 4 + 0.25 * 0)
    by_hand = ((pseudo[0] - middle) ** 2 / 3 + (pseudo[1] - middle) ** 2 / (1 / 3)) / 2
    law = Law((0.25, 0.75), 2)
    chance = law.chance(value, np.concatenate([without, [3.0, 3.0], [3.0, 3.0]]))
    assert chance.error == pytest.approx(np.sqrt(by_hand))


def test_many_pairs_that_do_not_differ_are_not_read_as_wide_as_resampled():
    """What belongs to neither pair nor patient is counted once."""
    values = np.random.default_rng(1).standard_normal((8, 60))
    found, resampled = interval_of_mean(values)
    assert found.high - found.low < 0.8 * (resampled.high - resampled.low)


@pytest.mark.parametrize(("pairs", "differ", "least"), [(2, 0.04, 0.89), (3, 0.08, 0.89), (8, 0.0, 0.89)])
def test_intervals_hold_about_as_often_as_they_say(pairs, differ, least):
    """200 intervals of AUC: four deviations below 0.95 are 0.89; 8 pairs that are alike do not hold always."""
    world = World(40, pairs, differ)
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = world.drawn(rng).intervals(rng, 400)["AUC"]
        held += found.low <= world.truth["AUC"] <= found.high
    assert least <= held / 200 <= 0.985


def test_two_pairs_have_no_less_than_their_patients_alone():
    """And Student's law of three where they differ, or where many differences are asked of."""
    own = np.random.default_rng(2).standard_normal((1, 80))
    found, _ = interval_of_mean(np.repeat(own, 2, axis=0))
    patients = own.std() / np.sqrt(80)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * patients, rel=0.1)
    apart, _ = interval_of_mean(np.repeat(own, 2, axis=0) + np.array([[-1.0], [1.0]]))
    assert (apart.high - apart.low) / 2 == pytest.approx(student.ppf(0.975, 2), rel=0.1)
    draws = 0.1 * np.random.default_rng(3).standard_normal((2, 500))
    chance = Law((0.5, 0.5), 500).chance(0.5, np.concatenate([[0.49, 0.51], *draws]))
    assert chance.error == pytest.approx(draws[0].std(ddof=1)), "though what both have in common is nothing"
    law, drawn = Law((0.5, 0.5), 3), np.array([0.4, 0.6, 0.4, 0.5, 0.6, 0.5, 0.5, 0.5])
    assert law.chance(0.5, drawn, compared=True).degrees == 2
    assert law.chance(0.5, np.array([0.5, 0.5, *drawn[2:]])).degrees > 1_000


def test_ends_stay_within_what_can_be():
    values = np.array([[0.0] * 10, [1.0] * 10, [1.0] * 10])
    found, _ = interval_of_mean(values, (0.0, 1.0))
    assert (found.low, found.high) == (0.0, 1.0)
    assert interval_of_mean(values - 0.5, (-1.0, 1.0))[0].low == -1.0


def test_what_never_changes_is_certain_and_what_a_pair_alone_defines_has_no_interval():
    found, _ = interval_of_mean(np.full((3, 10), 0.3), (0.0, 1.0))
    assert (found.low, found.high) == pytest.approx((0.3, 0.3))
    certain = Law((0.5, 0.5), 2).chance(0.3, np.full(6, 0.3), compared=True)
    assert certain.p_value(0.3) == 0.5, "two pairs of one sign"
    assert certain.p_value(0.0) == 1.0

    def of_first(weight):
        with np.errstate(invalid="ignore"):
            return {"": weight[:, 0] / weight[:, 0]}

    resamples = resample(np.repeat([0, 1, 2], 10), np.tile(np.arange(10), 3), np.random.default_rng(0), 100)
    undefined = estimates(of_first, resamples)[""]
    assert (undefined.value, undefined.low) == (1.0, None)
    assert undefined.reason == "no interval"


def test_undefined_draws_are_left_out_and_too_few_values_refused():
    rng = np.random.default_rng(3)
    values = rng.standard_normal(3 + 2 * 50)
    some = np.insert(values, [5, 60], np.nan)
    law, longer = Law((1 / 3,) * 3, 50), Law((1 / 3,) * 3, 51)
    assert longer.chance(0.0, some) == law.chance(0.0, values)
    with pytest.raises(ValueError, match="does not take 103 values"):
        longer.chance(0.0, values)
