"""Metrics against scikit-learn, the traps of published code, and properties that hold for any scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn import metrics as reference

from harness.evaluation import metrics

RNG = np.random.default_rng(0)
N = 200
MEMBER = RNG.random(N) < 0.4
SCORE = np.round(RNG.normal(MEMBER * 0.8, 1.0), 1)  # rounded: many ties
PROBABILITY = 1 / (1 + np.exp(-SCORE))
DECISION = PROBABILITY > 0.55
WEIGHTS = np.vstack([np.ones(N), RNG.integers(0, 4, (5, N))]).astype(float)


def ones(n: int) -> np.ndarray:
    return np.ones((1, n))


def test_auc_equals_scikit_learn_under_every_weight():
    expected = [reference.roc_auc_score(MEMBER, SCORE, sample_weight=w) for w in WEIGHTS]
    assert metrics.step_roc(SCORE, MEMBER, WEIGHTS).auc() == pytest.approx(expected)


def test_auc_equals_the_mann_whitney_statistic_of_scipy():
    u = mannwhitneyu(SCORE[MEMBER], SCORE[~MEMBER]).statistic
    assert metrics.step_roc(SCORE, MEMBER, ones(N)).auc()[0] == pytest.approx(u / (MEMBER.sum() * (~MEMBER).sum()))


@pytest.mark.parametrize("score", [SCORE, SCORE + RNG.normal(0, 1e-3, N)], ids=["ties", "no ties"])
def test_counts_give_the_same_as_floats_to_the_last_bit(score):
    """Whole numbers run in int32, which must neither overflow nor round."""
    whole = (WEIGHTS * 20_000).astype(np.int32)
    slow, fast = (metrics.step_roc(score, MEMBER, w) for w in (WEIGHTS * 20_000, whole))
    assert np.array_equal(slow.auc(), fast.auc())
    assert np.array_equal(slow.tpr_at(0.1), fast.tpr_at(0.1))
    assert fast.members.dtype == fast.nonmembers.dtype == np.int32


def test_roc_points_equal_scikit_learn():
    fpr, tpr, _ = reference.roc_curve(MEMBER, SCORE, drop_intermediate=False)
    roc = metrics.step_roc(SCORE, MEMBER, ones(N))
    assert roc.fpr[0] == pytest.approx(fpr)
    assert roc.tpr[0] == pytest.approx(tpr)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (metrics.f1, lambda w: reference.f1_score(MEMBER, DECISION, sample_weight=w)),
        (metrics.accuracy, lambda w: reference.accuracy_score(MEMBER, DECISION, sample_weight=w)),
        (metrics.recall, lambda w: reference.recall_score(MEMBER, DECISION, sample_weight=w)),
        (metrics.precision, lambda w: reference.precision_score(MEMBER, DECISION, sample_weight=w)),
        (metrics.kappa, lambda w: reference.cohen_kappa_score(MEMBER, DECISION, sample_weight=w)),
        (metrics.specificity, lambda w: reference.recall_score(~MEMBER, ~DECISION, sample_weight=w)),
        (metrics.balanced_accuracy, lambda w: reference.balanced_accuracy_score(MEMBER, DECISION, sample_weight=w)),
        (metrics.false_positive_rate, lambda w: 1 - reference.recall_score(~MEMBER, ~DECISION, sample_weight=w)),
    ],
)
def test_decision_metrics_equal_scikit_learn_under_every_weight(ours, theirs):
    expected = [theirs(w) for w in WEIGHTS]
    assert ours(metrics.confusion(DECISION, MEMBER, WEIGHTS)) == pytest.approx(expected)


def test_probability_metrics_equal_scikit_learn_under_every_weight():
    brier = [reference.brier_score_loss(MEMBER, PROBABILITY, sample_weight=w) for w in WEIGHTS]
    loss = [reference.log_loss(MEMBER, PROBABILITY, sample_weight=w) for w in WEIGHTS]
    assert metrics.brier(PROBABILITY, MEMBER, WEIGHTS) == pytest.approx(brier)
    assert metrics.log_loss(PROBABILITY, MEMBER, WEIGHTS) == pytest.approx(loss)


def test_ece_of_hand_made_bins():
    probability = np.array([0.05, 0.05, 0.95, 0.95, 1.0])
    member = np.array([False, True, True, True, False])
    # Bin 0: mean 0.05 against rate 0.5, 2 rows; bin 9: mean 2.9/3 against 2/3, 3 rows.
    expected = (2 * 0.45 + 3 * (2.9 / 3 - 2 / 3)) / 5
    assert metrics.expected_calibration_error(probability, member, ones(5))[0] == pytest.approx(expected)


def test_positive_class_is_used_and_not_the_other():
    """Two members stand alone at the top; at the bottom the classes mix: the two directions differ."""
    member = np.array([True] * 2 + [False, True] * 10)
    score = -np.arange(22.0)
    assert metrics.step_roc(score, member, ones(22)).tpr_at(0.05)[0] == pytest.approx(2 / 12)
    assert metrics.step_roc(-score, ~member, ones(22)).tpr_at(0.05)[0] == pytest.approx(0.0)


def test_tpr_at_fpr_takes_no_point_above_and_does_not_interpolate():
    member = np.array([True, False, True, False, True])
    roc = metrics.step_roc(-np.arange(5.0), member, ones(5))
    assert roc.tpr_at(0.49)[0] == pytest.approx(1 / 3)
    assert roc.tpr_at(0.5)[0] == pytest.approx(2 / 3)
    assert roc.tpr_at(0.99)[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("n", [10, 30, 70, 110, 1000])
def test_a_point_exactly_at_the_fpr_is_taken(n):
    """n // 10 of n non-members above the one member that only they outdo: FPR is 0.1 to the last bit."""
    member = np.r_[np.zeros(n // 10, bool), True, np.zeros(n - n // 10, bool)]
    roc = metrics.step_roc(-np.arange(n + 1.0), member, ones(n + 1))
    assert roc.tpr_at(0.1)[0] == 1.0
    assert roc.tpr_at(0.0999)[0] == 0.0


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**9), st.data(), st.floats(1e-9, 1))
def test_the_largest_part_is_the_last_whose_rate_is_allowed(total, data, rate):
    """Also at rates that a whole number reaches to the last bit, or misses by one float."""
    exact = data.draw(st.integers(0, total)) / total
    for asked in (rate, exact, np.nextafter(exact, 0), np.nextafter(exact, 1)):
        part = metrics.largest_part(asked, np.array([total]))[0]
        assert part / total <= asked
        assert asked < np.nextafter(part, np.inf) / total or asked < 1e-9  # a quotient may round to nothing


