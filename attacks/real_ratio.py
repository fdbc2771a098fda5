"""`real_ratio`: a released image that is nearer to x than other real slices are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attacks.registry import register
from attacks.release_attack import ReleaseAttack
from attacks.view import Observed, View


@register("real_ratio")
@dataclass(frozen=True)
class RealRatio(ReleaseAttack):
    """log d1(x, other candidates) - log d1(x, G): how much nearer to x the release comes than other real slices.

    The soft form of the ImageCLEFmedical GANs 2023 winner's rule `real_real_max` (VCMI), a distance-to-closest-
    record ratio. Two candidates or more; which of them are members plays no part.
    """

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        return np.log(self.measure.among(view).min(axis=1)) - np.log(self.nearest(view, 1)[:, 0])
