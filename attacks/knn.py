"""`knn` and its calibrated kin: distance to the nearest released images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attacks.base import TargetShape
from attacks.registry import calibrated, register
from attacks.release_attack import ReleaseAttack
from attacks.search import check_k
from attacks.view import Observed, View


@register("knn")
@dataclass(frozen=True)
class NearestNeighbour(ReleaseAttack):
    """-log of the mean of the k smallest distances d(x, g). GAN-Leaks, arXiv 1909.03935, full black box.

    k: how many released images. Source of the calibrated forms: `attacks.difficulty_calibration`.
    """

    k: int = 1

    of_pairs: ClassVar[bool] = True

    def check(self, shape: TargetShape) -> None:
        """As the base: k must not exceed the release."""
        check_k(self.k, shape.n_images)

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        return -np.log(self.nearest(view, self.k).mean(axis=1))


calibrated(NearestNeighbour, "cal", "reg", "z", "lira", "lira_t", "ridge", "mid")
