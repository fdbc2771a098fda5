"""Distances that `attacks.nearest` can bound before it measures them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images, Scores
from attacks.nearest import Looked, Places, Sketches

_FINE, _COARSE = 4, 16  # pixels along a block's side


@dataclass(frozen=True)
class Pixels:
    """The largest over parts of the image of the root of the squared difference over a divisor.

    parts: int64 [q, 4], top, left, height and width; over: float64 [q]; floor: the smallest distance.
    The bound is Cauchy's and Schwarz's: of a block of s^2 pixels, the squared difference of the two sums is at most
    s^2 times the sum of the squared differences.
    """

    parts: NDArray[np.int64]
    over: Scores
    floor: float

    def look(self, images: Images) -> Looked:
        """As of a `Screen`: sums of blocks over their side."""
        return Looked(
            images, block_sums(images, self.parts, _COARSE), block_sums(images, self.parts, _FINE), np.zeros(len(images))
        )

    def measure(self, first: Looked, second: Looked, pairs: tuple[Places, Places], limits: Scores) -> Scores:
        """As of a `Screen`."""
        from attacks.compiled.differences import root_squares  # numba: half a second

        found = np.empty(len(limits))
        root_squares(first.images, second.images, self.parts, self.over, pairs, limits, found)
        return np.maximum(found, self.floor)


def block_sums(images: Images, parts: NDArray[np.int64], side: int) -> Sketches:
    """Sums of side x side pixels over the side, float32 [n, q, c], of each part of uint8 [n, h, w]."""
    from attacks.compiled import differences  # numba: half a second

    most = max((height // side) * (width // side) for _, _, height, width in parts)
    found = np.zeros((len(images), len(parts), most), dtype=np.float32)
    differences.block_sums(images, parts, side, found)
    return found
