"""Paired differences: on the same draws, on the same candidates, corrected for how many are asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from harness.evaluation.comparison import bootstrap_p_value, compare, holm, paired
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.intervals import as_they_are, resample
from harness.evaluation.measure import measure
from harness.evaluation.metrics import Ranking
from harness.evaluation.predictions import predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget

N, PAIRS = 50, 3
RNG = np.random.default_rng(0)
HALVES = [RNG.permutation(N) < N // 2 for _ in range(PAIRS)]
MEMBERS = [side for half in HALVES for side in (half, ~half)]
MEMBER = np.concatenate(MEMBERS)
DIFFICULTY = RNG.normal(0, 1, (2 * PAIRS, N))


def rows_of(apart: float, noise: float, seed: int, times: int = 1):
    """An attack: what it shares with the others (the difficulty), what it knows, and its own noise. times: as many
    pairs."""
    rng = np.random.default_rng(seed)
    sides = [*zip(DIFFICULTY, MEMBERS, strict=True)] * times
    scores = [d + apart * m + noise * rng.normal(size=N) for d, m in sides]
    targets = [ScoredTarget(s, m, i // 2) for i, (s, (_, m)) in enumerate(zip(scores, sides, strict=True))]
    return predict_held_out(targets, [np.arange(N)] * len(sides), DECISIONS["probability"])


def test_holm_of_known_numbers():
    # 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1, which may not come below the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_keeps_the_rate_of_any_false_finding():
    rng = np.random.default_rng(1)
    found = np.mean([min(holm(list(rng.random(10)))) < 0.05 for _ in range(2000)])
    assert found == pytest.approx(0.05, abs=0.015)


def test_p_value_of_counted_draws():
    drawn = np.r_[-np.ones(4), np.ones(95)]
    assert bootstrap_p_value(drawn) == pytest.approx(2 * 5 / 100)
    assert bootstrap_p_value(-drawn) == pytest.approx(2 * 5 / 100)
    assert bootstrap_p_value(np.ones(99)) == pytest.approx(2 / 100)  # never zero
    assert bootstrap_p_value(np.zeros(99)) == 1.0


def test_difference_is_that_of_scikit_learn_and_its_sign_says_who_is_better():
    rows = {"better": rows_of(2.0, 0.3, 1), "knn": rows_of(0.5, 0.3, 2)}
    auc, tpr = compare(rows, MEMBER, seed=0)
    expected = roc_auc_score(MEMBER, rows["better"].score) - roc_auc_score(MEMBER, rows["knn"].score)
    assert (auc.attack, auc.baseline, auc.metric, tpr.metric) == ("better", "knn", "auc", "tpr_at_0.1")
    assert auc.difference.value == pytest.approx(expected)
    assert 0 < auc.difference.low < auc.difference.value < auc.difference.high
    assert auc.p_value <= auc.p_holm < 0.05


def test_the_same_draws_for_both_cancel_what_they_share():
    """The interval of a difference is narrower than either attack's own: they lean on the same difficulty."""
    rows = {"knn": rows_of(1.0, 0.1, 1), "twin": rows_of(1.05, 0.1, 2)}
    found = compare(rows, MEMBER, seed=0)[0].difference
    own = measure(rows["knn"], MEMBER, seed=0)["auc"]
    assert found.high - found.low < 0.4 * (own.high - own.low)


def test_an_attack_against_its_own_copy_is_no_finding():
    same = rows_of(1.0, 0.3, 1)
    for one in compare({"knn": same, "copy": same}, MEMBER, seed=0):
        assert (one.difference.value, one.difference.low, one.difference.high) == (0, 0, 0)
        assert one.p_value == one.p_holm == 1.0


def test_every_attack_meets_every_baseline_and_two_baselines_meet_once():
    rows = {name: rows_of(1.0, 1.0, seed) for seed, name in enumerate(["knn", "other", "ssim"])}
    met = [(one.attack, one.baseline) for one in compare(rows, MEMBER, seed=0) if one.metric == "auc"]
    assert met == [("other", "knn"), ("ssim", "knn"), ("other", "ssim")]
    assert compare({"other": rows["other"]}, MEMBER, seed=0) == []


def test_a_clear_difference_survives_many_questions():
    """2,000 draws could not tell anything below 0.05 after 60 questions: the draws grow with the questions."""
    rows = {"knn": rows_of(0.0, 0.3, 99, 3), **{f"a{i}": rows_of(2.0, 0.3, i, 3) for i in range(30)}}
    found = compare(rows, np.tile(MEMBER, 3), seed=0, baselines=("knn",))
    assert len(found) == 60
    assert max(one.p_holm for one in found) < 0.05


def test_of_few_pairs_many_questions_have_no_answer():
    """Three pairs in which each attack is better cannot say so of thirty, however often patients are drawn."""
    rows = {"knn": rows_of(0.0, 0.3, 99), **{f"a{i}": rows_of(2.0, 0.3, i) for i in range(30)}}
    found = [one for one in compare(rows, MEMBER, seed=0, baselines=("knn",)) if one.metric == "auc"]
    assert min(one.difference.value for one in found) > 0.2
    assert min(one.p_holm for one in found) > 0.05


@pytest.mark.parametrize(("pairs", "at"), [(2, 0.05), (2, 0.01), (3, 0.05), (3, 0.01), (4, 0.05), (4, 0.01)])
def test_attacks_that_are_alike_are_seldom_told_apart(pairs, at):
    """Each gives away more or less by the generator, and over all generators as much as the other."""
    n, found = 40, []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        halves = [rng.permutation(n) < n // 2 for _ in range(pairs)]
        member = np.concatenate([side for half in halves for side in (half, ~half)])
        unit, patient = np.repeat(np.arange(pairs), 2 * n), np.tile(np.arange(n), 2 * pairs)
        own = 0.7 * np.tile(rng.standard_normal(n), 2 * pairs)
        scores = [
            own + (0.8 + 0.5 * rng.standard_normal(pairs))[unit] * member + 0.7 * rng.standard_normal(len(unit))
            for _ in range(2)
        ]
        resamples = resample(unit, patient, rng, 200)
        one, other = (Ranking.of(score, member) for score in scores)
        drawn = np.concatenate(
            [
                one.roc(weight).auc() - other.roc(weight).auc()
                for weight in [as_they_are(resamples), *resamples.chunks(500)]
            ]
        )
        found.append(paired("one", "other", "auc", drawn, resamples.law).p_value)
    assert np.mean(np.array(found) <= at) <= at + 3 * np.sqrt(at * (1 - at) / 300)


def test_few_non_members_have_no_tpr_to_compare():
    rows = {"knn": rows_of(1.0, 1.0, 1), "other": rows_of(1.0, 1.0, 2)}
    few = np.ones(len(MEMBER), bool)
    few[:29] = False
    assert [one.metric for one in compare(rows, few, seed=0)] == ["auc"]


@pytest.mark.parametrize("field", ["target", "patient"])
def test_other_candidates_or_another_order_cannot_be_compared(field):
    rows = rows_of(1.0, 1.0, 1)
    turned = replace(rows, **{field: getattr(rows, field)[::-1]})
    with pytest.raises(ValueError, match="knn and other cannot be compared"):
        compare({"knn": rows, "other": turned}, MEMBER, seed=0)
