"""Decision rules: probabilities or scores to 0/1. Declared beforehand, never tuned on what they judge.

A rule is a function of what is judged, entered in `DECISIONS` by its name; one that does not apply answers None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.probability_calibration import Calibrator
from harness.evaluation.remembered import remembered

NOMINAL_FPR = 0.1
REAL_REAL_QUANTILE = 0.99
_HALF = 0.5 + 1e-9  # rounding must not turn the base rate of one half into "used"


class RuleInput(NamedTuple):
    """What a rule may look at, of one target.

    score [n], probability [n]; calibrator: learnt on other targets; real_real: the attack's own score [n] of
    every candidate with the other candidates in the place of the release, None where it has none.
    """

    score: Floats
    probability: Floats
    calibrator: Calibrator
    real_real: Floats | None = None


Rule = Callable[[RuleInput], Flags | None]


def probability(judged: RuleInput) -> Flags:
    """Used where the probability is above one half; a score that knows nothing calls nobody used."""
    return np.asarray(judged.probability > _HALF)


def top_half(judged: RuleInput) -> Flags:
    """Used for the half with the larger scores (`top_half_of`)."""
    return top_half_of(judged.score)


def top_half_of(score: Floats) -> Flags:
    """Used for the half of scores [n] that are larger: n // 2 of n, n >= 2.

    A group of equal scores across the middle is left out whole: whom to take would be the order of the files.
    """
    middle = np.sort(score)[::-1][[len(score) // 2 - 1, len(score) // 2]]
    return np.asarray(score >= middle[0] if middle[0] > middle[1] else score > middle[0])


def fixed_fpr(judged: RuleInput) -> Flags:
    """Used above the score that 10 % of the shadows' non-members exceed."""
    return np.asarray(judged.score > judged.calibrator.threshold(NOMINAL_FPR))


def em_prior(judged: RuleInput) -> Flags:
    """Used where the probability, corrected for the proportion found in this target, is above one half.

    Saerens, Latinne and Decaestecker 2002, eq. 2.4: odds times the ratio of new and old prior odds.
    """
    old = judged.calibrator.prior
    new = proportion(judged.probability, old)
    p = judged.probability
    used, not_used = new / old * p, (1 - new) / (1 - old) * (1 - p)
    return np.asarray(used > _HALF * (used + not_used))


@remembered()
def proportion(probability: Floats, prior: float) -> float:
    """The proportion of members in a target from its probabilities [n], right under `prior`, alone.

    Where the EM of Saerens et al. 2002 (eq. 2.9) ends: its steps climb the likelihood
    sum log(pi p / prior + (1 - pi)(1 - p) / (1 - prior)), which is concave in pi, so the root of the slope is
    found directly. Kept 1 / (n + 2) away from 0 and 1 (Laplace), where EM crawls for ever; probabilities that
    all equal the prior say nothing, and give the prior back.
    """
    from scipy.optimize import brentq  # start-up: only a run that got this far pays for scipy

    ratio = np.stack([probability / prior, (1 - probability) / (1 - prior)])
    gain = ratio[0] - ratio[1]
    if np.abs(gain).max() < 1e-9:
        return prior

    def slope(pi: float) -> float:
        return float((gain / (pi * ratio[0] + (1 - pi) * ratio[1])).sum())

    edge = 1 / (len(probability) + 2)
    if slope(edge) <= 0:
        return edge
    if slope(1 - edge) >= 0:
        return 1 - edge
    return float(brentq(slope, edge, 1 - edge))


def real_real_max(judged: RuleInput) -> Flags | None:
    """Used above the largest score of two different candidates: the winner's rule of 2023 (there with SSIM).

    None where the attack cannot put candidates in the place of the release.
    """
    return None if judged.real_real is None else np.asarray(judged.score > judged.real_real.max())


def real_real_q99(judged: RuleInput) -> Flags | None:
    """As `real_real_max`, above the 0.99 quantile of the candidates' scores against each other."""
    if judged.real_real is None:
        return None
    return np.asarray(judged.score > np.quantile(judged.real_real, REAL_REAL_QUANTILE))


def max_f1_on_shadows(judged: RuleInput) -> Flags:
    """Used above the threshold that had the highest F1 on the shadows the calibrator was fitted on.

    A score that knows nothing calls everybody used, as F1 itself wants; the row "all used" stands beside it.
    """
    return np.asarray(judged.score > judged.calibrator.f1_threshold)


DECISIONS: dict[str, Rule] = {
    "probability": probability,
    "fixed_fpr": fixed_fpr,
    "em_prior": em_prior,
    "top_half": top_half,
    "real_real_max": real_real_max,
    "real_real_q99": real_real_q99,
    "max_f1_on_shadows": max_f1_on_shadows,
}

FIXED = frozenset({"probability", "fixed_fpr", "max_f1_on_shadows"})
"""Rules whose threshold the shadows fixed; the others take theirs from the candidates that they judge."""


def by_every_rule(judged: RuleInput) -> dict[str, Flags | None]:
    """What each rule calls used, by its name; None where it does not apply."""
    return {name: rule(judged) for name, rule in DECISIONS.items()}
