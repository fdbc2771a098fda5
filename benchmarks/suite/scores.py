"""The scores that runs of a suite left behind: of every attack on every shadow, with who was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.suite.definition import load_suite
from benchmarks.suite.results import RUN
from harness.bounded import read_json
from harness.errors import InputError
from harness.evaluation.metrics import Flags
from harness.evaluation.probability_calibration import ScoredTarget
from harness.finished.found import OF_SUITE
from harness.finished.reading import read_run

_MOST_BYTES = 50_000_000
_SHADOW = "shadow-"


class TaskScores(NamedTuple):
    """One run of a task. by_attack: of each attack its scores on every shadow, all of the same candidates.

    patients: of each shadow the candidates' patients, numbers from 0, [n].
    """

    suite: str
    task: str
    level: str
    by_attack: Mapping[str, list[ScoredTarget]]
    patients: list[NDArray[np.intp]]

    @property
    def member(self) -> Flags:
        """The shadows' members, one shadow after another."""
        return np.concatenate([one.member for one in next(iter(self.by_attack.values()))])


def read_scores(folders: Sequence[Path], levels: Sequence[str]) -> list[TaskScores]:
    """Every run of a suite that lies in the folders and is of one of the levels, in the order of their paths.

    InputError as `tasks_run`, and where none is of these levels.
    """
    found = [
        scores_of(run, suite, task, load_suite(suite).tasks[task].level)
        for suite, tasks in tasks_run(folders).items()
        for task, run in tasks.items()
        if load_suite(suite).tasks[task].level in levels
    ]
    if not found:
        raise InputError(f"No run of a suite at {', '.join(levels)} lies in {', '.join(map(str, folders))}.")
    return found


def tasks_run(folders: Sequence[Path]) -> dict[str, dict[str, Path]]:
    """Every run of a suite that lies in the folders: suite -> task -> the run's own folder.

    InputError where one is of a suite as it was, where a task was run twice, and where there is none.
    """
    found: dict[str, dict[str, Path]] = {}
    for about in (about for folder in folders for about in sorted(folder.rglob(OF_SUITE))):
        told = read_json(about, _MOST_BYTES, f"The file {OF_SUITE}", links=True)
        suite, task = load_suite(told["suite"]), told["task"]
        if task not in suite.tasks or {**told, **suite.about_task(task)} != told:
            raise InputError(f"{about.parent} is of the suite {suite.name} as it was; run its task again.")
        if task in found.setdefault(suite.name, {}):
            raise InputError(f"{about.parent} is the task {task} of {suite.name} once more; name one of the runs.")
        found[suite.name][task] = about.parent / RUN
    if not found:
        raise InputError(f"No run of a suite lies in {', '.join(map(str, folders))}.")
    return found


def scores_of(run: Path, suite: str, task: str, level: str) -> TaskScores:
    """The scores that one run of a task left in its folder."""
    read = read_run(run)
    attacks = [
        one.label
        for one in read.results.records
        if (one.kind, one.target_set, one.skipped) == ("attack", "shadow", None)
    ]
    rows: dict[tuple[str, str], list[tuple[str, float, bool]]] = {}
    for row in read.scores or []:
        if row.target.startswith(_SHADOW) and row.attack in attacks:
            rows.setdefault((row.attack, row.target), []).append((row.patient_id, row.score, row.member == 1))
    targets = sorted({target for _, target in rows}, key=lambda name: int(name.removeprefix(_SHADOW)))
    numbers = {name: number for number, name in enumerate(sorted({one[0] for some in rows.values() for one in some}))}
    by_attack = {
        attack: [
            ScoredTarget(
                np.array([score for _, score, _ in rows[attack, target]]),
                np.array([member for _, _, member in rows[attack, target]]),
                place // 2,
            )
            for place, target in enumerate(targets)
        ]
        for attack in attacks
    }
    patients = [np.array([numbers[name] for name, _, _ in rows[attacks[0], target]]) for target in targets]
    return TaskScores(suite, task, level, by_attack, patients)
