"""Probability calibration: score to probability, learnt on labelled shadow targets only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from harness.evaluation.metrics import ECE_BINS, Flags, Floats
from harness.evaluation.remembered import remembered

CalibratorName = Literal["platt", "isotonic"]
ISOTONIC_POINTS = 1000  # fewer, and the steps follow the noise


class ScoredTarget(NamedTuple):
    """One shadow target's scores [n] and members [n], and the pair of complements it belongs to."""

    score: Floats
    member: Flags
    pair: int


@dataclass(frozen=True)
class Logistic:
    """probability = 1 / (1 + exp(-(slope score + intercept))), slope >= 0. Platt 1999."""

    slope: float
    intercept: float

    def __call__(self, score: Floats) -> Floats:
        """Probability for score [n]: float64 [n] in [0, 1]."""
        from scipy.special import expit  # start-up: only a run that got this far pays for scipy

        return np.asarray(expit(self.slope * score + self.intercept), dtype=np.float64)


@dataclass(frozen=True)
class Monotone:
    """Probabilities [k], never falling, at scores [k], rising; straight lines between, flat outside."""

    scores: Floats
    probabilities: Floats

    def __call__(self, score: Floats) -> Floats:
        """Probability for score [n]: float64 [n] in [0, 1]."""
        return np.asarray(np.interp(score, self.scores, self.probabilities), dtype=np.float64)


@dataclass(frozen=True)
class Calibrator:
    """What the shadows taught about a score.

    curve: score to probability, never falling; nonmember_scores: the scores, sorted, of the non-members it was fitted
    on, which set thresholds at a nominal FPR; prior: the proportion of members that the curve stands on;
    f1_threshold: the score above which calling everybody used had the highest F1 there; remark: where the
    method asked for could not be kept.
    """

    curve: Logistic | Monotone
    nonmember_scores: Floats
    prior: float = 0.5
    f1_threshold: float = np.inf
    remark: str | None = None

    def probability(self, score: Floats) -> Floats:
        """Probability of membership for score [n]: float64 [n] in [0, 1]."""
        return self.curve(score)

    def threshold(self, nominal_fpr: float) -> float:
        """The score above which at most `nominal_fpr` of the non-members' scores lie (strictly above = used)."""
        allowed = int(np.floor(nominal_fpr * len(self.nonmember_scores) + 1e-9))
        return float(self.nonmember_scores[len(self.nonmember_scores) - 1 - allowed])


def fit_calibrator(targets: Sequence[ScoredTarget], method: CalibratorName = "platt") -> Calibrator:
    """The curve, pooled over targets, with Platt's smoothed labels against over-confidence.

    method: `platt`, a logistic fit; `isotonic`, a step-like one from 1,000 points on, below that Platt's with a
    remark. A score that points the wrong way on the shadows gets the base rate, never a falling curve: larger
    must go on meaning "more likely a member". Raises ValueError without both classes or for another method.
    """
    if method not in CURVES:
        raise ValueError(f"There is no calibration {method!r}; allowed are {', '.join(CURVES)}.")
    score = np.concatenate([np.empty(0), *(t.score for t in targets)])
    member = np.concatenate([np.empty(0, np.bool_), *(t.member for t in targets)])
    n_in, n_out = int(member.sum()), int((~member).sum())
    if n_in == 0 or n_out == 0:
        raise ValueError(f"Calibration needs both classes; it got {n_in} members and {n_out} non-members.")
    remark = None
    if method == "isotonic" and len(score) < ISOTONIC_POINTS:
        method = "platt"
        remark = (
            f"Isotonic calibration needs {ISOTONIC_POINTS} scores and the shadows gave {len(score)}; "
            "the logistic one took its place."
        )
    # Platt 1999, sec. 2.2: labels (N+ + 1)/(N+ + 2) and 1/(N- + 2).
    soft = np.where(member, (n_in + 1) / (n_in + 2), 1 / (n_out + 2))
    curve = CURVES[method](score, soft)
    return Calibrator(curve, np.sort(score[~member]), float(soft.mean()), best_f1_threshold(score, member), remark)


def held_out_calibrators(targets: Sequence[ScoredTarget], method: CalibratorName = "platt") -> list[Calibrator]:
    """For each target, a calibrator fitted without it, and without its complement.

    A complement's labels are the target's labels negated: fitting on them is fitting on the target.
    """
    pairs = {target.pair for target in targets}
    without = {pair: fit_calibrator([other for other in targets if other.pair != pair], method) for pair in pairs}
    return [without[target.pair] for target in targets]


def best_f1_threshold(score: Floats, member: Flags) -> float:
    """The threshold t for which score [n] > t has the highest F1, midway between two scores, -inf for all.

    Of several as good, the one that calls fewest.
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    ends = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    called, found = ends + 1, np.cumsum(member[order])[ends]
    best = int(np.argmax(2 * found / (called + member.sum())))  # 2 TP / (2 TP + FP + FN)
    return -np.inf if best == len(ends) - 1 else float(ranked[ends[best] : ends[best] + 2].mean())


class Reliability(NamedTuple):
    """A reliability diagram, float64 [k]: of every filled bin the mean probability, the rate of members, the rows."""

    probability: Floats
    member_rate: Floats
    rows: Floats


def reliability(probability: Floats, member: Flags, n_bins: int = ECE_BINS) -> Reliability:
    """The diagram of probability [n] in [0, 1] against member [n], in bins of equal width, empty ones left out.

    With the ECE's own bins, the ECE is the mean gap of the two, weighted by rows. Niculescu-Mizil and Caruana 2005.
    """
    bins = np.minimum((probability * n_bins).astype(int), n_bins - 1)
    count, mean, rate = (
        np.bincount(bins, weights, n_bins) for weights in (np.ones(len(bins)), probability, member.astype(np.float64))
    )
    filled = count > 0
    count = count[filled]
    return Reliability(mean[filled] / count, rate[filled] / count, count.astype(np.float64))


@remembered(Logistic)
def _platt(score: Floats, soft: Floats) -> Logistic:
    from sklearn.linear_model import LogisticRegression  # start-up: seconds to import

    centre, scale = float(score.mean()), float(score.std()) or 1.0
    rows = np.tile(((score - centre) / scale)[:, None], (2, 1))  # a soft label is a weighted row of each class
    labels = np.repeat([1, 0], len(score))
    model = LogisticRegression(C=1e6).fit(rows, labels, sample_weight=np.concatenate([soft, 1 - soft]))
    slope, intercept = float(model.coef_[0, 0]) / scale, float(model.intercept_[0])
    if slope < 0:
        rate = float(soft.mean())
        return Logistic(0.0, float(np.log(rate / (1 - rate))))
    return Logistic(slope, intercept - slope * centre)


@remembered(Monotone)
def _isotonic(score: Floats, soft: Floats) -> Monotone:
    from sklearn.isotonic import IsotonicRegression  # start-up: seconds to import

    model = IsotonicRegression(increasing=True, out_of_bounds="clip").fit(score, soft)
    return Monotone(model.X_thresholds_, model.y_thresholds_)


CURVES: dict[CalibratorName, Callable[[Floats, Floats], Logistic | Monotone]] = {
    "platt": _platt,
    "isotonic": _isotonic,
}
