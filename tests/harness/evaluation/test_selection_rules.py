"""Selection rules, and what peeking would be worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.intervals import Estimate
from harness.evaluation.measure import auc_per_target
from harness.evaluation.oracle import honest_picks, oracle_picks, oracle_rows, picked_rows
from harness.evaluation.predictions import predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget
from harness.evaluation.records import Record
from harness.evaluation.selection_rules import RULES, best_calibrated


def record(
    attack: str, brier: float, *, tpr_low: float = 0.3, realised: float = 0.1, auc: float = 0.8, f1: float = 0.7
) -> Record:
    return Record(
        attack,
        "release",
        "shadow",
        "release",
        auc=Estimate(auc, auc - 0.1, auc + 0.1),
        tpr_at_fpr={"0.1": Estimate(tpr_low + 0.1, tpr_low, 0.9)},
        f1=Estimate(f1),
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
    assert "No attack that can face the test release was both" in choice.remark


@pytest.mark.parametrize("name", ["auc", "tpr_at_0.1"])
def test_above_chance_is_asked_of_the_resamples_where_the_interval_is_another(name):
    plain = record("knn", 0.2, tpr_low=0.3, auc=0.8)
    other = {"auc": "tpr_at_0.1", "tpr_at_0.1": "auc"}[name]
    assert plain.above_chance(name, 0.25), "of one generator, and in files from before, by the interval"
    assert not plain.above_chance(name, 0.75)
    assert not replace(plain, low_resampled={name: 0.2, other: 0.9}).above_chance(name, 0.25)
    assert replace(plain, low_resampled={name: 0.9, other: 0.2}).above_chance(name, 0.75)
    assert replace(plain, low_resampled={other: 0.9}).above_chance(name, 0.25)
    assert not Record("none", "none", "shadow", "release").above_chance(name, 0.0)


def test_the_rule_takes_an_attack_whose_wide_interval_includes_chance():
    """Two pairs that differ: the interval says little, and that the attack tells something is sure."""
    wide = replace(record("wide", 0.10, tpr_low=0.0), low_resampled={"tpr_at_0.1": 0.2})
    sure = record("sure", 0.15)
    assert best_calibrated([wide, sure]).attack == "wide"
    assert best_calibrated([replace(wide, low_resampled={"tpr_at_0.1": 0.1}), sure]).attack == "sure"


def test_ties_go_by_log_loss():
    one, other = record("one", 0.2), record("other", 0.2)
    assert best_calibrated([one, Record(**{**vars(other), "log_loss": Estimate(0.1)})]).attack == "other"


def test_each_rule_looks_at_its_own_figure():
    records = [record("a", 0.2, auc=0.9), record("b", 0.2, tpr_low=0.5), record("c", 0.2, f1=0.9), record("d", 0.1)]
    picks = {name: rule(records).attack for name, rule in RULES.items()}
    assert picks == {
        "best_calibrated": "d",
        "lowest_log_loss": "d",
        "highest_auc": "a",
        "highest_tpr": "b",
        "highest_f1": "c",
    }


@pytest.mark.parametrize("turned", [False, True])
def test_what_has_no_value_wins_nothing_wherever_it_stands(turned):
    """A NaN as a sort key wins or loses by its place in the list."""
    unknown = Record("unknown", "release", "shadow", "release", tpr_at_fpr={"0.1": Estimate(None)})
    records = [unknown, record("known", 0.3), record("better", 0.2, auc=0.9, tpr_low=0.4, f1=0.9)]
    for name, rule in RULES.items():
        assert rule(records[::-1] if turned else records).attack == "better", name


@pytest.mark.parametrize("turned", [False, True])
def test_an_attack_without_a_brier_score_is_not_the_fallback(turned):
    unknown = Record("unknown", "release", "shadow", "release")
    records = [unknown, record("chance", 0.3, tpr_low=0.05), record("better", 0.2, tpr_low=0.05)]
    assert best_calibrated(records[::-1] if turned else records).attack == "better"


def test_a_rule_without_any_value_says_so():
    nothing = [Record(name, "release", "shadow", "release", f1=Estimate(None)) for name in ("one", "other")]
    assert "F1" in RULES["highest_f1"](nothing).remark


N = 60


def shadows(apart: list[float], seed: int) -> list[ScoredTarget]:
    """Scores on complementary pairs; apart: how far members stand from the others, one a pair."""
    rng, halves = np.random.default_rng(seed), np.random.default_rng(0)
    targets = []
    for pair, shift in enumerate(apart):
        half = halves.permutation(N) < N // 2
        targets += [ScoredTarget(rng.normal(size=N) + shift * m, m, pair) for m in (half, ~half)]
    return targets


def rows_of(**apart: list[float]):
    targets = {name: shadows(shift, seed) for seed, (name, shift) in enumerate(apart.items(), start=1)}
    n_pairs = len(next(iter(apart.values())))
    rows = {
        name: predict_held_out(one, [np.arange(N)] * 2 * n_pairs, DECISIONS["probability"])
        for name, one in targets.items()
    }
    return rows, np.concatenate([t.member for t in next(iter(targets.values()))])


def test_the_oracle_takes_on_each_shadow_the_attack_that_its_truth_favours():
    rows, member = rows_of(early=[3, 3, 0, 0], late=[0, 0, 3, 3])
    assert oracle_picks(rows, member) == ["early"] * 4 + ["late"] * 4
    found = oracle_rows(rows, member)
    assert np.array_equal(found.score, found.probability)
    assert np.array_equal(found.probability[: 4 * N], rows["early"].probability[: 4 * N])
    assert np.array_equal(found.decision[4 * N :], rows["late"].decision[4 * N :])
    assert np.array_equal(found.alarms[0.1][4 * N :], rows["late"].alarms[0.1][4 * N :])
    assert np.array_equal(found.target, rows["early"].target)


def test_peeking_shows_among_attacks_that_know_nothing():
    """Twenty coins: the oracle finds a lucky one on each shadow, an honest choice does not."""
    rows, member = rows_of(**{f"coin{i}": [0.0] * 4 for i in range(20)})
    peeked = np.mean(auc_per_target(oracle_rows(rows, member), member))
    picks = honest_picks(rows, member, RULES["highest_auc"], DECISIONS["probability"], seed=0)
    honest = np.mean(auc_per_target(picked_rows(rows, picks), member))
    assert peeked > 0.57
    assert honest < 0.53


def test_an_honest_choice_sees_nothing_of_the_pair_it_is_for():
    """The judged pair's scores and labels turned wild: its own picks stay, and only its own need to."""
    rows, member = rows_of(good=[2, 2, 2, 2], fair=[1, 1, 1, 1])
    wild, _ = rows_of(good=[-9, 2, 2, 2], fair=[9, 1, 1, 1])
    select = RULES["highest_auc"]
    for one in (rows, wild):
        picks = honest_picks(one, member, select, DECISIONS["probability"], seed=0)
        assert picks[:2] == ["good", "good"]
        assert len(picks) == 8
    assert oracle_picks(wild, member)[:2] == ["fair", "fair"]


def test_an_honest_choice_needs_three_pairs():
    rows, member = rows_of(good=[2, 2])
    with pytest.raises(ValueError, match=r"shadow\.count=6"):
        honest_picks(rows, member, RULES["highest_auc"], DECISIONS["probability"], seed=0)
