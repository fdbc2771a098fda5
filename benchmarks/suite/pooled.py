"""What attacks find of members at small rates of false alarms, over the slices of all tasks of a level together.

The non-members of one task are too few for a rate of 0.1 %, and the mean of such rates over tasks is no rate: scores
of all tasks stand in one order here, as those of all generators of one task do in a run's own figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.suite.definition import Suite
from benchmarks.suite.results import RUN, Board, Figure, by_level, families_of
from benchmarks.suite.scores import TaskScores, scores_of
from harness.bounded import read_json
from harness.evaluation.intervals import estimates, resample
from harness.evaluation.measure import fprs_with_enough
from harness.evaluation.metrics import Floats, Ranking, Weights
from harness.finished.found import OF_SUITE
from harness.seeds import rng_of

FIELDS = {0.01: "tpr_at_1_percent", 0.001: "tpr_at_1_permille"}
OfAttacks = Mapping[str, Mapping[str, Figure]]
Rates = Mapping[tuple[str, str], OfAttacks]
"""(family, level) -> attack -> field of `Found` -> the rate over all of the level's tasks."""
_MOST_BYTES, _N_RESAMPLES = 50_000_000, 500


def rates_over_tasks(suite: Suite, board: Board, folders: Sequence[Path]) -> Rates:
    """Those of every level of which several tasks were run, of the attacks that met all of these."""
    families = families_of(suite, board)
    wanted = {
        (family, level): names
        for family in families
        for level, names in by_level(suite, board, family).items()
        if len(names) > 1
    }
    if not wanted:
        return {}
    runs = [about for folder in folders for about in sorted(folder.rglob(OF_SUITE))]
    told = [(read_json(about, _MOST_BYTES, OF_SUITE, links=True)["task"], about.parent / RUN) for about in runs]
    of_task = {task: [run for other, run in told if other == task] for task, _ in told}
    return {
        place: _of_level([_of_task(suite, name, of_task[name]) for name in names]) for place, names in wanted.items()
    }


def _of_task(suite: Suite, name: str, runs: Sequence[Path]) -> TaskScores:
    """The scores of a task, of all attacks that met it, in whichever of its runs."""
    read = [scores_of(run, suite.name, name, suite.tasks[name].level) for run in runs]
    return read[0]._replace(by_attack={attack: one for each in read for attack, one in each.by_attack.items()})


def _of_level(tasks: Sequence[TaskScores]) -> dict[str, dict[str, Figure]]:
    member = np.concatenate([one.member for one in tasks])
    pair, patient = _units(tasks)
    resamples = resample(pair, patient, rng_of(0, "suite", "rates"), _N_RESAMPLES)
    fprs = [fpr for fpr in FIELDS if fpr in fprs_with_enough(member)]
    found = {}
    for attack in tasks[0].by_attack:
        if not all(attack in one.by_attack for one in tasks):
            continue
        score = np.concatenate([target.score for one in tasks for target in one.by_attack[attack]])
        ranking = Ranking.of(score, member)

        def rates(weight: Weights, ranking: Ranking = ranking) -> dict[str, Floats]:
            roc = ranking.roc(weight)
            return {FIELDS[fpr]: roc.tpr_at(fpr) for fpr in fprs}

        found[attack] = {
            name: Figure(one.value, one.low, one.high) for name, one in estimates(rates, resamples).items()
        }
    return found


def _units(tasks: Sequence[TaskScores]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pair of generators and the patient of every row, numbers from 0: tasks have neither in common, [n], [n]."""
    pairs, patients, first_pair, first_patient = [], [], 0, 0
    for one in tasks:
        targets = next(iter(one.by_attack.values()))
        pairs += [np.full(len(target.score), first_pair + target.pair) for target in targets]
        patients += [first_patient + own for own in one.patients]
        first_pair += targets[-1].pair + 1
        first_patient += max(int(own.max()) for own in one.patients) + 1
    return np.concatenate(pairs), np.concatenate(patients)
