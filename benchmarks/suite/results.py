"""What runs of a suite found, read back: only of one suite, one version, one pool a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.suite.definition import Suite
from harness.bounded import read_json
from harness.errors import InputError
from harness.evaluation.intervals import Estimate
from harness.finished.found import OF_SUITE
from harness.finished.reading import read_run

RUN = "run"
"""In a task's folder, beside what it is of: the folder of the run itself."""
PLAIN = "knn"
"""The attack that says how much a generator gives away."""
_MOST_BYTES = 50_000_000
_CHANGED = " (+: with changes)"


class Figure(NamedTuple):
    """A value with its interval; None where it cannot be had."""

    value: float | None
    low: float | None
    high: float | None


NOTHING = Figure(None, None, None)


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
    """Read runs, or folders of them; several of one task, of other attacks each, are one.

    InputError where one is of something else, where an attack on a task was measured twice and not alike, and where
    nothing there has plain `knn`.
    """
    found: dict[str, dict[str, Found]] = {}
    pools: dict[str, str] = {}
    for about in (about for folder in folders for about in sorted(folder.rglob(OF_SUITE))):
        with _sentence(about):
            told = read_json(about, _MOST_BYTES, f"The file {OF_SUITE}", links=True)
            _refuse_others(suite, told, pools, about.parent)
        attacks = _attacks(about.parent / RUN)
        of_task = found.setdefault(told["task"], {})
        for attack, one in attacks.items():
            if of_task.setdefault(attack, one) != one:
                raise InputError(
                    f"{about.parent} has {attack} on the task {told['task']} once more, with other figures: name one "
                    "of the runs."
                )
    if not found:
        raise InputError(f"No run of {suite.name} lies in {', '.join(map(str, folders))}.")
    if not any(PLAIN in attacks for attacks in found.values()):
        raise InputError(f"No run there has plain {PLAIN}, which all is set against: run the suite's attacks, too.")
    return {task: found[task] for task in suite.tasks if task in found}


def made_at(folders: Sequence[Path]) -> str:
    """At which commits the runs there were made, a sentence: attacks may have changed between them."""
    found = set()
    for about in (about for folder in folders for about in sorted(folder.rglob(OF_SUITE))):
        manifest = read_run(about.parent / RUN).manifest
        told = None if manifest is None else manifest.commit
        found.add("no commit" if told is None else told[:7] + ("+" if told.endswith("+") else ""))
    return f"The runs were made at {', '.join(sorted(found))}{_CHANGED if any('+' in one for one in found) else ''}."


def _refuse_others(suite: Suite, told: Mapping[str, Any], pools: dict[str, str], run: Path) -> None:
    """pools: those met so far, by their names in the suite."""
    task = told["task"]
    if task not in suite.tasks or {**told, **suite.about_task(task)} != told:
        raise InputError(
            f"{run} is of the suite {told['suite']}, version {told['version']}, task {task}, and {suite.name}, "
            f"version {suite.version}, has other ones: they cannot stand in one table."
        )
    pool = suite.tasks[task].pool
    wanted = suite.pools[pool].digest or pools.setdefault(pool, told["pool"])
    if told["pool"] != wanted:
        raise InputError(f"{run} is of the pool {told['pool']}, and not of {wanted}: they are not to be compared.")


@contextmanager
def _sentence(path: Path) -> Iterator[None]:
    """InputError for a file that is not as a run of a suite writes it."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not as a run of a suite writes it; run the task again.") from error


def _attacks(run: Path) -> Mapping[str, Found]:
    found = {}
    for one in read_run(run).results.records:
        if (one.kind, one.target_set, one.skipped) == ("attack", "shadow", None):
            rates = one.tpr_at_fpr or {}
            told = (one.auc, rates.get("0.01"), rates.get("0.001"), one.ece)
            found[one.label] = Found(one.access, *map(_figure, told))
    return found


def _figure(told: Estimate | None) -> Figure:
    return NOTHING if told is None else Figure(told.value, told.low, told.high)


def by_level(suite: Suite, board: Board, family: str) -> dict[str, list[str]]:
    """The tasks of a family that were run, by their level, ascending: several where a level has several pools."""
    tasks = [name for name in board if suite.tasks[name].family == family]
    levels = {level: [name for name in tasks if suite.tasks[name].level == level] for level in suite.levels}
    return {level: names for level, names in levels.items() if names}


def over_tasks(figures: Sequence[Figure]) -> Figure:
    """The mean of figures of tasks of one level, whose generators and pools have nothing in common.

    Its interval is that of a mean of independent values, each with the half width that it has on that side; none
    where one figure is missing.
    """
    table = np.array([tuple(np.nan if one is None else one for one in figure) for figure in figures])
    value, low, high = table.mean(axis=0)
    if np.isnan(value):
        return NOTHING
    below, above = (np.sqrt(((table[:, 0] - table[:, side]) ** 2).sum()) / len(table) for side in (1, 2))
    if np.isnan(low) or np.isnan(high):
        return Figure(float(value), None, None)
    return Figure(float(value), float(value - below), float(value + above))


def points_of(board: Board, levels: Mapping[str, Sequence[str]], attack: str) -> list[tuple[float, float]]:
    """A point a level: the AUC of plain `knn` and of the attack, means over the level's tasks that met both."""
    points = []
    for names in levels.values():
        both = [board[name] for name in names if attack in board[name] and PLAIN in board[name]]
        means = [over_tasks([found[one].auc for found in both]).value for one in (PLAIN, attack)] if both else [None]
        if None not in means:
            points.append((float(means[0] or 0), float(means[-1] or 0)))
    return sorted(points)


def families_of(suite: Suite, board: Board) -> list[str]:
    """Those that were run, in the suite's order."""
    return [*dict.fromkeys(suite.tasks[name].family for name in board)]


def leads(suite: Suite, board: Board, families: Sequence[str] | None = None) -> dict[str, float]:
    """By how much every attack leads plain `knn`: the area between the two over `knn`'s own AUC, for a unit of it.

    The mean over families, these or all; within one, over the levels that the attack met, two or more, by the
    trapezoidal rule. The largest comes first.
    """
    of_family: dict[str, list[float]] = {}
    for family in families_of(suite, board) if families is None else families:
        levels = by_level(suite, board, family)
        for attack in dict.fromkeys(attack for names in levels.values() for name in names for attack in board[name]):
            points = [(plain, other - plain) for plain, other in points_of(board, levels, attack)]
            if len(points) > 1 and points[-1][0] > points[0][0]:
                x, y = np.array(points).T
                of_family.setdefault(attack, []).append(float(np.trapezoid(y, x) / (x[-1] - x[0])))
    means = {attack: float(np.mean(each)) for attack, each in of_family.items()}
    return dict(sorted(means.items(), key=lambda one: (-one[1], one[0])))
