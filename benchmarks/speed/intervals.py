"""Intervals of metrics: `python -m benchmarks.speed.intervals`.

All metrics of many attacks with their intervals, and 2,000 resamples of one AUC, drawing included, beside loops of
scikit-learn's functions with `sample_weight` over some of the same resamples. Every value is compared, under each of
those resamples.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.rows import Row, at_most
from benchmarks.sides import Side, side_by_side
from harness.data.splits import random_half
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.intervals import N_RESAMPLES, Resamples, resample, spread
from harness.evaluation.measure import fprs_with_enough, metrics_of, resamples_of
from harness.evaluation.measure import measure as measure_attack
from harness.evaluation.metrics import Flags, Floats, Ranking
from harness.evaluation.predictions import NOMINAL_FPRS, Predictions, predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget

N_TARGETS, SEED = 8, 0
ATTACKS_TIMES, ATTACKS_SEC, AUC_TIMES, AUC_SEC, SAME = 20.0, 5.0, 1.0, 1.0, 1e-12
_PEER = "a loop of scikit-learn"


def measure(options: argparse.Namespace) -> list[Row]:
    """Rows of many attacks and of one AUC: how many times the loop takes ours, and our seconds."""
    of_attacks = [_attacks_rows(options.n_attacks, n, options.loop) for n in options.candidates]
    return [*chain(*of_attacks), *_auc_rows(options.scores, options.loop)]


def _attacks_rows(n_attacks: int, n_candidates: int, loop: int) -> list[Row]:
    """The whole measurement of each attack on eight shadows; the loop does the first resamples of the first."""
    rng = np.random.default_rng(0)
    patients = [str(number) for number in range(n_candidates)]
    halves = [random_half(patients, rng) for _ in range(N_TARGETS // 2)]
    members = [side for half in halves for side in (half, ~half)]
    places = [np.arange(n_candidates)] * N_TARGETS

    def attack() -> Predictions:
        targets = [ScoredTarget(rng.normal(size=len(m)) + m, m, pair=i // 2) for i, m in enumerate(members)]
        return predict_held_out(targets, places, DECISIONS["probability"])

    attacks, member = [attack() for _ in range(n_attacks)], np.concatenate(members)
    resamples = resamples_of(attacks[0], SEED).plain  # for what a loop can follow; ours has the law of pairs
    n_loop = max(1, loop // 5)  # each of them takes fifteen functions
    job = f"all metrics of {n_attacks} attacks, {N_TARGETS} targets of {n_candidates}"
    row = side_by_side(
        job,
        Side("ours", lambda: [measure_attack(one, member, SEED) for one in attacks]),
        [Side(_PEER, lambda: _loop(attacks[0], member, resamples, n_loop), n_loop / N_RESAMPLES / len(attacks))],
        ATTACKS_TIMES,
        apart=lambda _, theirs: _apart(metrics_of(attacks[0], member, resamples)[1], theirs),
        within=SAME,
    )
    return [row, at_most(f"{job}: in all", row.sides[0].seconds, "s", ATTACKS_SEC, resamples=N_RESAMPLES)]


def _loop(rows: Predictions, member: Flags, resamples: Resamples, n_loop: int) -> dict[str, list[float]]:
    """What `metrics_of` answers under the first resamples, by scikit-learn's own functions, one after another."""
    from sklearn import metrics as sklearn  # here, so that its import is in no time but the first repeat's

    decision, used = rows.decision, member
    assert decision is not None
    found: dict[str, list[float]] = {}
    for weight in next(resamples.chunks(n_loop)):
        w: dict[str, Any] = {"sample_weight": weight}
        fpr, tpr, _ = sklearn.roc_curve(used, rows.score, drop_intermediate=False, **w)
        of_one = {
            "auc": sklearn.roc_auc_score(used, rows.score, **w),
            **{f"tpr {rate}": tpr[fpr <= rate].max() for rate in fprs_with_enough(member)},
            "brier": sklearn.brier_score_loss(used, rows.probability, **w),
            "log_loss": sklearn.log_loss(used, rows.probability, **w),
            **{f"realised {a}": 1 - sklearn.recall_score(~used, ~rows.alarms[a], **w) for a in NOMINAL_FPRS},
            "f1": sklearn.f1_score(used, decision, **w),
            "accuracy": sklearn.accuracy_score(used, decision, **w),
            "balanced_accuracy": sklearn.balanced_accuracy_score(used, decision, **w),
            "recall": sklearn.recall_score(used, decision, **w),
            "specificity": sklearn.recall_score(~used, ~decision, **w),
            "precision": sklearn.precision_score(used, decision, **w),
            "kappa": sklearn.cohen_kappa_score(used, decision, **w),
        }
        for name, value in of_one.items():
            found.setdefault(name, []).append(float(value))
    return found


def _apart(ours: Mapping[str, Floats], theirs: Mapping[str, list[float]]) -> float:
    """The largest difference of any metric under any resample that both did; infinite where one metric is missing."""
    if ours.keys() != theirs.keys():
        return float("inf")
    return max(float(np.abs(ours[name][: len(some)] - some).max()) for name, some in theirs.items())


def _auc_rows(n_scores: int, n_loop: int) -> list[Row]:
    """One AUC; every score is a patient of its own, the most that can be drawn."""
    rng = np.random.default_rng(0)
    member = rng.random(n_scores) < 0.5
    score = rng.normal(size=n_scores) + 0.5 * member
    unit, patient = np.zeros(n_scores, np.intp), np.arange(n_scores)

    def ours() -> dict[str, Floats]:
        ranking = Ranking.of(score, member)
        return spread(lambda w: {"auc": ranking.roc(w).auc()}, resample(unit, patient, np.random.default_rng(1)))

    def loop() -> dict[str, list[float]]:
        from sklearn.metrics import roc_auc_score

        weights = next(resample(unit, patient, np.random.default_rng(1)).chunks(n_loop))
        return {"auc": [float(roc_auc_score(member, score, sample_weight=one)) for one in weights]}

    job = f"{N_RESAMPLES:,} resamples of an AUC of {n_scores:,} scores"
    peers = [Side(_PEER, loop, n_loop / N_RESAMPLES)]
    row = side_by_side(job, Side("ours", ours), peers, AUC_TIMES, apart=_apart, within=SAME)
    return [row, at_most(f"{job}: in all", row.sides[0].seconds, "s", AUC_SEC)]


BENCHMARK = Benchmark(
    "speed",
    "intervals",
    "all metrics of many attacks with their intervals, and 2,000 bootstrap AUCs, beside loops of scikit-learn",
    measure,
    options=(
        Option("--n-attacks", 40, {"type": int, "metavar": "N", "help": "attacks that are measured"}),
        Option("--candidates", [731], {"type": int, "nargs": "+", "metavar": "N", "help": "of the attacks"}),
        Option("--scores", 10_000, {"type": int, "metavar": "N", "help": "scores of the AUC"}),
        Option("--loop", 50, {"type": int, "metavar": "N", "help": "resamples that scikit-learn's loop is timed on"}),
    ),
    quick={"n_attacks": 2, "candidates": [70], "scores": 1_000, "loop": 5},
    quick_about="2 attacks on 70 candidates, 1,000 scores, 5 loops of scikit-learn",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
