"""What an attribution prints: every method beside the declared one, with the truth where it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from harness.attribution.clusters import adjusted_rand
from harness.evaluation.estimate_text import estimate_text
from harness.evaluation.intervals import Estimate, estimates, resample, wilson
from harness.seeds import rng_of

Labels = NDArray[np.intp]


@dataclass(frozen=True)
class MethodAnswers:
    """One method's answers, intp [n]; None where it could not be asked, and `reason`, a sentence, says why."""

    name: str
    answers: Labels | None
    reason: str | None = None


def accuracy(answers: Labels, truth: Labels) -> Estimate:
    """Fraction of right answers, with the Wilson interval over images (Wilson 1927)."""
    return wilson(int((answers == truth).sum()), len(truth))


def rand_index(answers: Labels, truth: Labels) -> Estimate:
    """Adjusted Rand index, with the percentile interval over resampled images."""
    images = np.arange(len(truth))
    resamples = resample(np.zeros_like(images), images, rng_of(0, "attribution", "rand index"))
    return estimates(lambda weight: {"ari": adjusted_rand(answers, truth, weight)}, resamples)["ari"]


def attribution_table(
    rows: Sequence[MethodAnswers], declared: MethodAnswers, n_subsets: int, truth: Labels | None
) -> Table:
    """A row a method: accuracy where the truth is known, agreement with the declared one, images a subset."""
    table = _table("accuracy" if truth is not None else None, "agrees", f"images to 1 ... {n_subsets}")
    for row in rows:
        cells = (
            [] if truth is None else [estimate_text(None if row.answers is None else accuracy(row.answers, truth))]
        )
        if row.answers is not None and declared.answers is not None:
            counts = np.bincount(row.answers, minlength=n_subsets)
            agrees = f"{(row.answers == declared.answers).mean():.3f}"
            table.add_row(_name(row, declared), *cells, agrees, " ".join(map(str, counts)))
        else:
            table.add_row(_name(row, declared), *cells, "", "could not be asked")
    if truth is not None:
        best = int(np.bincount(truth, minlength=n_subsets).argmax())
        constant = np.full(len(truth), best, np.intp)
        counts = np.bincount(constant, minlength=n_subsets)
        table.add_row(f"all to {best + 1}", estimate_text(accuracy(constant, truth)), "", " ".join(map(str, counts)))
    return table


def subset_table(names: Sequence[str], sizes: Sequence[int], answers: Labels, truth: Labels | None) -> Table:
    """A row a subset: its number, folder and slices, the images given to it and, of its own, the fraction found."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("subset", justify="right")
    table.add_column("folder", overflow="fold")
    for head in ("slices", "images", *(("of its own", "found [95 %]") if truth is not None else ())):
        table.add_column(head, justify="right")
    for number, (name, size) in enumerate(zip(names, sizes, strict=True)):
        cells = [str(number + 1), name, str(size), str(int((answers == number).sum()))]
        if truth is not None:
            own = truth == number
            found = accuracy(answers[own], truth[own]) if own.any() else None
            cells += [str(int(own.sum())), estimate_text(found)]
        table.add_row(*cells)
    return table


def cluster_table(rows: Sequence[MethodAnswers], declared: MethodAnswers, truth: Labels | None) -> Table:
    """A row a method: adjusted Rand index against the truth where it is known, and against the declared method."""
    table = _table("ARI" if truth is not None else None, "ARI to *", "images a cluster")
    for row in rows:
        if row.answers is None or declared.answers is None:
            continue
        cells = [] if truth is None else [estimate_text(rand_index(row.answers, truth))]
        agrees = f"{adjusted_rand(row.answers, declared.answers)[0]:.3f}"
        table.add_row(_name(row, declared), *cells, agrees, " ".join(map(str, np.bincount(row.answers))))
    return table


def _table(measure: str | None, agreement: str, counts: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("method")
    if measure is not None:
        table.add_column(f"{measure} [95 %]", justify="right")
    table.add_column(agreement, justify="right")
    table.add_column(counts, overflow="fold")
    return table


def _name(row: MethodAnswers, declared: MethodAnswers) -> str:
    return f"{row.name} *" if row is declared else row.name
