"""Score to probability, decisions and choice: learnt on other targets, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from attacks.knn import NearestNeighbour
from harness.data.pool import Pool
from harness.data.splits import paired_halves
from harness.evaluation.decision_rules import DECISIONS, RuleInput
from harness.evaluation.measure import fprs_with_enough, measure, measure_rules
from harness.evaluation.metrics import expected_calibration_error
from harness.evaluation.predictions import predict_held_out
from harness.evaluation.probability_calibration import (
    Calibrator,
    Logistic,
    Monotone,
    ScoredTarget,
    best_f1_threshold,
    fit_calibrator,
    held_out_calibrators,
    reliability,
)
from harness.experiment.attack_scores import AttackScores
from harness.experiment.evaluator import Evaluator
from harness.planning.plan import LabelledSpec
from harness.planning.planned_attack import PlannedAttack


def logistic_target(seed: int, pair: int, slope: float = 2.0, n: int = 4000) -> ScoredTarget:
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1.5, n)
    return ScoredTarget(score, rng.random(n) < 1 / (1 + np.exp(-(slope * score - 0.5))), pair)


def test_a_logistic_law_is_recovered():
    found = fit_calibrator([logistic_target(0, 0), logistic_target(1, 1)])
    assert found.curve.slope == pytest.approx(2.0, abs=0.15)
    assert found.curve.intercept == pytest.approx(-0.5, abs=0.1)


def test_units_of_the_score_do_not_matter():
    target = logistic_target(0, 0)
    stretched = ScoredTarget(target.score * 1e-4 + 7.0, target.member, 0)
    here, there = fit_calibrator([target]), fit_calibrator([stretched])
    assert here.probability(target.score) == pytest.approx(there.probability(stretched.score), abs=1e-4)


def test_a_score_that_points_the_wrong_way_gets_the_base_rate():
    found = fit_calibrator([logistic_target(0, 0, slope=-2.0)])
    assert found.curve.slope == 0
    score = np.linspace(-5, 5, 11)
    assert np.ptp(found.probability(score)) == 0
    # It knows nothing: calling everybody used would look like F1 0.667.
    assert not DECISIONS["probability"](RuleInput(score, found.probability(score), found)).any()


def test_perfect_separation_stays_short_of_certainty():
    member = np.arange(40) < 20
    found = fit_calibrator([ScoredTarget(member.astype(float), member, 0)])
    assert found.probability(np.array([1.0]))[0] == pytest.approx(21 / 22, abs=0.01)


def test_held_out_means_without_the_target_and_without_its_complement():
    """Poisoned labels in one pair must not reach the calibrator of that pair, and must reach the others'."""
    targets = [logistic_target(i, i // 2) for i in range(4)]
    poisoned = [t._replace(member=~t.member) if t.pair == 0 else t for t in targets]
    clean, dirty = held_out_calibrators(targets), held_out_calibrators(poisoned)
    assert [c.curve for c in clean[:2]] == [c.curve for c in dirty[:2]]
    assert all(c.curve != d.curve for c, d in zip(clean[2:], dirty[2:], strict=True))


def bent_target(seed: int, n: int = 4000) -> ScoredTarget:
    """A law that no logistic curve follows: 0.1 below zero, 0.7 above."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n)
    return ScoredTarget(score, rng.random(n) < np.where(score > 0, 0.7, 0.1), seed)


def test_isotonic_follows_a_law_that_is_not_logistic():
    target, fresh = bent_target(0), bent_target(1)
    brier = {
        method: float(np.mean((fit_calibrator([target], method).probability(fresh.score) - fresh.member) ** 2))
        for method in ("platt", "isotonic")
    }
    assert brier["isotonic"] < brier["platt"] - 0.005
    found = fit_calibrator([target], "isotonic")
    assert isinstance(found.curve, Monotone)
    assert found.remark is None
    assert found.probability(np.array([-1.0, 1.0])) == pytest.approx([0.1, 0.7], abs=0.06)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_probability_never_falls_with_the_score(method):
    for slope in (2.0, 0.0, -2.0):
        found = fit_calibrator([logistic_target(0, 0, slope=slope)], method)
        assert (np.diff(found.probability(np.linspace(-9, 9, 200))) >= 0).all()
        assert 0 < found.probability(np.array([-5.0, 5.0])).min() <= found.probability(np.array([5.0]))[0] < 1


def test_isotonic_below_a_thousand_points_is_platt_and_says_so():
    few = logistic_target(0, 0, n=999)
    found, platt = fit_calibrator([few], "isotonic"), fit_calibrator([few])
    assert found.curve == platt.curve
    assert "1000" in found.remark
    assert "999" in found.remark
    assert platt.remark is None
    assert fit_calibrator([logistic_target(0, 0, n=1000)], "isotonic").remark is None


def test_an_unknown_calibration_and_one_without_targets_are_named():
    with pytest.raises(ValueError, match="'beta'; allowed are platt, isotonic"):
        fit_calibrator([logistic_target(0, 0)], "beta")
    with pytest.raises(ValueError, match="both classes"):
        held_out_calibrators([logistic_target(0, 0), logistic_target(1, 0)])


def test_the_prior_is_the_proportion_that_the_curve_averages_to():
    target = logistic_target(0, 0)
    found = fit_calibrator([target])
    assert found.prior == pytest.approx(target.member.mean(), abs=0.001)
    assert found.probability(target.score).mean() == pytest.approx(found.prior, abs=0.001)


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_has_a_higher_f1_than_the_best(seed):
    rng = np.random.default_rng(seed)
    score, member = np.round(rng.normal(size=60), 1), rng.random(60) < 0.4
    best = f1_score(member, score > best_f1_threshold(score, member))
    assert best == pytest.approx(max(f1_score(member, score > t) for t in [-np.inf, *score]))


def test_the_best_threshold_lies_between_two_scores():
    member = np.array([True, True, False, False])
    assert best_f1_threshold(np.array([4.0, 3.0, 1.0, 0.0]), member) == 2.0
    assert best_f1_threshold(np.zeros(4), member) == -np.inf


def test_reliability_of_hand_made_bins_and_the_ece_it_adds_up_to():
    probability = np.array([0.05, 0.05, 0.95, 0.95, 1.0])
    member = np.array([False, True, True, True, False])
    found = reliability(probability, member)
    assert found.probability == pytest.approx([0.05, 2.9 / 3])
    assert found.member_rate == pytest.approx([0.5, 2 / 3])
    assert found.rows.tolist() == [2, 3]
    gap = (found.rows * np.abs(found.probability - found.member_rate)).sum() / 5
    assert gap == pytest.approx(expected_calibration_error(probability, member, np.ones((1, 5)))[0])


def test_threshold_keeps_the_nominal_rate_on_the_strangers():
    nonmembers = np.sort(np.random.default_rng(0).normal(size=200))
    calibrator = Calibrator(Logistic(1.0, 0.0), nonmembers)
    for nominal in (0.01, 0.05, 0.1):
        assert (nonmembers > calibrator.threshold(nominal)).mean() == pytest.approx(nominal)


def test_threshold_with_ties_never_exceeds_the_nominal_rate():
    nonmembers = np.sort(np.r_[np.zeros(50), np.ones(50)])
    assert (nonmembers > Calibrator(Logistic(1.0, 0.0), nonmembers).threshold(0.1)).mean() <= 0.1


def test_shuffled_labels_end_at_chance():
    """The whole way from score to record, with labels that mean nothing, in complementary pairs."""
    rng = np.random.default_rng(0)
    n = 400
    difficulty = rng.normal(size=n)  # of the slice, alike in all targets, as real scores have it
    halves = [rng.permutation(n) < n // 2 for _ in range(4)]
    targets = [
        ScoredTarget(difficulty + rng.normal(size=n), m, pair)
        for pair, half in enumerate(halves)
        for m in (half, ~half)
    ]
    rows = predict_held_out(targets, [np.arange(n)] * 8, DECISIONS["probability"])
    found = measure(rows, np.concatenate([t.member for t in targets]), seed=0)
    assert found["auc"].value == pytest.approx(0.5, abs=0.05)
    assert found["auc"].low < 0.5 < found["auc"].high
    assert found["brier"].value == pytest.approx(0.25, abs=0.01)
    assert found["realised_fpr"]["0.1"].value == pytest.approx(0.1, abs=0.03)


def test_a_sound_score_is_found_calibrated_on_targets_it_never_saw():
    targets = [logistic_target(i, i // 2, n=500) for i in range(4)]
    rows = predict_held_out(targets, [np.arange(500)] * 4, DECISIONS["probability"])
    found = measure(rows, np.concatenate([t.member for t in targets]), seed=0)
    assert found["ece"].value < 0.05
    assert found["resampled"] == "pairs of shadows, then patients"
    assert found["realised_fpr"]["0.1"].value == pytest.approx(0.1, abs=0.04)
    assert len(found["auc_per_target"]) == 4


@pytest.fixture
def evaluator():
    """An evaluator over four shadows of 40 slices of 8 patients, in two complementary pairs."""
    patients = tuple(f"p{i // 5}" for i in range(40))
    nothing = np.zeros((40, 2, 2), np.uint8)
    pool = Pool("key", nothing, tuple(map(str, range(40))), patients, ("",) * 40, np.arange(40), {})
    member = paired_halves(patients, 4, seed=0)
    return Evaluator(pool, [LabelledSpec(None, np.arange(40), row) for row in member], "probability", seed=0)


def test_judging_a_shadow_learns_nothing_from_its_complement(evaluator):
    """Through the evaluator, which knows the pairs: wild scores of shadow 1 must not move those of 0."""
    attack = PlannedAttack(NearestNeighbour(), None)
    rng = np.random.default_rng(0)
    scores = [rng.normal(size=40) + spec.member for spec in evaluator.shadows]
    wild = [scores[0], scores[1] * -7 + 3, *scores[2:]]
    here, there = (
        evaluator.on_shadows(attack, AttackScores(s, 0.0, 0, None)).predictions.probability for s in (scores, wild)
    )
    assert np.array_equal(here[:40], there[:40])
    assert not np.array_equal(here[80:], there[80:])


def test_intervals_of_a_record_resample_patients(evaluator):
    """All slices of a patient right or wrong together: the interval is that of 8 people, not of 40 slices."""
    rng = np.random.default_rng(1)
    right = np.repeat(rng.random(8) < 0.6, 5)
    scores = [np.where(right == spec.member, 1.0, -1.0) for spec in evaluator.shadows]
    found = evaluator.on_shadows(
        PlannedAttack(NearestNeighbour(), None), AttackScores(scores, 0.0, 0, None)
    ).record.accuracy
    assert found.high - found.low > 0.45  # 40 independent slices would give about 0.3


def test_tpr_needs_enough_non_members():
    targets = [logistic_target(i, i // 2, n=30) for i in range(4)]
    rows = predict_held_out(targets, [np.arange(30)] * 4, DECISIONS["probability"])
    found = measure(rows, np.concatenate([t.member for t in targets]), seed=0)
    assert found["tpr_at_fpr"]["0.1"].value is not None
    assert found["tpr_at_fpr"]["0.01"].value is None
    assert "n too small" in found["tpr_at_fpr"]["0.01"].note
    assert found["tpr_at_fpr"]["0.001"].value is None


@pytest.mark.parametrize(("n", "fprs"), [(29, []), (30, [0.1]), (300, [0.1, 0.01]), (2999, [0.1, 0.01])])
def test_how_many_non_members_a_tpr_needs(n, fprs):
    assert fprs_with_enough(np.zeros(n, bool)) == fprs
    assert fprs_with_enough(np.zeros(3000, bool)) == [0.1, 0.01, 0.001]


def test_a_record_of_a_rule_that_does_not_apply_has_no_decision_and_all_else():
    targets = [logistic_target(i, i // 2, n=60) for i in range(4)]
    member = np.concatenate([t.member for t in targets])
    rows = predict_held_out(targets, [np.arange(60)] * 4, DECISIONS["real_real_max"])
    found = measure(rows, member, seed=0)
    assert rows.decision is None
    assert found["f1"].value is found["specificity"].value is None
    assert "does not apply" in found["f1"].note
    assert found["auc"].value > 0.5
    assert found["realised_fpr"]["0.1"].value is not None
    by_rule = measure_rules(rows, member, seed=0)
    assert by_rule["real_real_max"]["f1"].value is None
    assert by_rule["probability"]["f1"].low < by_rule["probability"]["f1"].value


def test_a_rule_that_applies_to_some_targets_only_applies_to_none():
    """Half a column of decisions would shift the rest."""
    targets = [logistic_target(i, i // 2, n=60) for i in range(4)]
    real_real = [np.zeros(60), None, np.zeros(60), np.zeros(60)]
    rows = predict_held_out(targets, [np.arange(60)] * 4, DECISIONS["real_real_max"], real_real=real_real)
    assert rows.decision is rows.real_real is rows.by_rule["real_real_q99"] is None
    assert len(rows.by_rule["em_prior"]) == len(rows.score)


def test_every_rule_stands_in_the_rows_as_the_declared_one_does():
    targets = [logistic_target(i, i // 2, n=60) for i in range(4)]
    real_real = [np.full(60, t.score.mean()) for t in targets]
    member = np.concatenate([t.member for t in targets])
    for name in DECISIONS:
        rows = predict_held_out(targets, [np.arange(60)] * 4, DECISIONS[name], real_real=real_real)
        assert np.array_equal(rows.decision, rows.by_rule[name])
        assert measure(rows, member, 0)["f1"] == measure_rules(rows, member, 0)[name]["f1"]
    assert rows.unit.tolist() == [0] * 120 + [1] * 120
