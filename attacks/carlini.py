"""`carlini` and its calibrated kin: a released image nearer to x than its own neighbourhood of reals lets expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attacks.registry import calibrated, register
from attacks.release_attack import ReleaseAttack
from attacks.search import smallest
from attacks.view import Observed, View

_ALPHA = 0.5  # the paper's; moves every score alike


@register("carlini")
@dataclass(frozen=True)
class RelativeDistance(ReleaseAttack):
    """max over the g nearest to x of -log[ d(g, x) / (0.5 mean of the smallest d(g, candidates)) ].

    Carlini et al. 2023, arXiv 2301.13188, sec. 5.1 (adaptive distance to the 50 nearest reals of g; in log here).
    near: released images nearest to x that are tried, all of them where there are fewer;
    n_reals: candidates nearest to g, x among them, all of them where there are fewer.
    """

    near: int = 10
    n_reals: int = 50

    of_all_distances: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.near < 1 or self.n_reals < 1:
            raise ValueError(f"near={self.near} and n_reals={self.n_reals} must be at least 1.")

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        distances = self.distances(view)
        n, m = distances.shape
        # Among themselves every candidate lacks its own copy, which is infinitely far.
        reals, near = (
            min(self.n_reals, n - view.candidates_as_release),
            min(self.near, m - view.candidates_as_release),
        )
        expected = _ALPHA * smallest(distances.T, reals).mean(axis=1)
        within = distances <= smallest(distances, near)[:, -1:]
        return np.where(within, np.log(expected) - np.log(distances), -np.inf).max(axis=1)


calibrated(RelativeDistance, "reg")
