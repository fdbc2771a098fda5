"""Where nobody says how many candidates were used: `python -m benchmarks.power.proportions --runs DIR`.

DIR holds runs of suites (`python -m benchmarks.suite run`). Of every shadow's candidates so many are left out at
random that 0.1 to 0.9 of the rest are members; what the other pairs taught at one half then meets them as it is, or
corrected for a proportion that was found in the target's own scores, or told. Attacks whose scores are set against
those of the other candidates are refused: theirs would be others without those left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from attacks.base import Attack
from attacks.registry import find_attacks
from benchmarks.benchmark import RUNS, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.rows import Row
from benchmarks.suite.scores import TaskScores, read_scores
from harness.errors import InputError
from harness.evaluation import metrics
from harness.evaluation.decision_rules import proportion
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.probability_calibration import Calibrator, ScoredTarget, held_out_calibrators
from harness.seeds import rng_of

PROPORTIONS = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
_APART, _HALF, _GRID = 0.02, 0.5 + 1e-9, 200


class Rates(NamedTuple):
    """Of what a calibrator calls used at one half: the shares of members and of non-members, on the other pairs."""

    true: float
    false: float


Finder = Callable[[Floats, Calibrator, Rates, float], float]
"""Probabilities [n] of the candidates, what the shadows taught, and the truth (which one of them alone looks at)."""


def as_taught(probability: Floats, calibrator: Calibrator, rates: Rates, truth: float) -> float:
    """One half, as on the shadows."""
    return calibrator.prior


def by_em(probability: Floats, calibrator: Calibrator, rates: Rates, truth: float) -> float:
    """The likeliest proportion (Saerens et al. 2002): that of the decision rule `em_prior`."""
    return proportion(probability, calibrator.prior)


def by_counting(probability: Floats, calibrator: Calibrator, rates: Rates, truth: float) -> float:
    """(called - FPR) / (TPR - FPR) (Forman 2008; Lipton et al. 2018, arXiv 1802.03916): a run's fraction used."""
    edge = 1 / (len(probability) + 2)
    if rates.true - rates.false < _APART:
        return calibrator.prior
    return float(np.clip(((probability > _HALF).mean() - rates.false) / (rates.true - rates.false), edge, 1 - edge))


def by_posterior(probability: Floats, calibrator: Calibrator, rates: Rates, truth: float) -> float:
    """The mean of all proportions, each by the likelihood that `em_prior` looks for the top of: all alike beforehand.

    The proportions tried here are spread just so, which favours it.
    """
    pi = (np.arange(_GRID) + 0.5)[:, None] / _GRID
    ratio = probability / calibrator.prior, (1 - probability) / (1 - calibrator.prior)
    weight = np.log(pi * ratio[0] + (1 - pi) * ratio[1]).sum(axis=1)
    weight = np.exp(weight - weight.max())
    return float((weight * pi[:, 0]).sum() / weight.sum())


def by_mean(probability: Floats, calibrator: Calibrator, rates: Rates, truth: float) -> float:
    """The mean probability, which is half way between one half and the truth at best."""
    return float(probability.mean())


def told(probability: Floats, calibrator: Calibrator, rates: Rates, truth: float) -> float:
    """The proportion itself, which nobody tells: what could be had."""
    return truth


FINDERS: dict[str, Finder] = {
    "as taught at one half": as_taught,
    "em_prior": by_em,
    "counting": by_counting,
    "posterior mean": by_posterior,
    "mean probability": by_mean,
    "told": told,
}


def corrected(probability: Floats, old: float, new: float) -> Floats:
    """Probabilities under another proportion: Saerens et al. 2002, eq. 2.4."""
    used, not_used = new / old * probability, (1 - new) / (1 - old) * (1 - probability)
    return np.asarray(used / (used + not_used), np.float64)


def left(member: Flags, share: float, rng: np.random.Generator) -> Flags:
    """The candidates that stay, bool [n]: as many as can, a share of them members."""
    n_in, n_out = int(member.sum()), int((~member).sum())
    whole = min(n_in / share, n_out / (1 - share))
    stay = np.zeros(len(member), np.bool_)
    for side, n in ((member, whole * share), (~member, whole * (1 - share))):
        stay[rng.permutation(np.flatnonzero(side))[: max(1, round(n))]] = True
    return stay


class Found(NamedTuple):
    """Means over targets and draws, of one attack, proportion and finder. off: of the proportion found."""

    ece: float
    f1: float
    accuracy: float
    off: float


