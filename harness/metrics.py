"""Metrics of scores, probabilities and decisions, exact, for many weightings of the same rows at once.

Every function takes rows of length n and weights [b, n] (b resamples; ones for the value itself) and answers
float64 [b], so a point value and its bootstrap are the same code. What a weighting leaves undefined is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_PROBABILITY_FLOOR = 1e-6  # log loss of a sure and wrong answer stays finite, as in scikit-learn's clipping
ECE_BINS = 10


@dataclass(frozen=True)
class StepRoc:
    """The exact step ROC: a point a distinct score, from (0, 0) to (1, 1). fpr, tpr: float64 [b, points]."""

    fpr: Floats
    tpr: Floats

    def auc(self) -> Floats:
        """Area under the curve; ties count half (trapezium over tied groups = Mann-Whitney U / (P N))."""
        return np.asarray(np.trapezoid(self.tpr, self.fpr, axis=1), dtype=np.float64)

    def tpr_at(self, fpr: float) -> Floats:
        """The largest TPR among points whose FPR is at most `fpr`: no point above it, no interpolation."""
        # No tolerance: counts are whole, so k / n rounds to the same float as the rate it equals.
        allowed = (self.fpr <= fpr).sum(axis=1) - 1  # both rates never fall along the curve
        return np.asarray(self.tpr[np.arange(len(allowed)), np.maximum(allowed, 0)], dtype=np.float64)


def step_roc(score: Floats, member: Flags, weight: Floats) -> StepRoc:
    """The ROC of score [n] (larger = member) against member [n] under weight [b, n]; one class gives NaN."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))

    def rate(rows: Flags) -> Floats:
        passed = np.cumsum(weight[:, order] * rows[order], axis=1)[:, ends]
        with np.errstate(invalid="ignore"):
            return np.concatenate([np.zeros((len(weight), 1)), passed], axis=1) / passed[:, -1:]

    return StepRoc(rate(~member), rate(member))


class Confusion(NamedTuple):
    """Weighted counts, each float64 [b]; positive = used."""

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats


def confusion(decision: Flags, member: Flags, weight: Floats) -> Confusion:
    """Counts of decision [n] against member [n] under weight [b, n]."""
    cells = (decision & member, decision & ~member, ~decision & member, ~decision & ~member)
    return Confusion(*(weight @ cell.astype(np.float64) for cell in cells))


def f1(c: Confusion) -> Floats:
    """2 TP / (2 TP + FP + FN); 0 where nothing is positive, as scikit-learn's zero_division=0."""
    return _ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn, empty=0.0)


def accuracy(c: Confusion) -> Floats:
    """Fraction of right decisions."""
    return _ratio(c.tp + c.tn, c.tp + c.fp + c.fn + c.tn)


def recall(c: Confusion) -> Floats:
    """TP / (TP + FN), the true positive rate."""
    return _ratio(c.tp, c.tp + c.fn)


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


def brier(probability: Floats, member: Flags, weight: Floats) -> Floats:
    """Mean squared difference of probability [n] and membership."""
    return _mean((probability - member) ** 2, weight)


def log_loss(probability: Floats, member: Flags, weight: Floats) -> Floats:
    """Mean negative log likelihood, nats; probabilities are kept 1e-6 away from 0 and 1."""
    p = np.clip(probability, _PROBABILITY_FLOOR, 1 - _PROBABILITY_FLOOR)
    return _mean(-np.where(member, np.log(p), np.log1p(-p)), weight)


def expected_calibration_error(probability: Floats, member: Flags, weight: Floats) -> Floats:
    """ECE over 10 equal bins: sum of |mean probability - member rate|, weighted by the bins' share."""
    bins = np.minimum((probability * ECE_BINS).astype(int), ECE_BINS - 1)
    in_bin = (bins[:, None] == np.arange(ECE_BINS)).astype(np.float64)
    gap = np.abs((weight * (probability - member)) @ in_bin).sum(axis=1)
    return _ratio(gap, weight.sum(axis=1))


def _mean(values: Floats, weight: Floats) -> Floats:
    return _ratio(weight @ values, weight.sum(axis=1))


def _ratio(above: Floats, below: Floats, empty: float = np.nan) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, empty)