@pytest.mark.parametrize("kind", ["few values", "no ties", "all equal", "ties within a class only"])
def test_the_roc_and_its_figures_are_those_of_thresholds_tried_one_by_one(kind):
    rng = np.random.default_rng(5)
    for n in (1, 2, 3, 17, 60):
        member = rng.random(n) < 0.5
        score = {
            "few values": rng.integers(0, 5, n).astype(float),
            "no ties": rng.normal(size=n),
            "all equal": np.ones(n),
            "ties within a class only": rng.integers(0, 4, n) + 0.5 * member,
        }[kind]
        weight = rng.integers(0, 4, (6, n)).astype(np.int32)
        roc = metrics.step_roc(score, member, weight)
        called = score >= np.r_[np.inf, np.unique(score)[::-1]][:, None]
        fp, tp = weight @ (called & ~member).T, weight @ (called & member).T
        with np.errstate(invalid="ignore"):
            fpr, tpr = fp / fp[:, -1:], tp / tp[:, -1:]
        assert np.array_equal(roc.fpr, fpr, equal_nan=True)
        assert np.array_equal(roc.tpr, tpr, equal_nan=True)
        area = ((fp[:, 1:] - fp[:, :-1]) * (tp[:, 1:] + tp[:, :-1])).sum(axis=1) / 2
        with np.errstate(invalid="ignore"):
            assert np.array_equal(roc.auc(), area / (fp[:, -1] * tp[:, -1]), equal_nan=True)
        for rate in (0.0, 0.1, 1 / 3, 0.5, 1.0):
            best = [t[f <= rate].max() if (f <= rate).any() else np.nan for f, t in zip(fpr, tpr, strict=True)]
            assert np.array_equal(roc.tpr_at(rate), best, equal_nan=True)


def test_auc_of_constant_and_perfect_scores():
    assert metrics.step_roc(np.zeros(N), MEMBER, ones(N)).auc()[0] == pytest.approx(0.5)
    assert metrics.step_roc(MEMBER.astype(float), MEMBER, ones(N)).auc()[0] == 1.0
    assert metrics.step_roc(np.zeros(N), MEMBER, ones(N)).tpr_at(0.1)[0] == 0.0