def curve(task: TaskScores, attack: str, share: float, draws: int) -> dict[str, list[Found]]:
    """By finder, one a draw: means over targets, and the ECE of all together, which of few rows would be noise."""
    targets = task.by_attack[attack]
    calibrators = held_out_calibrators(targets)
    rates = [_rates(calibrator, targets, one.pair) for calibrator, one in zip(calibrators, targets, strict=True)]
    found: dict[str, list[Found]] = {name: [] for name in FINDERS}
    for draw in range(draws):
        stays = [
            left(one.member, share, rng_of(0, "proportions", task.task, str(share), str(draw), str(number)))
            for number, one in enumerate(targets)
        ]
        for name, finder in FINDERS.items():
            probabilities, offs, scored = [], [], []
            for one, calibrator, rate, stay in zip(targets, calibrators, rates, stays, strict=True):
                probability, member = calibrator.probability(one.score[stay]), one.member[stay]
                guess = finder(probability, calibrator, rate, float(member.mean()))
                better = corrected(probability, calibrator.prior, guess)
                probabilities.append((better, member))
                offs.append(abs(guess - float(member.mean())))
                scored.append(_f1_and_accuracy(better > _HALF, member))
            pooled, members = (np.concatenate(some) for some in zip(*probabilities, strict=True))
            ece = float(metrics.expected_calibration_error(pooled, members, np.ones((1, len(members))))[0])
            f1, accuracy = np.mean(scored, axis=0)
            found[name].append(Found(ece, float(f1), float(accuracy), float(np.mean(offs))))
    return found


def _f1_and_accuracy(decision: Flags, member: Flags) -> tuple[float, float]:
    counts = metrics.Confusion(*metrics.cells(decision, member).sum(axis=0).astype(np.float64)[:, None])
    return float(metrics.f1(counts)[0]), float(metrics.accuracy(counts)[0])


def _rates(calibrator: Calibrator, targets: Sequence[ScoredTarget], pair: int) -> Rates:
    """On the pairs that taught the calibrator, so a little too far apart."""
    others = [one for one in targets if one.pair != pair]
    called = np.concatenate([calibrator.probability(one.score) > _HALF for one in others])
    member = np.concatenate([one.member for one in others])
    return Rates(float(called[member].mean()), float(called[~member].mean()))


def measure(options: argparse.Namespace) -> list[Row]:
    """Rows a level and finder, means over attacks, draws and proportions; `each` in their detail has the curve."""
    tasks = read_scores(options.runs, options.levels)
    attacks = [name for name in options.scored_by if _fixed_scale(name)]
    rows = []
    for level in dict.fromkeys(task.level for task in tasks):
        curves: dict[str, list[Found]] = {name: [] for name in FINDERS}
        for share in PROPORTIONS:
            of_share: dict[str, list[Found]] = {name: [] for name in FINDERS}
            for task in (one for one in tasks if one.level == level):
                for attack in attacks:
                    if attack not in task.by_attack:
                        raise InputError(f"The run of {task.task} has no {attack}; name others with --scored-by.")
                    for name, some in curve(task, attack, share, options.draws).items():
                        of_share[name] += some
            for name, some in of_share.items():
                curves[name].append(_mean(some))
        rows += [row for name, points in curves.items() for row in _rows(f"{level}: {name}", points)]
    return rows


def _mean(found: Sequence[Found]) -> Found:
    ece, f1, accuracy, off = np.mean(found, axis=0)
    return Found(float(ece), float(f1), float(accuracy), float(off))


def _rows(name: str, points: Sequence[Found]) -> list[Row]:
    """points: one a proportion."""
    titles = {"ece": "ECE", "f1": "F1", "accuracy": "accuracy", "off": "the proportion is off by"}
    return [
        Row(f"{name}: {title}", float(np.mean(each)), "fraction", detail={"each": each})
        for field, title in titles.items()
        for each in [[float(getattr(one, field)) for one in points]]
    ]


def _fixed_scale(name: str) -> bool:
    """InputError for an attack whose scores hang on the other candidates."""
    attack: Attack = find_attacks((name,)).by_name[name]()
    if attack.relative:
        raise InputError(
            f"{name} sets scores against those of the other candidates, of which some are left out here."
        )
    return True


BENCHMARK = Benchmark(
    "power",
    "proportions",
    "probabilities and F1 where the share of candidates that was used is unknown, from 0.1 to 0.9",
    measure,
    options=(
        RUNS,
        Option(
            "--levels",
            ["faint", "weak"],
            {"nargs": "+", "metavar": "NAME", "help": "of the suites' tasks"},
        ),
        Option(
            "--scored-by",
            ["knn", "ssim", "ssim_cal", "ssim_lira"],
            {"nargs": "+", "metavar": "NAME", "help": "of the runs, each with scores on a fixed scale"},
        ),
        Option(
            "--draws",
            10,
            {
                "type": int,
                "metavar": "N",
                "help": "of who is used (transfer) or left out (proportions), a recipe or proportion",
            },
        ),
    ),
    needs=(RUNS,),
    quick={"levels": ["weak"], "scored_by": ["knn"], "draws": 2},
    quick_about="one level, one attack, two draws",
    full={"levels": ["faint", "weak", "medium", "strong"], "draws": 50},
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
