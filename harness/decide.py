"""Decision rules: probabilities or scores to 0/1. Declared beforehand, never tuned on what they judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.calibrate import Calibrator
from harness.metrics import Flags, Floats

NOMINAL_FPR = 0.1


class Judged(NamedTuple):
    """What a rule may look at: score [n], probability [n], and the calibrator learnt on other targets."""

    score: Floats
    probability: Floats
    calibrator: Calibrator


def probability(judged: Judged) -> Flags:
    """Used where the probability is above one half; a score that knows nothing calls nobody used."""
    return np.asarray(judged.probability > 0.5 + 1e-9)


def top_half(judged: Judged) -> Flags:
    """Used for the half with the larger scores: n // 2 of n.

    A group of equal scores across the middle is left out whole: whom to take would be the order of the files.
    """
    middle = np.sort(judged.score)[::-1][[len(judged.score) // 2 - 1, len(judged.score) // 2]]
    return np.asarray(judged.score >= middle[0] if middle[0] > middle[1] else judged.score > middle[0])


def fixed_fpr(judged: Judged) -> Flags:
    """Used above the score that 10 % of the shadows' non-members exceed."""
    return np.asarray(judged.score > judged.calibrator.threshold(NOMINAL_FPR))


DECISIONS: dict[str, Callable[[Judged], Flags]] = {
    "probability": probability,
    "top_half": top_half,
    "fixed_fpr": fixed_fpr,
}
