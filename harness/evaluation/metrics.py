"""Metrics of scores, probabilities and decisions, exact, for many weightings of the same rows at once.

Every function takes rows of length n and weights [b, n] (b resamples; ones for the value itself) and answers
float64 [b], so a point value and its bootstrap are the same code. What a weighting leaves undefined is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Weights = NDArray[np.number[Any]]  # [b, n], not negative; counts in int32 are the fast form
_PROBABILITY_FLOOR = 1e-6  # log loss of a sure and wrong answer stays finite, as in scikit-learn's clipping
ECE_BINS = 10


@dataclass(frozen=True)
class StepRoc:
    """The exact step ROC: a point a distinct score, from (0, 0) to (1, 1).

    fp, tp: weight of the non-members and of the members at or above each distinct score, [b, points], from 0.
    """

    fp: Weights
    tp: Weights

    @cached_property
    def fpr(self) -> Floats:
        """False positive rates, float64 [b, points]; NaN where a weighting has no non-member."""
        return _rates(self.fp)

    @cached_property
    def tpr(self) -> Floats:
        """True positive rates, float64 [b, points]; NaN where a weighting has no member."""
        return _rates(self.tp)

    def auc(self) -> Floats:
        """Area under the curve; ties count half (trapezium over tied groups = Mann-Whitney U / (P N))."""
        widths, heights = np.diff(self.fp, axis=1), self.tp[:, 1:] + self.tp[:, :-1]
        area = np.einsum("bk,bk->b", widths, heights, dtype=np.float64) / 2  # exact for counts below 2^53
        return _ratio(area, self.fp[:, -1].astype(np.float64) * self.tp[:, -1])

    def tpr_at(self, fpr: float) -> Floats:
        """The largest TPR among points whose FPR is at most `fpr`: no point above it, no interpolation."""
        # No tolerance: counts are whole, so k / n rounds to the same float as the rate it equals.
        above = self.fpr > fpr
        first = np.where(above.any(axis=1), above.argmax(axis=1), above.shape[1])  # neither rate ever falls
        reached = self.tp[np.arange(len(first)), np.maximum(first - 1, 0)]
        return np.where(self.fp[:, -1] > 0, _ratio(reached, self.tp[:, -1]), np.nan)


@dataclass(frozen=True)
class Ranking:
    """Predictions in order of their scores, sorted once for however many weightings.

    order: rows from the largest score down, [n]; nonmember: int32 [n], 1 for a non-member, in that order; points:
    how many rows lie above each point of the ROC, groups of equal scores whole, None where no two are equal.
    """

    order: NDArray[np.intp]
    nonmember: NDArray[np.int32]
    points: NDArray[np.intp] | None

    @classmethod
    def of(cls, score: Floats, member: Flags) -> Ranking:
        """The ranking of score [n] (larger = member) against member [n]."""
        order = np.argsort(-score, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0, True])
        return cls(order, (~member[order]).astype(np.int32), starts if len(starts) <= len(order) else None)

    def roc(self, weight: Weights) -> StepRoc:
        """The ROC under weight [b, n]; a weighting with one class only gives NaN."""
        ranked = np.take(weight, self.order, axis=1)
        # In the dtype of the weights: a running sum of int32 takes an eighth of the time of one of floats.
        fp, called = np.zeros((2, len(weight), len(self.order) + 1), weight.dtype)
        np.cumsum(ranked * self.nonmember, axis=1, out=fp[:, 1:])
        np.cumsum(ranked, axis=1, out=called[:, 1:])
        if self.points is not None:
            fp, called = np.take(fp, self.points, axis=1), np.take(called, self.points, axis=1)
        return StepRoc(fp, called - fp)


def step_roc(score: Floats, member: Flags, weight: Weights) -> StepRoc:
    """The ROC of score [n] (larger = member) against member [n] under weight [b, n]; one class gives NaN."""
    return Ranking.of(score, member).roc(weight)


class Confusion(NamedTuple):
    """Weighted counts, each float64 [b]; positive = used."""

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats


def cells(decision: Flags, member: Flags) -> Floats:
    """Which of the four a row counts for, float64 [n, 4] in the order of `Confusion`: weights @ cells are counts."""
    of = (decision & member, decision & ~member, ~decision & member, ~decision & ~member)
    return np.stack(of, axis=1).astype(np.float64)


def confusion(decision: Flags, member: Flags, weight: Weights) -> Confusion:
    """Counts of decision [n] against member [n] under weight [b, n]."""
    return Confusion(*(weight @ cells(decision, member)).T)


def f1(c: Confusion) -> Floats:
    """2 TP / (2 TP + FP + FN); 0 where nothing is positive, as scikit-learn's zero_division=0."""
    return _ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn, empty=0.0)


