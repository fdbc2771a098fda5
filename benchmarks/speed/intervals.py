"""Intervals of metrics: `python -m benchmarks.speed.intervals`.

Measures 2,000 resamples of the AUC of 10,000 scores, drawing included, beside a loop of scikit-learn's
`roc_auc_score(sample_weight=...)` over some of the same resamples, and checks that both find the same. Then the
whole measurement of one attack, as a run does it about fifty times.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.rows import Row, at_least, at_most
from harness.data.splits import random_half
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.intervals import N_RESAMPLES, resample, spread
from harness.evaluation.measure import measure as measure_attack
from harness.evaluation.metrics import Floats, Ranking
from harness.evaluation.predictions import predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget

N_TARGETS = 8
AUC_SEC, ATTACK_SEC, SAME = 1.0, 0.3, 1e-12
_REPEATS = 3


def _fastest(work: Callable[[], object]) -> float:
    """Wall seconds of the fastest of some repeats: others' work on the machine only adds."""
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _auc_rows(n_scores: int, n_loop: int) -> list[Row]:
    """Ours and scikit-learn's on the same scores; every score is a patient of its own, the most that can be drawn."""
    from sklearn.metrics import roc_auc_score  # here, so that its import is in no measured time

    rng = np.random.default_rng(0)
    member = rng.random(n_scores) < 0.5
    score = rng.normal(size=n_scores) + 0.5 * member
    unit, patient = np.zeros(n_scores, np.intp), np.arange(n_scores)
    found: list[Floats] = []

    def ours() -> None:
        resamples = resample(unit, patient, np.random.default_rng(1))
        ranking = Ranking.of(score, member)
        found.append(spread(lambda w: {"auc": ranking.roc(w).auc()}, resamples)["auc"])

    weights = resample(unit, patient, np.random.default_rng(1)).weights(0, n_loop)
    theirs: list[float] = []
    seconds = _fastest(ours)
    started = time.perf_counter()
    theirs += [float(roc_auc_score(member, score, sample_weight=one)) for one in weights]
    loop_seconds = (time.perf_counter() - started) * N_RESAMPLES / n_loop
    apart = float(np.abs(found[-1][:n_loop] - theirs).max())
    detail = {"scores": n_scores, "resamples": N_RESAMPLES}
    extrapolated = {**detail, "measured_resamples": n_loop, "loop_seconds_extrapolated": loop_seconds}
    ratio = at_least("scikit-learn's loop takes as many times", loop_seconds / seconds, "ratio", 1.0, **extrapolated)
    return [
        at_most(f"{N_RESAMPLES:,} resamples of an AUC of {n_scores:,} scores", seconds, "s", AUC_SEC, **detail),
        Row(**{**vars(ratio), "peer": "scikit-learn roc_auc_score(sample_weight), a loop"}),
        at_most("largest difference of an AUC from scikit-learn's", apart, "AUC", SAME, **extrapolated),
    ]


def _attack_row(n_candidates: int) -> Row:
    """Every metric of one attack on eight shadows, with its intervals."""
    rng = np.random.default_rng(0)
    patients = [str(number) for number in range(n_candidates)]
    halves = [random_half(patients, rng) for _ in range(N_TARGETS // 2)]
    members = [side for half in halves for side in (half, ~half)]
    targets = [ScoredTarget(rng.normal(size=n_candidates) + m, m, i // 2) for i, m in enumerate(members)]
    rows = predict_held_out(targets, [np.arange(n_candidates)] * N_TARGETS, DECISIONS["probability"])
    member = np.concatenate(members)
    seconds = _fastest(lambda: measure_attack(rows, member, seed=0))
    name = f"all metrics of an attack, {N_TARGETS} targets of {n_candidates}"
    return at_most(name, seconds, "s", ATTACK_SEC, resamples=N_RESAMPLES)


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: an AUC's interval, the peer's loop, and whole attacks of two sizes."""
    return [*_auc_rows(options.scores, options.loop), *map(_attack_row, options.candidates)]


BENCHMARK = Benchmark(
    "speed",
    "intervals",
    "2,000 bootstrap AUCs beside a loop of scikit-learn, and all intervals of an attack",
    measure,
    options=(
        Option("--scores", 10_000, {"type": int, "metavar": "N", "help": "scores of the AUC"}),
        Option("--loop", 50, {"type": int, "metavar": "N", "help": "resamples that scikit-learn's loop is timed on"}),
        Option("--candidates", [70, 731], {"type": int, "nargs": "+", "metavar": "N", "help": "of the attacks"}),
    ),
    quick={"scores": 1_000, "loop": 5, "candidates": [70]},
    quick_about="1,000 scores, 5 loops of scikit-learn, one attack of 70 candidates",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
