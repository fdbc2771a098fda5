"""How often 95 % intervals hold the truth: `python -m benchmarks.power.coverage`.

Pairs of complementary shadows are simulated whose generators give away more or less by lot: a score is what the
patient brings along, the same for every generator, and noise; of a member it is larger by what the generator gives
away. The truth is the mean over all generators that there could have been, and the interval the product's own
(`harness.evaluation.intervals`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.rows import Row
from harness.evaluation.intervals import N_RESAMPLES, Estimate, estimates, resample, wilson
from harness.evaluation.metrics import Flags, Floats, Ranking, Weights
from harness.seeds import rng_of

WANTED = (0.93, 0.97)
MEAN_SHIFT = 0.8  # of a member's score, in deviations: AUC 0.71
OF_PATIENT = 0.7  # of a score's deviation: what the patient brings along
FPR = 0.1


class World(NamedTuple):
    """pairs: of complementary shadows, or lone targets where alone; differ: deviation of generators' own AUCs."""

    patients: int
    pairs: int
    differ: float
    alone: bool = False

    @property
    def deviation(self) -> float:
        """Of a generator's shift: the AUC is the normal law's at shift / sqrt 2, here to first order."""
        from scipy.stats import norm

        return float(self.differ * np.sqrt(2) / norm.pdf(MEAN_SHIFT / np.sqrt(2)))

    @property
    def truth(self) -> dict[str, float]:
        """AUC and TPR at an FPR of 0.1, means over all generators."""
        from scipy.stats import norm

        var = self.deviation**2
        threshold = norm.ppf(1 - FPR)
        return {
            "AUC": float(norm.cdf(MEAN_SHIFT / np.sqrt(2 + var))),
            "TPR at 0.1": float(norm.cdf((MEAN_SHIFT - threshold) / np.sqrt(1 + var))),
        }

    def drawn(self, rng: np.random.Generator) -> Simulated:
        """One set of targets."""
        own = OF_PATIENT * rng.standard_normal(self.patients)
        noise = np.sqrt(1 - OF_PATIENT**2)
        scores, members = [], []
        for _ in range(self.pairs):
            shift = MEAN_SHIFT + self.deviation * rng.standard_normal()
            half = rng.permutation(self.patients) < self.patients // 2
            for member in [half] if self.alone else [half, ~half]:
                members.append(member)
                scores.append(own + shift * member + noise * rng.standard_normal(self.patients))
        per_pair = len(scores) // self.pairs
        return Simulated(
            np.concatenate(scores),
            np.concatenate(members),
            np.repeat(np.arange(self.pairs), per_pair * self.patients),
            np.tile(np.arange(self.patients), len(scores)),
        )


class Simulated(NamedTuple):
    """Rows of targets: score, member, pair and patient, each [n]."""

    score: Floats
    member: Flags
    pair: NDArray[np.intp]
    patient: NDArray[np.intp]

    def intervals(self, rng: np.random.Generator, n_resamples: int) -> dict[str, Estimate]:
        """AUC and TPR as a record has them."""
        ranking = Ranking.of(self.score, self.member)

        def metrics(weight: Weights) -> dict[str, Floats]:
            roc = ranking.roc(weight)
            return {"AUC": roc.auc(), "TPR at 0.1": roc.tpr_at(FPR)}

        return estimates(metrics, resample(self.pair, self.patient, rng, n_resamples))


class Covered(NamedTuple):
    """Of so many intervals how many held the truth, and how wide they were on the average."""

    held: int
    of: int
    width: float


def covered(world: World, repeats: int, n_resamples: int) -> dict[str, Covered]:
    """By metric."""
    truth, found = world.truth, []
    for repeat in range(repeats):
        rng = rng_of(0, "coverage", *map(str, world), str(repeat))
        found.append(world.drawn(rng).intervals(rng, n_resamples))
    return {
        name: Covered(
            sum(low <= value <= high for low, high in ends),
            repeats,
            float(np.mean([high - low for low, high in ends])),
        )
        for name, value in truth.items()
        for ends in [[_ends(one[name]) for one in found]]
    }


def _ends(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def measure(options: argparse.Namespace) -> list[Row]:
    """A row a metric, a difference between generators and a number of pairs."""
    return [row for world in _worlds(options) for row in _rows(world, options.simulated, options.resamples)]


def _worlds(options: argparse.Namespace) -> Iterator[World]:
    for differ in options.differ:
        yield World(options.patients, 1, differ, alone=True)
        for pairs in options.pairs:
            yield World(options.patients, pairs, differ)


def _rows(world: World, repeats: int, n_resamples: int) -> Sequence[Row]:
    """One draw of a generator says nothing of how others differ: what is asked begins at two."""
    many = "one target alone" if world.alone else f"{world.pairs} pair{'s' if world.pairs > 1 else ''}"
    rows = []
    for metric, found in covered(world, repeats, n_resamples).items():
        share = wilson(found.held, found.of)
        assert share.value is not None
        name = f"{metric}, generators' AUCs differ by {world.differ:g}, {many}"
        detail = {"most": WANTED[1], "low": share.low, "high": share.high, "intervals": found.of}
        if world.pairs > 1:
            holds = WANTED[0] <= share.value <= WANTED[1]
            rows.append(Row(name, share.value, "coverage", WANTED[0], holds, detail=detail))
        else:
            rows.append(Row(name, share.value, "coverage", detail=detail))
        rows.append(Row(f"{name}: mean width", found.width, metric))
    return rows


BENCHMARK = Benchmark(
    "power",
    "coverage",
    "how often 95 % intervals hold the truth where generators differ, by pairs of shadows: a simulation",
    measure,
    options=(
        Option("--pairs", [1, 2, 3, 4, 8], {"type": int, "nargs": "+", "metavar": "N", "help": "of shadows"}),
        Option(
            "--differ",
            [0.0, 0.02, 0.04, 0.06],
            {"type": float, "nargs": "+", "metavar": "SD", "help": "deviations of generators' own AUCs"},
        ),
        Option("--patients", 70, {"type": int, "metavar": "N", "help": "one slice each"}),
        Option("--simulated", 400, {"type": int, "metavar": "N", "help": "intervals a row"}),
        Option("--resamples", N_RESAMPLES, {"type": int, "metavar": "N", "help": "of each interval"}),
    ),
    quick={"pairs": [1, 2], "differ": [0.04], "simulated": 20, "resamples": 200},
    quick_about="20 intervals of 200 resamples a row, two pairs at most",
    full={"simulated": 2_000},
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
