"""Which released images copy a member? A threshold that is fixed on the holdout.

The gap of a released image: how much nearer its nearest patient is than the next ones, in one and the same pool of
patients. A nearest of many is so never set against a nearest of few. Carlini et al. 2023 (arXiv 2301.13188,
sec. 4.2) set a distance against those to the neighbours in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Scores
from harness.evaluation.metrics import Flags, Floats

Places = NDArray[np.intp]
NEXT = 5  # patients after the nearest one that are looked at


@dataclass(frozen=True)
class Gaps:
    """Of each of m released images: its nearest slice and patient in the pool, the distance, and the gap.

    gap: mean log distance to the next 5 patients (each by its nearest slice) less log distance to the nearest one.
    """

    slice: Places
    patient: Places
    distance: Scores
    gap: Floats


def gaps(distances: Scores, patient: Places) -> Gaps:
    """distances: float64 [n, m], pool against release; patient: [n], of two people or more."""
    people, number = np.unique(patient, return_inverse=True)
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(len(people)))
    by_patient = np.minimum.reduceat(distances[order], starts, axis=0)
    count = min(NEXT, len(people) - 1)
    nearest = np.sort(np.partition(by_patient, count, axis=0)[: count + 1], axis=0)
    return Gaps(
        distances.argmin(axis=0),
        np.asarray(people[by_patient.argmin(axis=0)], dtype=np.intp),
        nearest[0],
        np.asarray(np.log(nearest[1:]).mean(axis=0) - np.log(nearest[0]), dtype=np.float64),
    )


class Threshold(NamedTuple):
    """Gaps that a released image must exceed to be called a copy, and an unmistakable one."""

    copy: float
    unmistakable: float


def threshold(distances: Scores, patient: Places, holdout: Flags, false_copies: float) -> Threshold:
    """Thresholds from the gaps of released images within the holdout alone, of which nothing can be memorised.

    An image that has nothing to do with the members finds its nearest patient among them as often as they are a
    share of all patients, and beyond the threshold at the rate `false_copies` in all. The law of a gap hardly
    depends on the size of the pool, since near neighbours' distances all shrink alike; `control` shows what that
    leaves. In d dimensions it falls off as exp(-d gap), so that beyond twice the largest of m gaps, about one in m
    squared is left: unmistakable.
    """
    n_members, n_holdout = (len(np.unique(patient[side])) for side in (~holdout, holdout))
    found = gaps(distances[holdout], patient[holdout]).gap
    allowed = min(1.0, false_copies * (n_members + n_holdout) / n_members)
    return Threshold(float(np.quantile(found, 1.0 - allowed, method="higher")), 2.0 * float(found.max()))


@dataclass(frozen=True)
class Copies:
    """found: where released images lie in the pool; copy, unmistakable: which are called so, bool [m]; moved: which
    are called copies only where they are mirrored or shifted (see `called`), None where nobody looked."""

    found: Gaps
    above: Threshold
    copy: Flags
    unmistakable: Flags
    moved: Flags | None = None

    @property
    def source(self) -> Places:
        """The slice that is copied, or would be, as a place in the pool, [m]."""
        return self.found.slice

    def among(self, which: Flags) -> Copies:
        """The same, and no image called a copy but among these, bool [m]."""
        moved = None if self.moved is None else self.moved & which
        return Copies(self.found, self.above, self.copy & which, self.unmistakable & which, moved)


def copies(distances: Scores, patient: Places, member: Flags, above: Threshold) -> Copies:
    """Released images whose nearest patient is a member's, by more than the threshold."""
    found = gaps(distances, patient)
    of_member = member[found.slice]
    return Copies(found, above, of_member & (found.gap > above.copy), of_member & (found.gap > above.unmistakable))


def called(plain: Scores, moved: Scores | None, patient: Places, member: Flags, false_copies: float) -> Copies:
    """Copies by distances as images lie, [n, m], and those that are unmistakable by distances over moves, if any.

    The rate of copies by chance stays `false_copies`: the second threshold, fixed on the holdout in the same way,
    leaves about one in m squared.
    """
    found = copies(plain, patient, member, threshold(plain, patient, ~member, false_copies))
    if moved is None:
        return found
    beside = copies(moved, patient, member, threshold(moved, patient, ~member, false_copies))
    only = beside.unmistakable & ~found.copy
    one, other = found.found, beside.found
    where = Gaps(
        np.where(only, other.slice, one.slice),
        np.where(only, other.patient, one.patient),
        np.where(only, other.distance, one.distance),
        np.where(only, other.gap, one.gap),
    )
    sure = found.unmistakable | beside.unmistakable
    return Copies(where, found.above, found.copy | beside.unmistakable, sure, only)
