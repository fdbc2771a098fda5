"""Ways to set a threshold for a target whose recipe is not the shadows': by scores alone, no label of the target's.

Each answers the score above which a target's non-members should lie as seldom as was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from harness.evaluation.metrics import Floats
from harness.evaluation.probability_calibration import ScoredTarget

_NO_SPREAD = 1e-12
_QUANTILES = np.linspace(0.02, 0.98, 49)
_BEYOND = 0.5  # of the way: set on phantom-64-mini, and to be judged on other data


class Known(NamedTuple):
    """What an attacker knows. score: of the target's candidates, [n]; own: the recipe of the attack's references.

    shadows: of each recipe tried, by its name, those with labels, without the pair that is judged.
    """

    score: Floats
    shadows: Mapping[str, Sequence[ScoredTarget]]
    own: str


def plain(known: Known, fpr: float) -> float:
    """That of the non-members of the own recipe: what a run does."""
    return _above([_nonmembers(one) for one in known.shadows[known.own]], fpr)


def mixture(known: Known, fpr: float) -> float:
    """That of the non-members of all recipes tried together."""
    return _above([_nonmembers(one) for some in known.shadows.values() for one in some], fpr)


def strictest(known: Known, fpr: float) -> float:
    """The largest of all recipes tried: conformal for a target that is like one of them, whichever."""
    return max(_above([_nonmembers(one) for one in some], fpr) for some in known.shadows.values())


def nearest(known: Known, fpr: float) -> float:
    """That of the recipe tried on which the scores of all candidates are most like the target's (Wasserstein)."""
    return _above([_nonmembers(one) for one in known.shadows[_by_nearness(known)[0]]], fpr)


def aligned(known: Known, fpr: float) -> float:
    """That of the own recipe, every shadow and the target on a scale of its own: median and median deviation.

    It leans on as many members among the target's candidates as among a shadow's.
    """
    return _on_scale_of(known.score, known.shadows[known.own], fpr)


def aligned_mixture(known: Known, fpr: float) -> float:
    """As `aligned`, by the shadows of all recipes tried."""
    return _on_scale_of(known.score, [one for some in known.shadows.values() for one in some], fpr)


def between(known: Known, fpr: float) -> float:
    """On the line between the thresholds of the two nearest recipes, where the target's quantiles lie between theirs.

    Up to half of the way beyond the nearest, on the side that is turned from the other.
    """
    quantiles = {
        name: np.quantile(np.concatenate([one.score for one in some]), _QUANTILES)
        for name, some in known.shadows.items()
    }
    order = _by_nearness(known)
    if len(order) == 1:
        return nearest(known, fpr)
    first, second = order[:2]
    way = quantiles[second] - quantiles[first]
    gone = np.quantile(known.score, _QUANTILES) - quantiles[first]
    part = float(np.clip(way @ gone / max(float(way @ way), _NO_SPREAD), -_BEYOND, 1.0))
    at = [_above([_nonmembers(one) for one in known.shadows[name]], fpr) for name in (first, second)]
    if not np.isfinite(at).all():  # too few non-members for this rate: nobody is called
        return float("inf")
    return at[0] if part == 0.0 else at[0] + part * (at[1] - at[0])


Means = Callable[[Known, float], float]
MEANS: dict[str, Means] = {
    "plain": plain,
    "mixture": mixture,
    "strictest": strictest,
    "nearest": nearest,
    "between": between,
    "aligned": aligned,
    "aligned mixture": aligned_mixture,
}


def _by_nearness(known: Known) -> list[str]:
    """The recipes tried, the one first whose candidates' scores are most like the target's: no label is looked at."""
    from scipy.stats import wasserstein_distance

    apart = {
        name: wasserstein_distance(known.score, np.concatenate([one.score for one in some]))
        for name, some in known.shadows.items()
    }
    return sorted(apart, key=lambda name: float(apart[name]))


def _nonmembers(one: ScoredTarget) -> Floats:
    return one.score[~one.member]


def _above(scores: Sequence[Floats], fpr: float) -> float:
    """The score that at most so many of n + 1 exceed: the next non-member's is one more draw (Vovk et al. 2005)."""
    ranked = np.sort(np.concatenate(scores))
    allowed = int(np.floor(fpr * (len(ranked) + 1) + 1e-9))
    return float(ranked[len(ranked) - allowed]) if allowed else np.inf


def _on_scale_of(score: Floats, shadows: Sequence[ScoredTarget], fpr: float) -> float:
    def scale(values: Floats) -> tuple[float, float]:
        middle = float(np.median(values))
        return middle, max(float(np.median(np.abs(values - middle))), _NO_SPREAD)

    on_scale = []
    for one in shadows:
        middle, spread = scale(one.score)
        on_scale.append((_nonmembers(one) - middle) / spread)
    middle, spread = scale(score)
    return middle + spread * _above(on_scale, fpr)
