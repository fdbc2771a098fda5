"""The fraction used, the bound on epsilon and the tests of sets, on worlds whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, kstest

from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.empirical_epsilon import empirical_epsilon, largest_epsilon, surest
from harness.evaluation.fraction_used import fraction_used
from harness.evaluation.predictions import predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget
from harness.evaluation.set_level import higher_by_mean, nearer_by_mmd

N = 200
PATIENT = np.tile(np.arange(N), 8)
SHADOWS = {
    "unit": np.repeat(np.arange(4), 2 * N),
    "target": np.repeat(np.arange(8), N),
    "patient_of_shadows": PATIENT,
}


def decided(member: np.ndarray, tpr: float, fpr: float, rng: np.random.Generator) -> np.ndarray:
    return rng.random(len(member)) < np.where(member, tpr, fpr)


def estimate(fraction: float, seed: int, tpr: float = 0.6, fpr: float = 0.2):
    rng = np.random.default_rng(seed)
    halves = [rng.permutation(N) < N // 2 for _ in range(4)]
    member = np.concatenate([side for half in halves for side in (half, ~half)])
    here = rng.permutation(N) < fraction * N
    return fraction_used(
        decided(here, tpr, fpr, rng),
        np.arange(N),
        decision=decided(member, tpr, fpr, rng),
        member=member,
        seed=0,
        **SHADOWS,
    )


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.8])
def test_the_fraction_used_is_found_and_its_interval_holds_it(fraction):
    found = [estimate(fraction, seed) for seed in range(20)]
    assert np.mean([one.value for one in found]) == pytest.approx(fraction, abs=0.05)
    assert sum(one.low <= fraction <= one.high for one in found) >= 17


def test_the_fraction_is_its_formula_and_no_less_than_nothing():
    member = np.tile(np.repeat([True, False], N // 2), 8)
    decision = np.tile(np.arange(N) % (N // 2) < np.where(np.arange(N) < N // 2, 60, 20), 8)
    call = {"decision": decision, "member": member, "seed": 0, **SHADOWS}
    assert fraction_used(np.arange(N) < 80, np.arange(N), **call).value == pytest.approx((0.4 - 0.2) / (0.6 - 0.2))
    assert fraction_used(np.arange(N) < 20, np.arange(N), **call).value == 0.0


def test_decisions_that_say_nothing_give_no_number():
    found = estimate(0.5, 0, tpr=0.3, fpr=0.3)
    assert found.value is None or (found.low, found.high) == (0.0, 1.0)
    member = np.tile(np.repeat([True, False], N // 2), 8)
    none = fraction_used(
        np.zeros(N, bool), np.arange(N), decision=np.zeros(8 * N, bool), member=member, seed=0, **SHADOWS
    )  # fmt: skip
    assert none.value is None
    assert "do not differ" in none.note


@pytest.mark.parametrize(("right", "guesses"), [(30, 30), (28, 30), (60, 80), (1, 1)])
def test_epsilon_is_the_largest_that_the_guesses_refute(right, guesses):
    found = largest_epsilon(right, guesses)

    def chance(epsilon: float) -> float:
        return float(binom.sf(right - 1, guesses, 1 / (1 + np.exp(-epsilon))))

    if found > 0:
        assert chance(found) == pytest.approx(0.05, abs=1e-6)
        assert chance(found + 0.01) > 0.05
    else:
        assert chance(0.0) >= 0.05


def test_guesses_that_are_no_better_than_chance_bound_nothing():
    assert largest_epsilon(15, 30) == 0.0
    assert largest_epsilon(0, 30) == 0.0


def test_the_surest_are_the_ends_and_equal_scores_across_one_are_left_out():
    called, left = surest(np.arange(40.0))
    assert np.flatnonzero(called).tolist() == [38, 39]
    assert np.flatnonzero(left).tolist() == [0, 1]
    tied = np.arange(40.0)
    tied[30:] = 30.0
    tied[:1] = -1.0
    called, left = surest(tied)
    assert not called.any()
    assert np.flatnonzero(left).tolist() == [0, 1]
    assert not surest(np.zeros(40))[0].any()


def test_epsilon_of_randomised_response_is_found_from_below():
    """Every patient's score is his label, told truly with probability e^2 / (1 + e^2): epsilon is 2."""
    bounds = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        targets = []
        for pair in range(8):
            half = rng.random(400) < 0.5
            for member in (half, ~half):
                true = rng.random(400) < np.exp(2) / (1 + np.exp(2))
                told = np.where(member == true, 1.0, -1.0) * rng.uniform(1, 2, 400)
                targets.append(ScoredTarget(told, member, pair))
        predictions = predict_held_out(targets, [np.arange(400)] * 16, DECISIONS["probability"])
        bound = empirical_epsilon({"it": predictions}, np.concatenate([one.member for one in targets]), ["it"] * 16)
        assert bound.guesses == 8 * 40, "of each pair the first shadow alone"
        bounds.append(bound.epsilon)
    assert sum(one <= 2.0 for one in bounds) >= 26
    assert np.mean(bounds) > 1.5


