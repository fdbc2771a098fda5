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
    """The exact step ROC of a ranking under b weightings: a point a distinct score, from (0, 0) to (1, 1).

    ranking: of n rows; weight: [b, n].
    """

    ranking: Ranking
    weight: Weights

    @cached_property
    def members(self) -> Weights:
        """Weight of the members down to each place among them, from 0, [b, 1 + members]."""
        return _running(np.take(self.weight, self.ranking.members, axis=1))

    @cached_property
    def nonmembers(self) -> Weights:
        """Weight of the non-members down to each place among them, from 0, [b, 1 + non-members]."""
        return _running(self._of_nonmembers)

    @property
    def fpr(self) -> Floats:
        """False positive rates, float64 [b, points]; NaN where a weighting has no non-member."""
        return _rates(np.take(self.nonmembers, self.ranking.points[0], axis=1))

    @property
    def tpr(self) -> Floats:
        """True positive rates, float64 [b, points]; NaN where a weighting has no member."""
        return _rates(np.take(self.members, self.ranking.points[1], axis=1))

    def auc(self) -> Floats:
        """Area under the curve: of pairs of a non-member and a member, those in which the member's score is larger.

        Ties count half (the trapezium over tied groups = Mann-Whitney U / (P N)).
        """
        ranking, weight = self.ranking, self._of_nonmembers
        wins = np.take(self.members, ranking.above, axis=1)
        if ranking.not_below is None:
            area = np.einsum("bk,bk->b", weight, wins, dtype=np.float64)  # exact for counts below 2^53
        else:
            wins += np.take(self.members, ranking.not_below, axis=1)
            area = np.einsum("bk,bk->b", weight, wins, dtype=np.float64) / 2
        return ratio(area, self.members[:, -1].astype(np.float64) * self.nonmembers[:, -1])

    def tpr_at(self, fpr: float) -> Floats:
        """The largest TPR among points whose FPR is at most `fpr`: no point above it, no interpolation.

        The point above the first non-member who would be one too many, with all whose scores equal his.
        """
        total = self.nonmembers[:, -1]
        allowed = largest_part(fpr, total).astype(self.nonmembers.dtype)
        first = (self.nonmembers > allowed[:, None]).argmax(axis=1)  # 0 where nobody is one too many
        reached = self.members[np.arange(len(first)), self.ranking.called[first]]
        return np.where(total > 0, ratio(reached, self.members[:, -1]), np.nan)

    @cached_property
    def _of_nonmembers(self) -> Weights:
        return np.take(self.weight, self.ranking.nonmembers, axis=1)


@dataclass(frozen=True)
class Ranking:
    """Predictions in order of their scores, sorted once for however many weightings.

    members, nonmembers: their rows from the largest score down; above: how many members' scores are larger than each
    of those non-members'; not_below: how many are larger or equal, None where no member's equals a non-member's;
    points: how many non-members, and how many members, lie above each point of the ROC, groups of equal scores whole.
    """

    members: NDArray[np.intp]
    nonmembers: NDArray[np.intp]
    above: NDArray[np.intp]
    not_below: NDArray[np.intp] | None
    points: tuple[NDArray[np.intp], NDArray[np.intp]]

    @cached_property
    def called(self) -> NDArray[np.intp]:
        """How many members a threshold calls that shuts out the k-th non-member, from 1 on; at 0 all of them."""
        return np.r_[len(self.members), self.above]

    @classmethod
    def of(cls, score: Floats, member: Flags) -> Ranking:
        """The ranking of score [n] (larger = member) against member [n]."""
        order = np.argsort(-score, kind="stable")
        of_member = member[order]
        starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0, True])
        called = np.r_[0, np.cumsum(of_member)][starts]
        group = np.repeat(np.arange(len(starts) - 1), np.diff(starts))[~of_member]
        above, not_below = called[group], called[group + 1]
        tied = bool((above != not_below).any())
        points = starts - called, called
        return cls(order[of_member], order[~of_member], above, not_below if tied else None, points)

    def roc(self, weight: Weights) -> StepRoc:
        """The ROC under weight [b, n]; a weighting with one class only gives NaN."""
        return StepRoc(self, weight)


def largest_part(rate: float, total: Weights) -> Floats:
    """The largest float that makes up at most `rate` of total [b], float64 [b]: its quotient is not above it.

    No tolerance: of whole numbers, k / n rounds to the same float as the rate it equals. Their product misses it by
    a few floats at most, so it is looked for down from a little above.
    """
    part = np.asarray(rate * total, np.float64) * (1 + 4 * np.finfo(np.float64).eps)
    with np.errstate(invalid="ignore"):  # 0 / 0 where a class is missing
        while (beyond := part / total > rate).any():
            part = np.where(beyond, np.nextafter(part, -np.inf), part)
    return part


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
    return ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn, empty=0.0)


def accuracy(c: Confusion) -> Floats:
    """Fraction of right decisions."""
    return ratio(c.tp + c.tn, c.tp + c.fp + c.fn + c.tn)


def recall(c: Confusion) -> Floats:
    """TP / (TP + FN), the true positive rate."""
    return ratio(c.tp, c.tp + c.fn)


def specificity(c: Confusion) -> Floats:
    """TN / (TN + FP), the true negative rate."""
    return ratio(c.tn, c.tn + c.fp)


def balanced_accuracy(c: Confusion) -> Floats:
    """Mean of recall and specificity: one half for any rule that looks at nothing, whatever the proportion."""
    return np.asarray((recall(c) + specificity(c)) / 2)


def precision(c: Confusion) -> Floats:
    """TP / (TP + FP); 0 where nothing was called used."""
    return ratio(c.tp, c.tp + c.fp, empty=0.0)


def false_positive_rate(c: Confusion) -> Floats:
    """FP / (FP + TN)."""
    return ratio(c.fp, c.fp + c.tn)


def kappa(c: Confusion) -> Floats:
    """Cohen's kappa: agreement beyond the chance agreement of the two margins; 0 where both are constant."""
    n = c.tp + c.fp + c.fn + c.tn
    chance = ((c.tp + c.fp) * (c.tp + c.fn) + (c.fn + c.tn) * (c.fp + c.tn)) / np.maximum(n, 1) ** 2
    return ratio(accuracy(c) - chance, 1.0 - chance, empty=0.0)


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
    return ratio(gap, weight.sum(axis=1))


def _running(weight: Weights) -> Weights:
    """Sums of weight [b, n] from 0 on, [b, n + 1], in its own dtype: of int32 in an eighth of the time of floats."""
    sums = np.zeros((len(weight), weight.shape[1] + 1), weight.dtype)
    np.cumsum(weight, axis=1, out=sums[:, 1:])
    return sums


def _rates(counts: Weights) -> Floats:
    with np.errstate(invalid="ignore"):  # 0 / 0 where a class is missing
        return np.asarray(counts / counts[:, -1:], dtype=np.float64)


def _mean(values: Floats, weight: Weights) -> Floats:
    return ratio(weight @ values, weight.sum(axis=1))


def ratio(above: Weights, below: Weights, empty: float = np.nan) -> Floats:
    """above / below, float64; `empty` where nothing is below."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, empty)
