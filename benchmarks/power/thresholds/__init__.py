"""Thresholds before another recipe: `python -m benchmarks.power.thresholds --runs DIR --store DIR`.

The generators are those of a suite's tasks of one pool, which differ in steps, and in family where the suite has
several: shadows of each teach, and those of every other are judged, also by a quarter of their images. The pair that
is judged takes part in nothing, and no recipe that it is of is among those tried, but for the row that says so. A
cell is an attack, a recipe of references and one of targets: does the false positive rate at a threshold meant for 1
and for 10 % lie within a factor of two? Other differences (width, members, sampler): `benchmarks.power.transfer`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

import numpy as np

from attacks.base import Attack
from benchmarks.benchmark import FOLDER, RUNS, STORE, Benchmark, Option
from benchmarks.power.thresholds.means import MEANS, Known, Means
from benchmarks.power.thresholds.worlds import Recipe, narrowed, recipes, scores, without
from benchmarks.power.transfer.judging import SIGNALS, attacks_compared
from benchmarks.rows import Row, at_least
from benchmarks.suite.definition import load_suite
from benchmarks.suite.scores import tasks_run
from harness.cli import console
from harness.evaluation.probability_calibration import ScoredTarget
from harness.experiment.executor import Executor
from harness.jobs.launchers.local import LocalLauncher
from harness.store import Store

NOMINAL = (0.1, 0.01)
FACTOR, WANTED = 2.0, 0.8
MATCHED, KNOWN = "the shadows' own recipe", "nearest, the own recipe among those tried"
PART = 4  # of the released images


class Cell(NamedTuple):
    """One attack with references of one recipe before targets of another. realised: FPR by means and nominal rate."""

    attack: str
    own: str
    target: str
    kind: str
    realised: Mapping[tuple[str, float], float]

    def holds(self, means: str, nominal: float) -> bool:
        """Whether the rate is within a factor of two of what was meant."""
        return nominal / FACTOR <= self.realised[means, nominal] <= nominal * FACTOR


def judged(
    found: Mapping[str, Sequence[ScoredTarget]], own: str, target: str, tried: Sequence[str]
) -> dict[tuple[str, float], float]:
    """The false positive rate on the target's shadows under every means, each by the other pairs of recipes tried."""
    calls: dict[tuple[str, float], list[np.ndarray]] = {}
    for one in found[target]:
        others = without(one.pair, found)
        known = Known(one.score, {name: others[name] for name in tried}, own)
        every: list[tuple[str, Means, Known]] = [(name, means, known) for name, means in MEANS.items()]
        every.append((KNOWN, MEANS["nearest"], known._replace(shadows={**known.shadows, target: others[target]})))
        for name, means, by in every:
            for nominal in NOMINAL:
                calls.setdefault((name, nominal), []).append(one.score[~one.member] > means(by, nominal))
    return {key: float(np.concatenate(of).mean()) for key, of in calls.items()}


def measure(options: argparse.Namespace) -> list[Row]:
    """Of every means the share of cells that it holds in; then by what differs, and the spread of what a run does."""
    cells = []
    with closing(LocalLauncher(options.workers, "auto")) as launcher:
        executor = Executor(Store(options.store.resolve()), launcher, console())
        for name, tasks in tasks_run(options.runs).items():
            suite = load_suite(name)
            for pool in dict.fromkeys(suite.tasks[task].pool for task in tasks):
                made = recipes(suite, [t for t in tasks if suite.tasks[t].pool == pool], executor, options.folder)
                families = {task: suite.tasks[task].family for task in tasks}
                for label, attack in attacks_compared(options.signals).items():
                    cells += _cells(label, attack, made, families, executor)
    return [*_by_means(cells), *_by_kind(cells)]


def _cells(
    label: str, attack: Attack, made: Sequence[Recipe], families: Mapping[str, str], executor: Executor
) -> list[Cell]:
    """Of one attack, every ordered pair of recipes, a recipe before itself, and before fewer of its own images."""
    cells = []
    for own in made:
        found = scores(attack, own, [*made, narrowed(own, PART)], executor)
        names = [one.name for one in made]
        for target in found:
            if target == own.name:
                kind, tried = MATCHED, [own.name]
            elif target not in names:
                kind, tried = "release size", names
            else:
                kind = "steps" if families[target] == families[own.task] else "family"
                tried = [name for name in names if name != target]
            cells.append(Cell(label, own.name, target, kind, judged(found, own.name, target, tried)))
    return cells


def _by_means(cells: Sequence[Cell]) -> list[Row]:
    """Over all cells where the recipes differ: the share in which each means holds."""
    unlike = [cell for cell in cells if cell.kind != MATCHED]
    every = [*MEANS, KNOWN]
    rows = []
    for nominal in NOMINAL:
        for means in every:
            rates = [cell.realised[means, nominal] for cell in unlike]
            share = float(np.mean([cell.holds(means, nominal) for cell in unlike]))
            detail = {
                "cells": len(unlike),
                "median": float(np.median(rates)),
                "most": max(rates),
                "least": min(rates),
            }
            rows.append(
                at_least(f"nominal {nominal:g}, {means}: cells within a factor 2", share, "share", WANTED, **detail)
            )
            rows.append(Row(f"nominal {nominal:g}, {means}: largest FPR", max(rates), "FPR"))
    return rows


def _by_kind(cells: Sequence[Cell]) -> list[Row]:
    rows = []
    for kind in dict.fromkeys(cell.kind for cell in cells):
        some = [cell for cell in cells if cell.kind == kind]
        for nominal in NOMINAL:
            for means in ["plain", "nearest", "between", KNOWN] if kind != MATCHED else ["plain"]:
                share = float(np.mean([cell.holds(means, nominal) for cell in some]))
                rows.append(Row(f"{kind}, nominal {nominal:g}, {means}", share, "share", detail={"cells": len(some)}))
    for attack in dict.fromkeys(cell.attack for cell in cells):
        unlike = [cell for cell in cells if cell.attack == attack and cell.kind != MATCHED]
        detail = {f"{means}, {nominal:g}": _share(unlike, means, nominal) for means in MEANS for nominal in NOMINAL}
        rows.append(Row(f"{attack}: nominal 0.1, plain", _share(unlike, "plain", 0.1), "share", detail=detail))
    return rows


def _share(cells: Sequence[Cell], means: str, nominal: float) -> float:
    return float(np.mean([cell.holds(means, nominal) for cell in cells]))


BENCHMARK = Benchmark(
    "power",
    "thresholds",
    "whether thresholds keep their false positive rate before another recipe, by several means",
    measure,
    options=(
        RUNS,
        STORE,
        FOLDER,
        Option("--signals", ["knn", "loss"], {"nargs": "+", "choices": [*SIGNALS], "help": "scores to calibrate"}),
        Option("--workers", None, {"type": int, "metavar": "N", "help": "processes; default: one a core"}),
    ),
    needs=(RUNS, STORE),
    quick={"signals": ["knn"]},
    quick_about="of one signal",
    full={"signals": [*SIGNALS]},
)
