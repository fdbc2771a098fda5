"""The rows and tables of several simulated challenges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from rich.table import Table

from benchmarks.power.challenges.outcome import CHOSEN, FILES, Outcome
from benchmarks.rows import Row, at_least, at_most
from harness.evaluation.estimate_text import number
from harness.evaluation.intervals import Estimate
from harness.planning.baselines import BASELINES

MINUTES, F1, SURROGATE_AUC, STACK_AUC = 40.0, 0.78, 0.91, 0.94
KNN, KNN_F1, LEAD = BASELINES[1].name, (0.60, 0.72), 0.10
SINGLE, STACK = "loss_reg@surrogate", "stack_model@surrogate"  # declared: the best of several would flatter itself


def paired(differences: Sequence[float]) -> Estimate:
    """Mean difference over challenges with Student's 95 % interval: few challenges, so no bootstrap.

    Raises ValueError for fewer than 2 differences.
    """
    from scipy.stats import ttest_1samp

    if len(differences) < 2:
        raise ValueError(
            f"An interval over challenges takes 2 or more, and these are {len(differences)}; give more seeds."
        )
    interval = ttest_1samp(differences, 0.0).confidence_interval(0.95)
    return Estimate(float(np.mean(differences)), float(interval.low), float(interval.high))


def of_submissions(outcomes: Sequence[Outcome]) -> list[Row]:
    """Time, mean F1 and accuracy of the chosen attack, and, of several challenges, its lead over each rival."""
    detail = {"challenges": [asdict(one) for one in outcomes]}
    cold = [one.minutes for one in outcomes if one.minutes is not None]
    mean_f1 = float(np.mean([one.f1[CHOSEN] for one in outcomes]))
    rows = [
        *([at_most("slowest challenge made and taken up from nothing", max(cold), "min", MINUTES)] if cold else []),
        at_least("mean F1 of the chosen attack", mean_f1, "F1", F1, **detail),
        Row("mean accuracy of the chosen attack", _mean_accuracy(outcomes), "fraction", None, None),
    ]
    for rival in (name for name in FILES if name != CHOSEN and len(outcomes) > 1):
        for metric in ("f1", "accuracy"):
            apart = paired([getattr(one, metric)[CHOSEN] - getattr(one, metric)[rival] for one in outcomes])
            assert apart.low is not None
            name = f"{metric} less that of {rival}: lower end of the interval"
            rows.append(at_least(name, apart.low, metric, 0.0, mean=apart.value, high=apart.high))
    return rows


def of_leak(outcomes: Sequence[Outcome]) -> list[Row]:
    """Whether `knn` finds something and not all, and how far the chosen attack is ahead of it."""
    plain = float(np.mean([one.f1[KNN] for one in outcomes]))
    ahead = float(np.mean([one.f1[CHOSEN] - one.f1[KNN] for one in outcomes]))
    return [
        Row(f"mean F1 of {KNN}", plain, "F1", KNN_F1[0], KNN_F1[0] <= plain <= KNN_F1[1], detail={"most": KNN_F1[1]}),
        at_least(f"mean F1 of the chosen attack less that of {KNN}", ahead, "F1", LEAD),
    ]


def of_surrogates(outcomes: Sequence[Outcome]) -> list[Row]:
    """Mean AUC over challenges of a single attack via surrogates, and of the stack."""
    rows = []
    for name, wanted in ((SINGLE, SURROGATE_AUC), (STACK, STACK_AUC)):
        matched_auc, other = (
            float(np.mean([of[name] for of in of_all]))
            for of_all in ([one.on_shadows for one in outcomes], [one.on_test for one in outcomes])
        )
        rows.append(at_least(f"matched recipes: {name}", matched_auc, "AUC", wanted))
        rows.append(Row(f"other recipe (the tests): {name}", other, "AUC", None, None))
    return rows


def _mean_accuracy(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([one.accuracy[CHOSEN] for one in outcomes]))


def challenges_table(outcomes: Sequence[Outcome]) -> Table:
    """A line a challenge: the attack chosen, and what each submission reached."""
    table = Table("seed", "chosen", "steps", *(f"F1, accuracy: {name}" for name in FILES), "minutes", box=None)
    for one in outcomes:
        figures = (f"{number(one.f1[name])} {number(one.accuracy[name])}" for name in FILES)
        minutes = "" if one.minutes is None else f"{one.minutes:.1f}"
        table.add_row(str(one.seed), one.chosen, str(one.steps), *figures, minutes)
    return table


def attacks_table(outcomes: Sequence[Outcome]) -> Table:
    """Mean AUC of every attack over challenges, on the shadows' own recipe and on the tests' other one."""
    table = Table("attack", "AUC, shadows", "AUC, tests", box=None)
    for name in outcomes[0].on_shadows:
        matched_auc = float(np.mean([one.on_shadows[name] for one in outcomes]))
        other = float(np.mean([one.on_test[name] for one in outcomes])) if name in outcomes[0].on_test else None
        table.add_row(name, number(matched_auc), number(other))
    return table
