"""Sums that come out the same to the last bit, whatever the order, the batch and the number of threads.

Floats add up exactly while all that is added is a whole multiple of one step and no sum reaches 2^53 steps. A matrix
product is then one number, whichever kernel of a BLAS library makes it, and beside whichever other images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.base import Scores

Features = NDArray[np.float64]
Whole = NDArray[np.int64]
_BITS = 53  # of a float64
_RUN = 1024  # pixels


def on_grid(features: Features, longest: float) -> Features:
    """Features [n, p] rounded to multiples of a power of 2, so that `euclidean` is exact for norms <= `longest`.

    Squared norms and twice a product stay below 4 longest^2 (Cauchy and Schwarz), that is below 2^53 squared steps;
    a hundredth in hand is for what rounding adds to the length.
    """
    steps_a_unit = grid_steps(longest)
    return np.asarray(np.rint(features * steps_a_unit) / steps_a_unit, dtype=np.float64)


def grid_steps(longest: float) -> float:
    """How many steps of the grid of `on_grid` are one, a power of 2."""
    return float(2.0 ** np.floor((_BITS - 2) / 2 - np.log2(1.01 * longest)))


def directions_on_grid(rows: Features, longest: float) -> Features:
    """Unit rows [k, p] rounded so that their products with whole numbers [p] of norm <= `longest` are exact."""
    steps = 2.0 ** np.floor(_BITS - np.log2(1.01 * longest))
    return np.asarray(np.rint(rows * steps) / steps, dtype=np.float64)


def euclidean(first: Features, second: Features) -> Scores:
    """All pairs: float64 [n, p], [m, p] -> [n, m]; exact for 8-bit pixels and for features `on_grid`."""
    squared = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None] - 2.0 * first @ second.T
    return np.sqrt(np.maximum(squared, 0.0))


def longest_image(pixels: int) -> float:
    """No image of so many pixels is longer, as it is or less a mean."""
    return 255.0 * float(pixels) ** 0.5


def less_middle_grey(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels less 128, whole numbers float32 [n, p] of uint8 [n, h, w]."""
    return images.reshape(len(images), -1).astype(np.float32) - np.float32(128.0)


def euclidean_of_whole(first: NDArray[np.float32], second: NDArray[np.float32]) -> Scores:
    """As `euclidean`, of whole numbers from -128 to 127, at single precision and as exact.

    No sum of 1,024 of their products exceeds 2^24, up to which a float32 holds every whole number.
    """
    products, squares = np.zeros((len(first), len(second))), [np.zeros(len(one)) for one in (first, second)]
    for start in range(0, first.shape[1], _RUN):
        x, y = (one[:, start : start + _RUN] for one in (first, second))
        products += x @ y.T
        squares[0] += (x * x).sum(axis=1)
        squares[1] += (y * y).sum(axis=1)
    return np.sqrt(squares[0][:, None] + squares[1][None] - 2.0 * products)


def mean_and_deviation(images: NDArray[np.uint8]) -> tuple[Scores, Scores]:
    """Of each image's pixels, [n] each, from whole numbers: uint8 [n, h, w]."""
    flat = images.reshape(len(images), -1)
    squares = (flat.astype(np.float64) ** 2).sum(axis=1).astype(np.int64)
    return mean_and_deviation_of(flat.sum(axis=1, dtype=np.int64), squares, flat.shape[1])


def mean_and_deviation_of(total: Whole, squares: Whole, pixels: int) -> tuple[Scores, Scores]:
    """The same from the sums of so many pixels and of their squares, int64 [n] each."""
    return total / pixels, np.sqrt(pixels * squares - total**2) / pixels


def sum_by_size(values: NDArray[np.floating[Any]], axis: int) -> Scores:
    """The sum along an axis, smallest first: a set of numbers has one sum, in whatever order it is given."""
    ordered = np.ascontiguousarray(np.moveaxis(values, axis, -1))
    return np.asarray(np.sort(ordered, axis=-1).sum(axis=-1), dtype=np.float64)
