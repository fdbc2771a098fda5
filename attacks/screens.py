"""Distances that `attacks.search` can bound before it measures them, by sums of blocks of pixels.

The bound is Cauchy's and Schwarz's: of a block of s^2 pixels, the squared difference of two images' sums is at most
s^2 times the sum of their squared differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks import contrast
from attacks.base import Images, Scores
from attacks.exact import grid_steps, mean_and_deviation_of
from attacks.search import Looked, Places, Sketches

TILES = 4  # tiles along each side
_FINE, _COARSE = 4, 16  # pixels along a block, as `attacks.compiled` pools them
_SINGLE = 2.0**-20  # of a float32 whose last digits a few operations have touched, relatively


def whole(images: Images) -> NDArray[np.int64]:
    """All of an image as the one part: top, left, height and width, [1, 4]."""
    return np.array([[0, 0, *images.shape[1:]]], dtype=np.int64)


def tiles(images: Images) -> NDArray[np.int64]:
    """The tiles of an image, [16, 4] likewise; larger ones first where they cannot all be of one size."""
    rows, columns = (np.array_split(np.arange(size), TILES) for size in images.shape[1:])
    return np.array([[r[0], c[0], len(r), len(c)] for r in rows for c in columns], dtype=np.int64)


@dataclass(frozen=True)
class Pixels:
    """The largest over parts of the image, int64 [q, 4], of the root of the squared difference over `over` [q].

    floor: the smallest distance there is.
    """

    parts: NDArray[np.int64]
    over: Scores
    floor: float

    @classmethod
    def of_whole(cls, images: Images, floor: float) -> Pixels:
        """The norm of the difference."""
        return cls(whole(images), np.ones(1), floor)

    @classmethod
    def of_tiles(cls, images: Images, floor: float) -> Pixels:
        """The largest of the tiles' root mean squares."""
        parts = tiles(images)
        return cls(parts, np.sqrt(parts[:, 2] * parts[:, 3]), floor)

    def look(self, images: Images) -> Looked:
        """As of a `Screen`: sums of blocks over their side."""
        return Looked(images, *block_sums(images, self.parts), np.zeros(len(images)))

    def measure(self, first: Looked, second: Looked, pairs: tuple[Places, Places], limits: Scores) -> Scores:
        """As of a `Screen`: in whole numbers, row by row until the limit is passed."""
        from attacks.compiled.differences import root_squares  # numba: half a second

        found = np.empty(len(limits))
        root_squares((first.images, second.images), (self.parts, self.over), pairs, limits, found)
        return np.maximum(found, self.floor)


class _Greys(NamedTuple):
    """What turns an image's greys into features, float64 [n] each: (grey - mean) factor; deviation of the greys."""

    mean: Scores
    deviation: Scores
    factor: Scores


@dataclass(frozen=True)
class Contrasts:
    """The norm of the difference at one brightness and contrast (`attacks.contrast`), whatever lies on its grid.

    The sums of a block's features follow from those of its pixels, but for what features are rounded by.
    """

    floor: float

    @classmethod
    def of(cls, images: Images, floor: float) -> Contrasts:
        """For images of whatever size."""
        del images
        return cls(floor)

    @property
    def over(self) -> Scores:
        """As of a `Screen`: one part, and its norm as it is."""
        return np.ones(1)

    def look(self, images: Images) -> Looked:
        """As of a `Screen`: sums of blocks of features over their side."""
        greys, pixels = _greys(images), images[0].size
        mean, factor = (one.astype(np.float32)[:, None, None] for one in (greys.mean, greys.factor))
        coarse, fine = block_sums(images, whole(images))
        coarse, fine = (coarse - _COARSE * mean) * factor, (fine - _FINE * mean) * factor
        rounded = 0.5 / grid_steps(contrast.longest(pixels)) + 255.0 * _SINGLE * greys.factor
        return Looked(images, coarse, fine, rounded * np.sqrt(pixels))

    def measure(self, first: Looked, second: Looked, pairs: tuple[Places, Places], limits: Scores) -> Scores:
        """As of a `Screen`: features pixel by pixel, but where the products of pixels tell that it is farther."""
        from attacks.compiled import differences  # numba: half a second

        x, y, pixels = _greys(first.images), _greys(second.images), first.images[0].size
        rows, columns = pairs
        products = np.empty(len(rows), dtype=np.int64)
        differences.products((first.images, second.images), pairs, products)
        covariance = products - pixels * x.mean[rows] * y.mean[columns]
        own, other = ((one.factor * one.deviation)[place] for one, place in ((x, rows), (y, columns)))
        power = pixels * (own**2 + other**2)
        squared = power - 2.0 * x.factor[rows] * y.factor[columns] * covariance
        bound = np.sqrt(np.maximum(squared - 1e-9 * power, 0.0)) - first.slack[rows] - second.slack[columns]
        within = np.flatnonzero(bound <= limits)
        steps, found = grid_steps(contrast.longest(pixels)), np.empty(len(within))
        differences.squares_in_steps(
            (first.images, second.images),
            (x.mean, y.mean),
            (x.factor * steps, y.factor * steps),
            (rows[within], columns[within]),
            found,
        )
        distances = np.full(len(rows), np.inf)
        distances[within] = np.maximum(np.sqrt(found) / steps, self.floor)
        return np.where(distances <= limits, distances, np.inf)


def _greys(images: Images) -> _Greys:
    from attacks.compiled.differences import sums_and_squares  # numba: half a second

    sums = np.empty((len(images), 2), dtype=np.int64)
    sums_and_squares(images, sums)
    mean, deviation = mean_and_deviation_of(sums[:, 0], sums[:, 1], images[0].size)
    return _Greys(mean, deviation, contrast.factor(deviation))


def block_sums(images: Images, parts: NDArray[np.int64]) -> tuple[Sketches, Sketches]:
    """Sums of 16 x 16 pixels over 16 and of 4 x 4 over 4, float32 [n, q, c] each, of parts of uint8 [n, h, w]."""
    from attacks.compiled import differences  # numba: half a second

    coarse, fine = (
        np.zeros((len(images), len(parts), max(h // side * (w // side) for _, _, h, w in parts)), dtype=np.float32)
        for side in (_COARSE, _FINE)
    )
    differences.block_sums(images, parts, fine, coarse)
    return coarse, fine
