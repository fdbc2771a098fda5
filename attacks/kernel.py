"""`kernel_near` and `kernel_crowded`: where the release's smoothed density pulls a candidate, and how tightly."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from attacks.base import LabelledTarget, Scores
from attacks.choosing import best_on_shadows
from attacks.distances import Distance
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.view import Observed, View

_SMALLEST = 0.25  # square of half a grey level: half of the smallest step between two different 8-bit images
_WIDTHS = np.geomspace(1 / 8, 2.0, 9)  # of the shadows' usual distance to the nearest released image


class Kernel(NamedTuple):
    """bias: |sum of w_g g - x|^2; spread: sum of w_g |g - mean|^2; both float64 [n], squared grey levels."""

    bias: Scores
    spread: Scores


@dataclass(frozen=True)
class KernelAttack(ObservingAttack):
    """What a Gaussian kernel of width h over the release says around x, w_g = softmax(-|x - g|^2 / (2 h^2)).

    The answer of the denoiser of that density (the score of a mixture), without any model: the kin of `dime` that a
    release alone allows. h is chosen on labelled shadows.
    neighbours: released images a candidate, the nearest; the others' weights are taken for 0.
    """

    neighbours: int = 32

    of_all_distances: ClassVar[bool] = True
    _width: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neighbours < 1:
            raise ValueError(f"neighbours={self.neighbours} must be at least 1.")

    def observe(self, view: View) -> Observed:
        """Inner products (g_i - x) . (g_j - x) of the nearest, i <= j, whole numbers: float64 [n, k (k + 1) / 2].

        From these both answers follow for every h.
        """
        distances = Distance().matrix(view)
        k = min(self.neighbours, distances.shape[1] - view.candidates_as_release)
        places = np.argsort(distances, axis=1, kind="stable")[:, :k]
        upper = np.triu_indices(k)
        found = np.empty((len(places), len(upper[0])))
        for row, near, x in zip(found, places, view.candidates, strict=True):
            flat = (view.release[near].astype(np.float64) - x).reshape(k, -1)
            row[:] = (flat @ flat.T)[upper]
        return found

    @abstractmethod
    def signal(self, observed: Observed) -> Scores:
        """As the base: by `kernel` at the width chosen."""

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """As the base: the width."""
        nearest = np.concatenate([one.target.observe(self)[:, 0] for one in shadows])
        usual = float(np.sqrt(max(np.median(nearest), _SMALLEST)))
        trials = [self.fitted(_width=float(width)) for width in _WIDTHS * usual]
        return best_on_shadows(trials, shadows, "its width")


@register("kernel_near")
@dataclass(frozen=True)
class KernelNear(KernelAttack):
    """-log of the distance from x to the mean of the release under a kernel at x, width chosen on shadows.

    No published source: the bias of a denoiser (see `dime`) of the release's own kernel density.
    """

    def signal(self, observed: Observed) -> Scores:
        """Float64 [n]; near = member."""
        return -0.5 * np.log(kernel(observed, self._width).bias)


@register("kernel_crowded")
@dataclass(frozen=True)
class KernelCrowded(KernelAttack):
    """-log of the spread of the release under a kernel at x, width chosen on shadows.

    No published source: many released images close together, wherever x lies among them.
    """

    def signal(self, observed: Observed) -> Scores:
        """Float64 [n]; crowded = member."""
        return -0.5 * np.log(kernel(observed, self._width).spread)


def kernel(observed: Observed, width: float) -> Kernel:
    """Both answers, from what `KernelAttack.observe` gives; neither below a quarter of a squared grey level."""
    k = round(((8 * observed.shape[1] + 1) ** 0.5 - 1) / 2)
    products = np.zeros((len(observed), k, k))
    rows, columns = np.triu_indices(k)
    products[:, rows, columns] = products[:, columns, rows] = observed
    squares = np.diagonal(products, axis1=1, axis2=2)
    exponent = -(squares - squares.min(axis=1, keepdims=True)) / (2 * width**2)
    weight = np.exp(exponent)
    weight /= weight.sum(axis=1, keepdims=True)
    bias = np.einsum("ni,nij,nj->n", weight, products, weight)
    spread = (weight * squares).sum(axis=1) - bias
    return Kernel(np.maximum(bias, _SMALLEST), np.maximum(spread, _SMALLEST))
