"""Score to probability, decisions and choice: learnt on other targets, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from attacks.knn import NearestNeighbour
from harness.calibrate import Calibrator, ScoredTarget, fit_calibrator, held_out_calibrators
from harness.choose import RULES, best_calibrated
from harness.crew import Scored
from harness.decide import DECISIONS, Judged
from harness.evaluate import judge_shadows, measure
from harness.intervals import Estimate
from harness.judging import Judge
from harness.plan import LabelledSpec
from harness.pool import Pool
from harness.results import Record
from harness.splits import paired_halves


def logistic_target(seed: int, pair: int, slope: float = 2.0, n: int = 4000) -> ScoredTarget:
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1.5, n)
    return ScoredTarget(score, rng.random(n) < 1 / (1 + np.exp(-(slope * score - 0.5))), pair)


def test_a_logistic_law_is_recovered():
    found = fit_calibrator([logistic_target(0, 0), logistic_target(1, 1)])
    assert found.slope == pytest.approx(2.0, abs=0.15)
    assert found.intercept == pytest.approx(-0.5, abs=0.1)


def test_units_of_the_score_do_not_matter():
    target = logistic_target(0, 0)
    stretched = ScoredTarget(target.score * 1e-4 + 7.0, target.member, 0)
    here, there = fit_calibrator([target]), fit_calibrator([stretched])
    assert here.probability(target.score) == pytest.approx(there.probability(stretched.score), abs=1e-4)


def test_a_score_that_points_the_wrong_way_gets_the_base_rate():
    found = fit_calibrator([logistic_target(0, 0, slope=-2.0)])
    assert found.slope == 0
    score = np.linspace(-5, 5, 11)
    assert np.ptp(found.probability(score)) == 0
    # It knows nothing: calling everybody used would look like F1 0.667.
    assert not DECISIONS["probability"](Judged(score, found.probability(score), found)).any()


def test_perfect_separation_stays_short_of_certainty():
    member = np.arange(40) < 20
    found = fit_calibrator([ScoredTarget(member.astype(float), member, 0)])
    assert found.probability(np.array([1.0]))[0] == pytest.approx(21 / 22, abs=0.01)


def test_held_out_means_without_the_target_and_without_its_complement():
    """Poisoned labels in one pair must not reach the calibrator of that pair, and must reach the others'."""
    targets = [logistic_target(i, i // 2) for i in range(4)]
    poisoned = [t._replace(member=~t.member) if t.pair == 0 else t for t in targets]
    clean, dirty = held_out_calibrators(targets), held_out_calibrators(poisoned)
    assert [c.slope for c in clean[:2]] == [c.slope for c in dirty[:2]]
    assert all(c.slope != d.slope for c, d in zip(clean[2:], dirty[2:], strict=True))


def test_threshold_keeps_the_nominal_rate_on_the_strangers():
    strangers = np.sort(np.random.default_rng(0).normal(size=200))
    calibrator = Calibrator(1.0, 0.0, strangers)
    for nominal in (0.01, 0.05, 0.1):
        assert (strangers > calibrator.threshold(nominal)).mean() == pytest.approx(nominal)


def test_threshold_with_ties_never_exceeds_the_nominal_rate():
    strangers = np.sort(np.r_[np.zeros(50), np.ones(50)])
    assert (strangers > Calibrator(1.0, 0.0, strangers).threshold(0.1)).mean() <= 0.1


def test_decision_rules():
    score = np.array([3.0, 1.0, 2.0, 0.0, -1.0])
    calibrator = Calibrator(1.0, -1.5, np.sort(np.r_[np.zeros(9), 2.5]))
    judged = Judged(score, calibrator.probability(score), calibrator)
    assert DECISIONS["probability"](judged).tolist() == [True, False, True, False, False]
    assert DECISIONS["top_half"](judged).tolist() == [True, False, True, False, False]
    assert DECISIONS["fixed_fpr"](judged).tolist() == [True, True, True, False, False]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 3, 1, 4, 2, 0]])
def test_top_half_does_not_hang_on_the_order_of_the_files(order):
    """Equal scores across the middle: taking the first ones would hand an edition's `used` folder the win."""
    calibrator = Calibrator(1.0, 0.0, np.zeros(1))
    score = np.array([2.0, 1.0, 1.0, 1.0, 1.0, 0.0])[order]
    used = DECISIONS["top_half"](Judged(score, score, calibrator))
    assert used.tolist() == (score == 2.0).tolist()
    constant = DECISIONS["top_half"](Judged(np.zeros(6), np.zeros(6), calibrator))
    assert not constant.any()


