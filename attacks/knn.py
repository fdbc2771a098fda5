"""`knn`: distance to the nearest released images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attacks.base import Access, Attack, Outlook, Scores, Target
from attacks.distances import check_distance, check_k, nearest
from attacks.registry import register


@register("knn")
@dataclass(frozen=True)
class NearestNeighbour(Attack):
    """-log of the mean of the k smallest distances d(x, g). GAN-Leaks, arXiv 1909.03935, full black box.

    k: how many released images; distance: a name in `attacks.distances.DISTANCES`.
    """

    k: int = 1
    distance: str = "pixel"
    needs = Access.RELEASE

    def __post_init__(self) -> None:
        check_distance(self.distance)

    def check(self, outlook: Outlook) -> None:
        """As the base: k must not exceed the release."""
        check_k(self.k, outlook.n_images)

    def _score(self, target: Target) -> Scores:
        near = nearest(target.candidates, target.release, self.k, self.distance)
        return -np.log(near.distances.mean(axis=1))