def test_a_resample_with_one_class_is_undefined_not_a_number():
    weight = np.where(MEMBER, 0.0, 1.0)[None]
    assert np.isnan(metrics.step_roc(SCORE, MEMBER, weight).auc()).all()
    cells = metrics.confusion(DECISION, MEMBER, weight)
    assert np.isnan(metrics.recall(cells)).all()
    assert np.isnan(metrics.balanced_accuracy(cells)).all()
    assert metrics.specificity(cells) == pytest.approx((~DECISION)[~MEMBER].mean())


@pytest.mark.parametrize("kept", [MEMBER, ~MEMBER], ids=["members only", "non-members only"])
def test_a_tpr_without_both_classes_is_undefined(kept):
    assert np.isnan(metrics.step_roc(SCORE, MEMBER, kept.astype(float)[None]).tpr_at(0.1)).all()


def test_the_roc_has_both_end_points_even_where_nothing_is_tied():
    """Without (0, 0) and (1, 1) the AUC of a score that is wrong everywhere, or perfect, comes out as it likes."""
    roc = metrics.step_roc(np.arange(4.0), np.array([True, True, False, False]), ones(4))
    assert (roc.fpr[0, 0], roc.tpr[0, 0], roc.fpr[0, -1], roc.tpr[0, -1]) == (0, 0, 1, 1)
    assert roc.auc()[0] == 0.0


rows = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=4, max_size=40).filter(
    lambda drawn: len({label for _, label in drawn}) == 2
)


def split(drawn):
    return np.array([s for s, _ in drawn], float), np.array([m for _, m in drawn], bool)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_auc_symmetries(drawn):
    score, member = split(drawn)
    auc = metrics.step_roc(score, member, ones(len(score))).auc()[0]
    assert metrics.step_roc(score, ~member, ones(len(score))).auc()[0] == pytest.approx(1 - auc)
    assert metrics.step_roc(-score, member, ones(len(score))).auc()[0] == pytest.approx(1 - auc)
    assert metrics.step_roc(np.exp(score) + 3, member, ones(len(score))).auc()[0] == pytest.approx(auc)


@settings(max_examples=60, deadline=None)
@given(rows, st.floats(0, 1))
def test_tpr_is_reached_by_a_threshold_that_keeps_the_fpr(drawn, fpr):
    score, member = split(drawn)
    thresholds = [np.inf, *np.unique(score)]
    allowed = [(score >= t)[member].mean() for t in thresholds if (score >= t)[~member].mean() <= fpr]
    assert metrics.step_roc(score, member, ones(len(score))).tpr_at(fpr)[0] == pytest.approx(max(allowed))


@settings(max_examples=60, deadline=None)
@given(rows, st.floats(0, 1))
def test_tpr_does_not_care_about_the_unit_of_the_score_or_the_order_of_the_rows(drawn, fpr):
    score, member = split(drawn)
    found = metrics.step_roc(score, member, ones(len(score))).tpr_at(fpr)[0]
    assert metrics.step_roc(np.exp(score) * 3, member, ones(len(score))).tpr_at(fpr)[0] == found
    assert metrics.step_roc(score[::-1], member[::-1], ones(len(score))).tpr_at(fpr)[0] == found


@settings(max_examples=60, deadline=None)
@given(rows, st.data())
def test_a_weight_of_two_is_a_row_twice(drawn, data):
    score, member = split(drawn)
    times = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(score), max_size=len(score))))
    weighted = metrics.step_roc(score, member, times[None].astype(np.int32))
    repeated = metrics.step_roc(np.repeat(score, times), np.repeat(member, times), ones(times.sum()))
    assert weighted.auc()[0] == pytest.approx(repeated.auc()[0])
    assert weighted.tpr_at(0.3)[0] == repeated.tpr_at(0.3)[0]


@settings(max_examples=60, deadline=None)
@given(rows)
def test_balanced_accuracy_knows_no_positive_class_and_a_constant_rule_gets_one_half(drawn):
    score, member = split(drawn)
    decision = score > 0
    one = metrics.balanced_accuracy(metrics.confusion(decision, member, ones(len(score))))
    assert metrics.balanced_accuracy(metrics.confusion(~decision, ~member, ones(len(score)))) == pytest.approx(one)
    constant = metrics.confusion(np.ones(len(score), bool), member, ones(len(score)))
    assert metrics.balanced_accuracy(constant)[0] == 0.5


@settings(max_examples=60, deadline=None)
@given(rows)
def test_kappa_does_not_care_which_class_is_called_used(drawn):
    score, member = split(drawn)
    decision = score > 0
    one = metrics.kappa(metrics.confusion(decision, member, ones(len(score))))
    assert metrics.kappa(metrics.confusion(~decision, ~member, ones(len(score)))) == pytest.approx(one)