def record(attack: str, brier: float, tpr_low: float = 0.3, realised: float = 0.1, auc: float = 0.8) -> Record:
    return Record(
        attack,
        "release",
        "shadow",
        "release",
        auc=Estimate(auc, auc - 0.1, auc + 0.1),
        tpr_at_fpr={"0.1": Estimate(tpr_low + 0.1, tpr_low, 0.9)},
        brier=Estimate(brier),
        log_loss=Estimate(brier * 2),
        realised_fpr={"0.1": Estimate(realised)},
    )


def test_best_calibrated_is_the_lowest_brier_among_the_trusted():
    records = [
        record("loud", 0.20, auc=0.99),
        record("quiet", 0.15, auc=0.7),
        record("chance", 0.10, tpr_low=0.05),
        record("alarmist", 0.11, realised=0.3),
        record("shy", 0.12, realised=0.04),
    ]
    assert best_calibrated(records).attack == "quiet"
    assert best_calibrated(records).remark is None
    assert RULES["highest_auc"](records).attack == "loud"


def test_without_a_trusted_attack_the_choice_says_so():
    choice = best_calibrated([record("chance", 0.10, tpr_low=0.05), record("alarmist", 0.11, realised=0.3)])
    assert choice.attack == "chance"
    assert "No attack was both" in choice.remark


def test_ties_go_by_log_loss():
    one, other = record("one", 0.2), record("other", 0.2)
    assert best_calibrated([one, Record(**{**vars(other), "log_loss": Estimate(0.1)})]).attack == "other"


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
    rows = judge_shadows(targets, [np.arange(n)] * 8, DECISIONS["probability"])
    found = measure(rows, np.concatenate([t.member for t in targets]), seed=0)
    assert found["auc"].value == pytest.approx(0.5, abs=0.05)
    assert found["auc"].low < 0.5 < found["auc"].high
    assert found["brier"].value == pytest.approx(0.25, abs=0.01)
    assert found["realised_fpr"]["0.1"].value == pytest.approx(0.1, abs=0.03)


def test_a_sound_score_is_found_calibrated_on_targets_it_never_saw():
    targets = [logistic_target(i, i // 2, n=500) for i in range(4)]
    rows = judge_shadows(targets, [np.arange(500)] * 4, DECISIONS["probability"])
    found = measure(rows, np.concatenate([t.member for t in targets]), seed=0)
    assert found["ece"].value < 0.05
    assert found["resampled"] == "targets, then patients"
    assert found["realised_fpr"]["0.1"].value == pytest.approx(0.1, abs=0.04)
    assert len(found["auc_per_target"]) == 4


@pytest.fixture
def judge():
    """A judge over four shadows of 40 slices of 8 patients, in two complementary pairs."""
    patients = tuple(f"p{i // 5}" for i in range(40))
    nothing = np.zeros((40, 2, 2), np.uint8)
    pool = Pool("key", nothing, tuple(map(str, range(40))), patients, ("",) * 40, np.arange(40), {})
    member = paired_halves(patients, 4, seed=0)
    return Judge(pool, [LabelledSpec(None, np.arange(40), row) for row in member], "probability", seed=0)


def test_judging_a_shadow_learns_nothing_from_its_complement(judge):
    """Through the judge, which knows the pairs: wild scores of shadow 1 must not move shadow 0's probabilities."""
    attack = NearestNeighbour()
    rng = np.random.default_rng(0)
    scores = [rng.normal(size=40) + spec.member for spec in judge.shadows]
    wild = [scores[0], scores[1] * -7 + 3, *scores[2:]]
    here, there = (judge.on_shadows(attack, Scored(s, 0.0, 0, None)).rows.probability for s in (scores, wild))
    assert np.array_equal(here[:40], there[:40])
    assert not np.array_equal(here[80:], there[80:])


def test_intervals_of_a_record_resample_patients(judge):
    """All slices of a patient right or wrong together: the interval is that of 8 people, not of 40 slices."""
    rng = np.random.default_rng(1)
    right = np.repeat(rng.random(8) < 0.6, 5)
    scores = [np.where(right == spec.member, 1.0, -1.0) for spec in judge.shadows]
    found = judge.on_shadows(NearestNeighbour(), Scored(scores, 0.0, 0, None)).record.accuracy
    assert found.high - found.low > 0.45  # 40 independent slices would give about 0.3


def test_tpr_needs_enough_non_members():
    targets = [logistic_target(i, i // 2, n=30) for i in range(4)]
    rows = judge_shadows(targets, [np.arange(30)] * 4, DECISIONS["probability"])
    found = measure(rows, np.concatenate([t.member for t in targets]), seed=0)
    assert found["tpr_at_fpr"]["0.1"].value is not None
    assert found["tpr_at_fpr"]["0.01"].value is None
    assert "n too small" in found["tpr_at_fpr"]["0.01"].note
