"""The figures of every cell of the grid, as they are and under resamples of patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.power.memorising.cell import ATTACKS, EVEN, FALSE_COPIES, Shown
from benchmarks.power.memorising.curves import Cells
from benchmarks.power.memorising.grid import SEED, Trained
from harness.evaluation.metrics import Floats, Ranking, Weights
from harness.seeds import rng_of

N_RESAMPLES = 1000
AUCS = (*ATTACKS, *(f"{name}{EVEN}" for name in ATTACKS))
RATES = {"copies": FALSE_COPIES, "unmistakable": 0.0, "third": 0.0}
"""Shares of released images, and what each is where nothing is memorised: the rule's rate by choice, nothing else."""


class _Draw(NamedTuple):
    """The two generators of a draw, and the weights of its patients: as they are, then resampled, [1 + b, 2 n]."""

    generators: list[tuple[Trained, Shown]]
    weights: Weights


def measured(trained: Sequence[Trained], shown: Sequence[Shown]) -> dict[str, Cells]:
    """Every measure over the grid: the mean over its generators.

    Resampled are patients within a draw, the same in all cells of so many members, and before that draws, where there
    are several.
    """
    cells = sorted({(one.n, one.steps) for one in trained})
    draws = {cell: _draws(cell, trained, shown) for cell in cells}
    found = {}
    for name in (*AUCS, *RATES):
        values = np.array([_mean(name, draws[cell], cell[0]) for cell in cells]).T
        n, steps = np.array(cells, np.float64).T
        found[name] = Cells(n, steps, values[0], values[1:], RATES.get(name, 0.5))
    return found


def _draws(cell: tuple[int, int], trained: Sequence[Trained], shown: Sequence[Shown]) -> dict[int, _Draw]:
    n, _ = cell
    found: dict[int, _Draw] = {}
    for one, what in zip(trained, shown, strict=True):
        if (one.n, one.steps) == cell:
            found.setdefault(one.draw, _Draw([], _times(2 * n, "patients", n, one.draw))).generators.append(
                (one, what)
            )
    return dict(sorted(found.items()))


def _times(n: int, *axes: str | int) -> Weights:
    """How often each of n is drawn when n are, after a row of ones: [1 + b, n]."""
    drawn = rng_of(SEED, "memorising", *axes).multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES)
    return np.concatenate([np.ones((1, n), np.int32), drawn.astype(np.int32)])


def _mean(name: str, draws: dict[int, _Draw], n: int) -> Floats:
    """[1 + b]: over draws as often as they are drawn, and over the generators of each."""
    each = [
        np.mean([_figure(name, *one, draw.weights) for one in draw.generators], axis=0) for draw in draws.values()
    ]
    times = _times(len(draws), "draws", n)
    return np.asarray((times * np.array(each).T).sum(axis=1) / len(draws))


def _figure(name: str, one: Trained, shown: Shown, weights: Weights) -> Floats:
    """[1 + b]: an AUC, or a share of released images, each of which weighs what the patient nearest to it does."""
    if name in AUCS:
        return np.asarray(Ranking.of(shown.scores[name], one.member).roc(weights).auc())
    of_image = weights[:, shown.nearest]
    return np.asarray((of_image @ shown.copies[name]) / np.maximum(of_image.sum(axis=1), 1))