def accuracy(c: Confusion) -> Floats:
    """Fraction of right decisions."""
    return _ratio(c.tp + c.tn, c.tp + c.fp + c.fn + c.tn)


def recall(c: Confusion) -> Floats:
    """TP / (TP + FN), the true positive rate."""
    return _ratio(c.tp, c.tp + c.fn)


def specificity(c: Confusion) -> Floats:
    """TN / (TN + FP), the true negative rate."""
    return _ratio(c.tn, c.tn + c.fp)


def balanced_accuracy(c: Confusion) -> Floats:
    """Mean of recall and specificity: one half for any rule that looks at nothing, whatever the proportion."""
    return np.asarray((recall(c) + specificity(c)) / 2)


def precision(c: Confusion) -> Floats:
    """TP / (TP + FP); 0 where nothing was called used."""
    return _ratio(c.tp, c.tp + c.fp, empty=0.0)


def false_positive_rate(c: Confusion) -> Floats:
    """FP / (FP + TN)."""
    return _ratio(c.fp, c.fp + c.tn)


def kappa(c: Confusion) -> Floats:
    """Cohen's kappa: agreement beyond the chance agreement of the two margins; 0 where both are constant."""
    n = c.tp + c.fp + c.fn + c.tn
    chance = ((c.tp + c.fp) * (c.tp + c.fn) + (c.fn + c.tn) * (c.fp + c.tn)) / np.maximum(n, 1) ** 2
    return _ratio(accuracy(c) - chance, 1.0 - chance, empty=0.0)


def squared_errors(probability: Floats, member: Flags) -> Floats:
    """Squared difference of probability [n] and membership, float64 [n]; their mean is the Brier score."""
    return np.asarray((probability - member) ** 2)


def log_losses(probability: Floats, member: Flags) -> Floats:
    """Negative log likelihood of each row, nats, float64 [n]; probabilities are kept 1e-6 away from 0 and 1."""
    p = np.clip(probability, _PROBABILITY_FLOOR, 1 - _PROBABILITY_FLOOR)
    return -np.where(member, np.log(p), np.log1p(-p))


def brier(probability: Floats, member: Flags, weight: Weights) -> Floats:
    """Mean squared difference of probability [n] and membership."""
    return _mean(squared_errors(probability, member), weight)


def log_loss(probability: Floats, member: Flags, weight: Weights) -> Floats:
    """Mean negative log likelihood, nats."""
    return _mean(log_losses(probability, member), weight)


def expected_calibration_error(probability: Floats, member: Flags, weight: Weights) -> Floats:
    """ECE over 10 equal bins: sum of |mean probability - member rate|, weighted by the bins' share."""
    bins = np.minimum((probability * ECE_BINS).astype(int), ECE_BINS - 1)
    in_bin = (bins[:, None] == np.arange(ECE_BINS)).astype(np.float64)
    gap = np.abs((weight * (probability - member)) @ in_bin).sum(axis=1)
    return _ratio(gap, weight.sum(axis=1))


def _rates(counts: Weights) -> Floats:
    with np.errstate(invalid="ignore"):  # 0 / 0 where a class is missing
        return np.asarray(counts / counts[:, -1:], dtype=np.float64)


def _mean(values: Floats, weight: Weights) -> Floats:
    return _ratio(weight @ values, weight.sum(axis=1))


def _ratio(above: Weights, below: Weights, empty: float = np.nan) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, empty)
