"""`mc`: how much of the release lies within a radius of x, a Monte Carlo estimate of its density there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from attacks.base import LabelledTarget, Scores
from attacks.ranking import auc
from attacks.registry import register
from attacks.release_attack import ReleaseAttack
from attacks.view import Observed, View

_QUANTILES = np.geomspace(1e-3, 1.0, 40)  # of the shadows' distances: the radii that are tried


@register("mc")
@dataclass(frozen=True)
class MonteCarlo(ReleaseAttack):
    """log of the fraction of released images within the radius r of x, (count + 1/2) / (m + 1).

    Hilprecht et al. 2019, "Monte Carlo and Reconstruction Membership Inference Attacks against Generative Models",
    PoPETs 2019(4). The paper takes r from the candidates' own distances; here it is the quantile of the shadows'
    distances with the best mean AUC on them, and never moves with the candidates judged.
    neighbours: distances kept a candidate, so many are counted at most; at most the release.
    """

    neighbours: int = 100

    _radius: ClassVar[float | None] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neighbours < 1:
            raise ValueError(f"neighbours={self.neighbours} must be at least 1.")

    def observe(self, view: View) -> Observed:
        """The smallest distances, ascending, and last the size of the release: float64 [n, neighbours + 1]."""
        size = len(view.release) - view.candidates_as_release  # a candidate's own copy is infinitely far
        nearest = self.nearest(view, min(self.neighbours, size))
        return np.column_stack([nearest, np.full(len(nearest), float(size))])

    def signal(self, observed: Observed) -> Scores:
        """log of the smoothed fraction within the fitted radius, float64 [n]."""
        assert self._radius is not None  # `score` refuses an attack that was not fitted
        count = (observed[:, :-1] <= self._radius).sum(axis=1)
        return np.log(count + 0.5) - np.log(observed[:, -1] + 1.0)

    def fit(self, shadows: Sequence[LabelledTarget]) -> Self:
        """As the base: the radius. Where several are best, the middle one, which is furthest from failing."""
        distances = np.concatenate([one.target.observe(self)[:, :-1].ravel() for one in shadows])
        tried = [self.fitted(_radius=float(radius)) for radius in np.unique(np.quantile(distances, _QUANTILES))]
        means = [np.mean([auc(copy._score(one.target), one.member) for one in shadows]) for copy in tried]
        best = np.flatnonzero(np.isclose(means, max(means), rtol=0.0, atol=1e-12))
        return tried[best[len(best) // 2]]
