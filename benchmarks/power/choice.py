"""Choosing an attack where generators leak little: `python -m benchmarks.power.choice --runs DIR`.

DIR holds runs of suites (`python -m benchmarks.suite run`). For every shadow an attack is chosen by what all attacks
do on the other pairs, as a run chooses on shadows for a test: how often is it as good as the best, what does the
choice cost, and is what it would hand in better than "used" for all, and than plain `knn` with its top half.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import NamedTuple

import numpy as np

from benchmarks.benchmark import RUNS, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.power.challenges.figures import paired
from benchmarks.rows import Row, at_least
from benchmarks.suite.definition import load_suite
from benchmarks.suite.results import PLAIN
from benchmarks.suite.scores import TaskScores, read_scores
from harness.errors import InputError
from harness.evaluation import metrics
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.intervals import wilson
from harness.evaluation.measure import auc_per_target
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.oracle import honest_picks
from harness.evaluation.predictions import Predictions, predict_held_out
from harness.evaluation.selection_rules import RULES

DECLARED, DECISION, TOP_HALF = "best_calibrated", "probability", "top_half"  # the first two are a run's defaults
CLOSE = 0.01  # AUC
SEED = 0


class Chosen(NamedTuple):
    """What one rule chose on the shadows of a task, each [shadows].

    auc: of the attack picked, on the shadow that it was picked for; on_task: of the attack that is best on the whole
    task, there; on_target: of the attack that is best on that shadow; f1, accuracy: of the pick's decisions by the
    declared decision rule, of `knn` with its top half and of "used" for all, by those names.
    """

    level: str
    picks: list[str]
    auc: Floats
    on_task: Floats
    on_target: Floats
    f1: Mapping[str, Floats]
    accuracy: Mapping[str, Floats]


KNN_HALF, ALL_USED = f"{PLAIN}, top half", "all used"
OTHER_DECISIONS = ("max_f1_on_shadows", "em_prior", TOP_HALF)


def _by(decision: str) -> str:
    return f"the choice by {decision}"


def choose(task: TaskScores, rules: Sequence[str]) -> dict[str, Chosen]:
    """What each selection rule chose, by its name. InputError where plain `knn` was not run."""
    if PLAIN not in task.by_attack:
        raise InputError(f"The run of {task.task} has no plain {PLAIN}, which the choice is set against.")
    rows = {name: predict_held_out(of, task.patients, DECISIONS[DECISION]) for name, of in task.by_attack.items()}
    member = task.member
    aucs = {name: np.array(auc_per_target(one, member), np.float64) for name, one in rows.items()}
    members = [one.member for one in task.by_attack[PLAIN]]
    best = aucs[max(aucs, key=lambda name: float(aucs[name].mean()))]
    found = {}
    for rule in rules:
        picks = honest_picks(rows, member, RULES[rule], DECISIONS[DECISION], seed=SEED)
        of_pick = np.array([aucs[name][t] for t, name in enumerate(picks)])
        f1, accuracy = (
            {
                name: np.array([_metric(metric, one, true) for one, true in zip(of, members, strict=True)])
                for name, of in _decisions(rows, picks).items()
            }
            for metric in (metrics.f1, metrics.accuracy)
        )
        on_target = np.max([*aucs.values()], axis=0)
        found[rule] = Chosen(task.level, picks, of_pick, best, on_target, f1, accuracy)
    return found


def _decisions(rows: Mapping[str, Predictions], picks: Sequence[str]) -> dict[str, list[Flags]]:
    """Of the choice by several rules and of its rivals, by name, what each calls used on every shadow."""
    chosen = {
        _by(rule): [_of(rows[name], rule, t) for t, name in enumerate(picks)] for rule in (DECISION, *OTHER_DECISIONS)
    }
    halves = [_of(rows[PLAIN], TOP_HALF, t) for t in range(len(picks))]
    return {**chosen, KNN_HALF: halves, ALL_USED: [np.ones_like(one) for one in halves]}


def _of(rows: Predictions, rule: str, target: int) -> Flags:
    decided = rows.by_rule[rule]
    assert decided is not None
    return decided[rows.target == target]


def _metric(metric: Callable[[metrics.Confusion], Floats], decision: Flags, member: Flags) -> float:
    counts = metrics.cells(decision, member).sum(axis=0).astype(np.float64)
    return float(metric(metrics.Confusion(*counts[:, None]))[0])


def measure(options: argparse.Namespace) -> list[Row]:
    """Rows a level, and of all of them where there are several: of the declared rule, then the costs of others.

    Families stand apart: their tasks may be of one pool, so that their targets are no further ones.
    """
    of_family: dict[str, list[TaskScores]] = {}
    for task in read_scores(options.runs, options.levels):
        of_family.setdefault(load_suite(task.suite).tasks[task.task].family, []).append(task)
    rows = []
    for family, tasks in of_family.items():
        chosen = [choose(task, options.rules) for task in tasks]
        groups = {level: [one for one in chosen if one[options.rules[0]].level == level] for level in options.levels}
        groups = {level: some for level, some in groups.items() if some}
        if len(groups) > 1:
            groups["all"] = chosen
        for level, some in groups.items():
            where = level if len(of_family) == 1 else f"{family}, {level}"
            for rule in options.rules:
                declared = rule == options.rules[0]
                of_rule = [one[rule] for one in some]
                rows += _rows(f"{where}: {rule}", of_rule, len(tasks[0].by_attack), declared=declared)
    return rows


def _rows(name: str, chosen: Sequence[Chosen], attacks: int, *, declared: bool) -> list[Row]:
    auc, on_task, on_target = (np.concatenate([getattr(one, of) for one in chosen]) for of in _AUCS)
    picks = [pick for one in chosen for pick in one.picks]
    detail = {
        "targets": len(auc),
        "attacks": attacks,
        "picks": {pick: picks.count(pick) for pick in sorted({*picks})},
    }
    often = max(sorted({*picks}), key=picks.count)
    lost = paired(_by_pair(on_task - auc))
    ends = {"low": lost.low, "high": lost.high, "of": "pairs, Student"}
    rows = [
        Row(f"{name}: AUC less than that of the task's best attack", lost.value, "AUC", detail={**detail, **ends})
    ]
    if not declared:
        return rows
    of_targets = f"{len(auc)} targets, {attacks} attacks"
    rows.insert(
        0, Row(f"{name}: {of_targets}: picks {often}, more often than others", picks.count(often) / len(auc), "share")
    )
    shares = {
        f"within {CLOSE} AUC of the task's best attack": on_task - auc <= CLOSE,
        f"within {CLOSE} AUC of the best on that very target": on_target - auc <= CLOSE,
    }
    for title, held in shares.items():
        share = wilson(int(held.sum()), len(held))
        rows.append(Row(f"{name}: {title}", share.value, "share", detail={"low": share.low, "high": share.high}))
    lost = paired(_by_pair(on_target - auc))
    rows.append(Row(f"{name}: AUC less than that of the best on that very target", lost.value, "AUC"))
    for metric in ("f1", "accuracy"):
        of = {key: np.concatenate([getattr(one, metric)[key] for one in chosen]) for key in chosen[0].f1}
        rows += [Row(f"{name}: mean {metric} of {key}", float(of[key].mean()), metric) for key in of]
        for rival in (KNN_HALF, ALL_USED):
            apart = {one: paired(_by_pair(of[_by(one)] - of[rival])) for one in (DECISION, *OTHER_DECISIONS)}
            low = apart[DECISION].low
            assert low is not None
            title = f"{name}: {metric} of {_by(DECISION)} less that of {rival}: lower end of the interval"
            rows.append(at_least(title, low, metric, 0.0, **{key: asdict(one) for key, one in apart.items()}))
    return rows


_AUCS = ("auc", "on_task", "on_target")


def _by_pair(values: Floats) -> list[float]:
    """Means over complementary shadows, which are one draw."""
    return [float(one) for one in values.reshape(-1, 2).mean(axis=1)]


BENCHMARK = Benchmark(
    "power",
    "choice",
    "whether the attack chosen on other shadows is the best one, and worth handing in, where generators leak little",
    measure,
    options=(
        RUNS,
        Option("--levels", ["faint", "weak"], {"nargs": "+", "metavar": "NAME", "help": "of the suites' tasks"}),
        Option(
            "--rules",
            [*RULES],
            {"nargs": "+", "choices": [*RULES], "help": "selection rules; the first is the declared one"},
        ),
    ),
    needs=(RUNS,),
    quick={"levels": ["weak"], "rules": [DECLARED]},
    quick_about="one level, the declared rule",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