def world(seed: int, leaks: bool, n_patients: int = 40, per_patient: int = 3):
    """Points of patients; a release of strangers and, where it leaks, of copies of the set's."""
    rng = np.random.default_rng(seed)
    centre = np.repeat(rng.normal(size=(n_patients, 20)), per_patient, axis=0)
    points = centre + 0.3 * rng.normal(size=centre.shape)
    patient = np.repeat(np.arange(n_patients), per_patient)
    chosen = np.repeat(rng.permutation(n_patients) < n_patients // 2, per_patient)
    release = rng.normal(size=(300, 20))
    if leaks:
        release[:30] = points[chosen][rng.permutation(chosen.sum())[:30]] + 0.05 * rng.normal(size=(30, 20))
    among = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    to_release = np.sqrt(((points[:, None] - release[None]) ** 2).sum(axis=2))
    return among, to_release, chosen, patient, rng


def test_a_set_that_a_release_copies_is_nearer_to_it():
    found = [nearer_by_mmd(*world(seed, leaks=True)) for seed in range(10)]
    assert np.median(found) < 0.01


def test_before_a_release_that_saw_neither_p_values_are_uniform():
    found = [nearer_by_mmd(*world(seed, leaks=False)) for seed in range(60)]
    assert kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) <= 0.05) <= 0.12


def few(seed, chosen, patient=None):
    """Points that nothing was learnt from, of a patient each."""
    rng = np.random.default_rng(seed)
    n = len(chosen)
    points, release = rng.normal(size=(n, 5)), rng.normal(size=(64, 5))
    among, to_release = (np.sqrt(((points[:, None] - one[None]) ** 2).sum(axis=2)) for one in (points, release))
    return among, to_release, chosen, np.arange(n) if patient is None else patient, rng


def test_with_few_patients_no_p_value_is_below_what_permutations_allow():
    """Eight patients: a half of both sets has two of each, and no p-value from one class alone."""
    found = [nearer_by_mmd(*few(seed, np.arange(8) < 4)) for seed in range(60)]
    assert min(found) >= 1 / 6 * 0.7, "of six ways to choose two of four"


@pytest.mark.parametrize("n_chosen", [0, 1, 9, 10])
def test_a_half_without_one_of_the_sets_has_no_p_value(n_chosen):
    assert nearer_by_mmd(*few(0, np.arange(10) < n_chosen)) is None


def test_one_patient_against_many_has_no_p_value():
    """As slices are halved, not patients: one with 24 slices against nine with one."""
    patient = np.repeat(np.arange(10), [24] + [1] * 9)
    assert nearer_by_mmd(*few(0, patient == 0, patient)) is None


def test_a_mean_of_nobody_has_no_p_value():
    rng = np.random.default_rng(0)
    assert higher_by_mean(np.arange(8.0), np.zeros(8, bool), np.arange(8), rng) is None
    assert higher_by_mean(np.arange(8.0), np.ones(8, bool), np.arange(8), rng) is None


def test_patients_are_permuted_and_never_slices():
    """Slices of a patient share a score: were they permuted by themselves, chance would look like evidence."""
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        score = np.repeat(rng.normal(size=20), 15)
        chosen = np.repeat(rng.permutation(20) < 10, 15)
        found.append(higher_by_mean(score, chosen, np.repeat(np.arange(20), 15), rng))
    assert 0.0 <= np.mean(np.array(found) <= 0.05) <= 0.11


def test_a_set_with_higher_scores_is_told_by_its_mean():
    rng = np.random.default_rng(0)
    chosen = np.repeat(np.arange(40) < 20, 2)
    score = rng.normal(size=80) + 1.0 * chosen
    assert higher_by_mean(score, chosen, np.repeat(np.arange(40), 2), rng) <= 0.01
    assert higher_by_mean(-score, chosen, np.repeat(np.arange(40), 2), rng) >= 0.99
