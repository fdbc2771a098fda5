"""`knn_cal`: nearest-neighbour distance, calibrated by releases of generators that did not see x."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attacks.base import Access, Attack, Images, Outlook, Scores, Target
from attacks.distances import check_distance, check_k, nearest
from attacks.reference import out_mean
from attacks.registry import register


@register("knn_cal")
@dataclass(frozen=True)
class CalibratedNearestNeighbour(Attack):
    """mean_j log d(x, G_j) - log d(x, G), over the references that did not hold x.

    Per-example calibration (Watson et al. 2022, arXiv 2111.08440) of `knn`'s score; d is the mean of the
    k smallest distances.
    """

    k: int = 1
    distance: str = "pixel"
    needs = Access.REFERENCES

    def __post_init__(self) -> None:
        check_distance(self.distance)

    def check(self, outlook: Outlook) -> None:
        """As the base: k must not exceed the release."""
        check_k(self.k, outlook.n_images)

    def _score(self, target: Target) -> Scores:
        def log_distance(images: Images) -> Scores:
            near = nearest(target.candidates, images, self.k, self.distance)
            return np.asarray(np.log(near.distances.mean(axis=1)), dtype=np.float64)

        expected = out_mean(target, lambda reference: log_distance(reference.release))
        return expected - log_distance(target.release)
