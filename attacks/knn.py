"""`knn` and its calibrated kin: distance to the nearest released images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attacks.base import Outlook
from attacks.distances import check_k, smallest
from attacks.registry import register
from attacks.release_attack import ReleaseAttack
from attacks.view import Observed, View


@register("knn")
@dataclass(frozen=True)
class NearestNeighbour(ReleaseAttack):
    """-log of the mean of the k smallest distances d(x, g). GAN-Leaks, arXiv 1909.03935, full black box.

    k: how many released images. Source of the calibrated forms: `attacks.calibration`.
    """

    k: int = 1

    of_pairs: ClassVar[bool] = True

    def check(self, outlook: Outlook) -> None:
        """As the base: k must not exceed the release."""
        check_k(self.k, outlook.n_images)

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        return -np.log(smallest(self.distances(view), self.k).mean(axis=1))


@register("knn_cal")
@dataclass(frozen=True)
class CalibratedNearestNeighbour(NearestNeighbour):
    """`knn` less what it is for releases of generators that did not see x (Watson et al. 2022, arXiv 2111.08440)."""

    calibration: str = "cal"


@register("knn_reg")
@dataclass(frozen=True)
class RegressedNearestNeighbour(NearestNeighbour):
    """`knn` regressed, over the target's own candidates, on the releases that did not see x; no label."""

    calibration: str = "reg"


@register("knn_z")
@dataclass(frozen=True)
class StandardisedNearestNeighbour(NearestNeighbour):
    """`knn_cal` over its standard deviation: offline LiRA (arXiv 2112.03570) on distances."""

    calibration: str = "z"


@register("knn_lira")
@dataclass(frozen=True)
class LikelihoodRatioNearestNeighbour(NearestNeighbour):
    """Online LiRA (arXiv 2112.03570) on distances: x's law with it among the members against its law without."""

    calibration: str = "lira"


@register("knn_ridge")
@dataclass(frozen=True)
class RidgeNearestNeighbour(NearestNeighbour):
    """`knn` regressed on the strangers' mean and spread and, where x was in some, on the holders' mean; no label."""

    calibration: str = "ridge"
