"""What an attack's surest guesses say of differential privacy: a lower bound on epsilon, Steinke et al. 2023.

"Privacy auditing with one (1) training run", arXiv 2305.08846, at delta 0. It wants every patient used or not by a
coin of their own; here about half are used in all, so what is printed says "approximate".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.evaluation.beyond import EpsilonBound
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.predictions import Predictions
from harness.evaluation.remembered import remembered

_GUESSED = 0.1  # of a shadow's patients, half of them as used: fixed beforehand
_RISK = 0.05


@remembered()
def largest_epsilon(right: int, guesses: int, risk: float = _RISK) -> float:
    """The largest e with P[Binomial(guesses, exp(e) / (1 + exp(e))) >= right] <= risk, 0 where there is none.

    The share is the lower end of Clopper and Pearson's interval.
    """
    from scipy.special import betaincinv  # start-up: only a run that got this far pays for scipy

    if right == 0:
        return 0.0
    share = float(betaincinv(right, guesses - right + 1, risk))
    return max(0.0, float(np.log(share) - np.log1p(-share)))


def empirical_epsilon(rivals: Mapping[str, Predictions], member: Flags, picks: Sequence[str]) -> EpsilonBound:
    """From predictions about patients of shadows held out, member [n], by the attacks picked, one a shadow.

    Whose labels are guessed must not have picked the attack: the best of many is often right by luck. Of each pair
    the first shadow: the other's members are its non-members, so their guesses are no others.
    """
    right = guesses = 0
    first = next(iter(rivals.values()))
    for unit in np.unique(first.unit):
        target = int(first.target[first.unit == unit].min())
        predictions = rivals[picks[target]]
        at = predictions.target == target
        called, left = surest(predictions.score[at])
        right += int((called & member[at]).sum() + (left & ~member[at]).sum())
        guesses += int(called.sum() + left.sum())
    return EpsilonBound(largest_epsilon(right, guesses) if guesses else 0.0, right, guesses)


def surest(score: Floats) -> tuple[Flags, Flags]:
    """Who is guessed to be used, and who not: the ends of score [n], a twentieth each, one at least.

    Of equal scores across an end nobody is guessed: whom to take would be the order of the files.
    """
    n = max(1, round(_GUESSED / 2 * len(score)))
    if len(score) <= 2 * n:
        return np.zeros(len(score), np.bool_), np.zeros(len(score), np.bool_)
    ranked = np.sort(score)
    lowest, next_lowest, next_highest, highest = ranked[n - 1], ranked[n], ranked[-n - 1], ranked[-n]
    called = score >= highest if highest > next_highest else score > highest
    left = score <= lowest if lowest < next_lowest else score < lowest
    return np.asarray(called), np.asarray(left)
