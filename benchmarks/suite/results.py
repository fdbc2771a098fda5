"""What runs of a suite found, read back: only of one suite, one version, one pool a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.suite.definition import Suite
from harness.bounded import read_json
from harness.errors import InputError
from harness.evaluation.records import SURROGATE

OF_SUITE, RUN = "suite.json", "run"
"""Of a task's folder: what it is of, and the folder of the run itself."""
PLAIN = "knn"
"""The attack that says how much a generator gives away."""
_MOST_BYTES = 50_000_000


class Figure(NamedTuple):
    """A value with its interval; None where it cannot be had."""

    value: float | None
    low: float | None
    high: float | None


class Found(NamedTuple):
    """One attack on one task."""

    access: str
    auc: Figure
    tpr_at_1_percent: Figure
    tpr_at_1_permille: Figure
    ece: Figure


Board = Mapping[str, Mapping[str, Found]]
"""task -> attack -> what it found, tasks as the suite has them."""


def read_runs(suite: Suite, folders: Sequence[Path]) -> Board:
    """Read runs, or folders of them. InputError where one is of something else, or a task comes twice."""
    found: dict[str, Mapping[str, Found]] = {}
    pools: dict[str, str] = {}
    for folder in folders:
        for about in sorted(folder.rglob(OF_SUITE)):
            told = read_json(about, _MOST_BYTES, f"The file {OF_SUITE}", links=True)
            task = told["task"]
            if task not in suite.tasks or {**told, **suite.about_task(task)} != told:
                raise InputError(
                    f"{about.parent} is of the suite {told['suite']}, version {told['version']}, task {task}, and "
                    f"{suite.name}, version {suite.version}, has other ones: they cannot stand in one table."
                )
            if task in found:
                raise InputError(f"{about.parent} is a second run of the task {task}: name one of them.")
            pool = suite.tasks[task].pool
            wanted = suite.pools[pool].digest or pools.setdefault(pool, told["pool"])
            if told["pool"] != wanted:
                raise InputError(
                    f"{about.parent} is of the pool {told['pool']}, and not of {wanted}: they are not to be compared."
                )
            found[task] = _attacks(about.parent / RUN)
    if not found:
        raise InputError(f"No run of {suite.name} lies in {', '.join(map(str, folders))}.")
    return {task: found[task] for task in suite.tasks if task in found}


def _attacks(run: Path) -> Mapping[str, Found]:
    records = read_json(run / "results.json", _MOST_BYTES, "The results", links=True)["records"]
    return {
        f"{one['attack']}{SURROGATE if one['via'] == 'surrogate' else ''}": Found(
            one["access"],
            _figure(one["auc"]),
            _figure(one["tpr_at_fpr"]["0.01"]),
            _figure(one["tpr_at_fpr"]["0.001"]),
            _figure(one["ece"]),
        )
        for one in records
        if one["kind"] == "attack" and one["target_set"] == "shadow" and one["skipped"] is None
    }


def _figure(told: Mapping[str, Any] | None) -> Figure:
    return Figure(None, None, None) if told is None else Figure(told["value"], told["low"], told["high"])


def leads(suite: Suite, board: Board) -> dict[str, float]:
    """By how much every attack leads plain `knn`: the area between the two over `knn`'s own AUC, for a unit of it.

    The mean over families; within one, over the tasks that the attack met, two or more, by the trapezoidal rule. The
    largest comes first.
    """
    of_family: dict[str, list[float]] = {}
    for family in dict.fromkeys(task.family for task in suite.tasks.values()):
        tasks = [name for name in board if suite.tasks[name].family == family and PLAIN in board[name]]
        for attack in dict.fromkeys(attack for name in tasks for attack in board[name]):
            points = sorted(
                (plain, other - plain)
                for name in tasks
                if attack in board[name]
                and (plain := board[name][PLAIN].auc.value) is not None
                and (other := board[name][attack].auc.value) is not None
            )
            if len(points) > 1 and points[-1][0] > points[0][0]:
                x, y = np.array(points).T
                of_family.setdefault(attack, []).append(float(np.trapezoid(y, x) / (x[-1] - x[0])))
    means = {attack: float(np.mean(each)) for attack, each in of_family.items()}
    return dict(sorted(means.items(), key=lambda one: (-one[1], one[0])))
