"""Decision rules: what each calls used, where it does not apply, and what it learns from the target."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from harness.evaluation.decision_rules import DECISIONS, RuleInput, by_every_rule, proportion
from harness.evaluation.probability_calibration import Calibrator, Logistic, ScoredTarget, fit_calibrator


def test_decision_rules():
    score = np.array([3.0, 1.0, 2.0, 0.0, -1.0])
    calibrator = Calibrator(Logistic(1.0, -1.5), np.sort(np.r_[np.zeros(9), 2.5]))
    judged = RuleInput(score, calibrator.probability(score), calibrator)
    assert DECISIONS["probability"](judged).tolist() == [True, False, True, False, False]
    assert DECISIONS["top_half"](judged).tolist() == [True, False, True, False, False]
    assert DECISIONS["fixed_fpr"](judged).tolist() == [True, True, True, False, False]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 3, 1, 4, 2, 0]])
def test_top_half_does_not_hang_on_the_order_of_the_files(order):
    """Equal scores across the middle: taking the first ones would hand an edition's `used` folder the win."""
    calibrator = Calibrator(Logistic(1.0, 0.0), np.zeros(1))
    score = np.array([2.0, 1.0, 1.0, 1.0, 1.0, 0.0])[order]
    used = DECISIONS["top_half"](RuleInput(score, score, calibrator))
    assert used.tolist() == (score == 2.0).tolist()
    constant = DECISIONS["top_half"](RuleInput(np.zeros(6), np.zeros(6), calibrator))
    assert not constant.any()


def gaussian_target(n: int, members: float, seed: int, apart: float = 2.0) -> ScoredTarget:
    rng = np.random.default_rng(seed)
    member = np.arange(n) < round(n * members)
    return ScoredTarget(rng.normal(size=n) + apart * member, member, 0)


def judged_of(target: ScoredTarget, taught: ScoredTarget) -> RuleInput:
    calibrator = fit_calibrator([taught])
    return RuleInput(target.score, calibrator.probability(target.score), calibrator)


@pytest.mark.parametrize("members", [0.1, 0.2, 0.5, 0.8])
def test_em_finds_the_proportion_of_a_target_from_its_own_probabilities(members):
    judged = judged_of(gaussian_target(4000, members, 1), gaussian_target(4000, 0.5, 0))
    assert proportion(judged.probability, judged.calibrator.prior) == pytest.approx(members, abs=0.03)


def test_em_calls_fewer_used_where_fewer_are_and_is_right_more_often():
    target = gaussian_target(4000, 0.2, 1, apart=1.5)
    judged = judged_of(target, gaussian_target(4000, 0.5, 0, apart=1.5))
    plain, corrected = DECISIONS["probability"](judged), DECISIONS["em_prior"](judged)
    assert corrected.sum() < plain.sum()
    assert (corrected == target.member).mean() > (plain == target.member).mean() + 0.03


def test_em_changes_nothing_where_the_proportion_is_that_of_the_shadows():
    """A quarter here and there: correcting twice, or from one half, would."""
    judged = judged_of(gaussian_target(4000, 0.25, 1), gaussian_target(4000, 0.25, 0))
    plain, corrected = DECISIONS["probability"](judged), DECISIONS["em_prior"](judged)
    assert (plain == corrected).mean() > 0.98


def test_em_is_where_the_steps_of_saerens_end():
    """Their iteration, eq. 2.9, ten thousand times, from a prior of 0.3."""
    prior, p = 0.3, expit(np.random.default_rng(0).normal(logit(0.4), 1.5, 50))
    found = prior
    for _ in range(10_000):
        used, not_used = found / prior * p, (1 - found) / (1 - prior) * (1 - p)
        found = (used / (used + not_used)).mean()
    assert 0.05 < found < 0.95
    assert proportion(p, prior) == pytest.approx(found, abs=1e-6)


def test_em_without_a_target_that_says_anything_keeps_the_prior_and_calls_nobody_used():
    judged = judged_of(ScoredTarget(np.arange(9.0), np.zeros(9, bool), 1), gaussian_target(200, 0.5, 0, apart=-3.0))
    assert proportion(judged.probability, judged.calibrator.prior) == judged.calibrator.prior
    assert not DECISIONS["em_prior"](judged).any()


@pytest.mark.parametrize("p", [0.0, 0.2, 0.8, 1.0])
def test_em_stays_short_of_nobody_and_everybody(p):
    found = proportion(np.full(8, p), 0.5)
    assert found == pytest.approx(0.1 if p < 0.5 else 0.9)


def test_real_real_rules_stand_on_the_candidates_against_each_other():
    calibrator = Calibrator(Logistic(1.0, 0.0), np.zeros(1))
    score, real_real = np.array([0.9, 0.985, 0.995, 1.0, 1.01]), np.linspace(0, 1, 101)[-5:]
    judged = RuleInput(score, score, calibrator, real_real)
    assert DECISIONS["real_real_max"](judged).tolist() == [False, False, False, False, True]
    assert DECISIONS["real_real_q99"](judged).tolist() == [False, False, False, True, True]


def test_real_real_rules_do_not_apply_where_an_attack_has_no_such_score():
    judged = judged_of(gaussian_target(50, 0.5, 1), gaussian_target(50, 0.5, 0))
    found = by_every_rule(judged)
    assert list(found) == list(DECISIONS)
    assert [name for name, decision in found.items() if decision is None] == ["real_real_max", "real_real_q99"]


def test_the_f1_threshold_is_learnt_on_the_shadows_and_not_on_the_target():
    taught = ScoredTarget(np.array([5.0, 4.0, 3.0, 2.0, 1.0, 0.0]), np.arange(6) < 4, 0)
    calibrator = fit_calibrator([taught])
    for score in (np.array([1.4, 1.6]), np.array([1.6, 9.0]), np.array([-5.0, 1.4])):
        used = DECISIONS["max_f1_on_shadows"](RuleInput(score, score, calibrator))
        assert used.tolist() == (score > 1.5).tolist()
