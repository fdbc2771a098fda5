"""`retrieval` and its calibrated kin: how many released images name x as the real slice nearest to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from attacks.base import Scores
from attacks.exact import sum_by_size
from attacks.registry import calibrated, register
from attacks.release_attack import ReleaseAttack
from attacks.view import Observed, View

_TIE = 1e-9  # relative: equal slices may differ in the last digits of a distance


@register("retrieval")
@dataclass(frozen=True)
class Retrieval(ReleaseAttack):
    """log(1 + number of released images whose nearest candidate is x), counted softly.

    Every released image g spreads one unit over the candidates, in proportion to
    exp(-d(x, g) / (softness * smallest d(., g))). Naming each image's nearest real found 99 of 100 members in
    ImageCLEFmedical GANs 2023 (VCMI, run 3). softness: a fraction of the smallest distance; 0 counts only the
    nearest, ties shared equally.
    """

    softness: float = 0.05

    of_all_distances: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.softness < np.inf:
            raise ValueError(f"softness={self.softness} must be 0 or more, a fraction of the smallest distance.")

    @property
    def relative(self) -> bool:
        """As the base: candidates share what every released image spreads."""
        return True

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        return np.log1p(sum_by_size(self._shares(self.distances(view)), axis=1))

    def _shares(self, distances: Scores) -> Scores:
        """What each candidate gets of each released image: [n, m] -> [n, m], columns sum to 1."""
        nearest = distances.min(axis=0)
        if self.softness == 0.0:
            weight = (distances <= nearest * (1.0 + _TIE)).astype(np.float64)
        else:  # the nearest has exponent 0, so that nothing overflows and no column is empty
            weight = np.exp(-(distances - nearest) / (self.softness * nearest))
        return np.asarray(weight / sum_by_size(weight, axis=0), dtype=np.float64)


calibrated(Retrieval, "cal", "reg")
