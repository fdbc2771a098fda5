"""Score to probability, learnt on labelled shadow targets only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from harness.metrics import Flags, Floats


class ScoredTarget(NamedTuple):
    """One shadow target's scores [n] and members [n], and the pair of complements it belongs to."""

    score: Floats
    member: Flags
    pair: int


@dataclass(frozen=True)
class Calibrator:
    """probability = 1 / (1 + exp(-(slope score + intercept))), slope >= 0. Platt 1999.

    strangers: the scores, sorted, of the non-members it was fitted on; they set thresholds at a nominal FPR.
    """

    slope: float
    intercept: float
    strangers: Floats

    def probability(self, score: Floats) -> Floats:
        """Probability of membership for score [n]: float64 [n] in [0, 1]."""
        from scipy.special import expit  # start-up: only a run that got this far pays for scipy

        return np.asarray(expit(self.slope * score + self.intercept), dtype=np.float64)

    def threshold(self, nominal_fpr: float) -> float:
        """The score above which at most `nominal_fpr` of the strangers lie (strictly above = used)."""
        allowed = int(np.floor(nominal_fpr * len(self.strangers) + 1e-9))
        return float(self.strangers[len(self.strangers) - 1 - allowed])


def fit_calibrator(targets: Sequence[ScoredTarget]) -> Calibrator:
    """Platt's logistic fit, pooled over targets, with his smoothed labels against over-confidence.

    A score that points the wrong way on the shadows gets the base rate, never a negative slope: larger must
    go on meaning "more likely a member". Raises ValueError without both classes.
    """
    from sklearn.linear_model import LogisticRegression  # start-up: seconds to import

    score = np.concatenate([t.score for t in targets])
    member = np.concatenate([t.member for t in targets])
    n_in, n_out = int(member.sum()), int((~member).sum())
    if n_in == 0 or n_out == 0:
        raise ValueError(f"Calibration needs both classes; it got {n_in} members and {n_out} non-members.")
    centre, scale = float(score.mean()), float(score.std()) or 1.0
    # Platt 1999, sec. 2.2: labels (N+ + 1)/(N+ + 2) and 1/(N- + 2), as weighted rows of both classes.
    soft = np.where(member, (n_in + 1) / (n_in + 2), 1 / (n_out + 2))
    rows = np.tile(((score - centre) / scale)[:, None], (2, 1))
    labels = np.repeat([1, 0], len(score))
    model = LogisticRegression(C=1e6).fit(rows, labels, sample_weight=np.concatenate([soft, 1 - soft]))
    slope, intercept = float(model.coef_[0, 0]) / scale, float(model.intercept_[0])
    strangers = np.sort(score[~member])
    if slope < 0:
        rate = float(soft.mean())
        return Calibrator(0.0, float(np.log(rate / (1 - rate))), strangers)
    return Calibrator(slope, intercept - slope * centre, strangers)


def held_out_calibrators(targets: Sequence[ScoredTarget]) -> list[Calibrator]:
    """For each target, a calibrator fitted without it, and without its complement.

    A complement's labels are the target's labels negated: fitting on them is fitting on the target.
    """
    return [fit_calibrator([other for other in targets if other.pair != target.pair]) for target in targets]
