"""Intervals of few pairs: as wide as the textbook's, however the generators differ."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from benchmarks.power.coverage import World
from harness.evaluation.few_units import N_OF_VARIANCE, by_its_law
from harness.evaluation.intervals import DIFFERENCE, estimates, resample


def interval_of_mean(values, within=(-100.0, 100.0), n_resamples=4_000):
    """Of the mean of values [units, patients], every patient in every unit."""
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
    assert (found.high - found.low) / 2 == pytest.approx(textbook(values), rel=0.2)


def test_many_pairs_that_do_not_differ_are_not_read_as_wide_as_resampled():
    """What belongs to neither pair nor patient is counted once."""
    values = np.random.default_rng(1).standard_normal((8, 60))
    found, resampled = interval_of_mean(values)
    assert found.high - found.low < 0.8 * (resampled.high - resampled.low)


def test_few_pairs_that_differ_are_read_wider_than_resampled():
    values = np.random.default_rng(1).standard_normal((3, 60)) + np.array([[-1.0], [0.0], [1.0]])
    found, resampled = interval_of_mean(values, n_resamples=2_000)
    assert found.high - found.low > 2 * (resampled.high - resampled.low)


@pytest.mark.parametrize(("pairs", "differ", "least"), [(2, 0.04, 0.9), (3, 0.06, 0.88), (8, 0.0, 0.9)])
def test_intervals_hold_about_as_often_as_they_say(pairs, differ, least):
    """200 intervals of AUC: four deviations below 0.95 are 0.89; 8 pairs that are alike do not hold always."""
    world = World(40, pairs, differ)
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = world.drawn(rng).intervals(rng, 200)["AUC"]
        held += found.low <= world.truth["AUC"] <= found.high
    assert least <= held / 200 <= 0.985


def test_two_pairs_have_no_less_than_their_patients_alone():
    """And Student's law of three, though by chance the two are equal."""
    own = np.random.default_rng(2).standard_normal((1, 80))
    found, _ = interval_of_mean(np.repeat(own, 2, axis=0))
    patients = 1.96 * own.std() / np.sqrt(80)
    assert (found.high - found.low) / 2 == pytest.approx(patients, rel=0.15)
    apart, _ = interval_of_mean(np.repeat(own, 2, axis=0) + np.array([[-1.0], [1.0]]))
    assert (apart.high - apart.low) / 2 == pytest.approx(student.ppf(0.975, 2), rel=0.15)


def test_ends_stay_within_what_can_be():
    values = np.array([[0.0] * 10, [1.0] * 10, [1.0] * 10])
    found, _ = interval_of_mean(values, (0.0, 1.0))
    assert (found.low, found.high) == (0.0, 1.0)
    assert interval_of_mean(values - 0.5, DIFFERENCE)[0].low == -1.0


def test_what_cannot_be_known_is_left_as_it_was_drawn():
    drawn = np.linspace(0.0, 1.0, 50)
    rest = np.full(2 * N_OF_VARIANCE, 0.5)
    without_some_unit = np.concatenate([drawn, [0.5, np.nan, 0.5], rest])
    assert np.array_equal(by_its_law(without_some_unit, 50, 3), drawn)
    never_changed = np.concatenate([np.full(50, 0.3), np.full(3, 0.3), rest])
    assert np.array_equal(by_its_law(never_changed, 50, 3), np.full(50, 0.3))


@pytest.mark.parametrize("n_units", [2, 3])
def test_an_undefined_resample_stays_undefined(n_units):
    rng = np.random.default_rng(3)
    values = rng.standard_normal(50 + n_units + 2 * N_OF_VARIANCE)
    values[[4, 7, 60, 300]] = np.nan
    found = by_its_law(values, 50, n_units)
    assert np.flatnonzero(np.isnan(found)).tolist() == [4, 7]
    assert np.argsort(found).tolist() == np.argsort(values[:50]).tolist()
