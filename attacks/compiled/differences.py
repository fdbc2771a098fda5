"""Differences of 8-bit images in whole numbers, and of blocks of their pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64, int32, int64, njit, uint16
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]
Parts = NDArray[np.int64]
_UNIT = 2.0**-24  # half the distance of 1 to the next float32: what one operation is off by, relatively


def _compiled(**options: Any) -> Any:
    return njit(cache=True, nogil=True, **options)


@_compiled()
def block_sums(images: NDArray[np.uint8], parts: Parts, side: int, out: Floats) -> None:
    """Sums of side x side pixels over the side, so that a squared difference bounds that of the block's pixels.

    images: uint8 [n, h, w]; parts: int64 [q, 4], top, left, height and width; side: 4 or 16, up to 257 sums fit.
    out: float32 [n, q, c], exact: block by block, from each part's top left corner, what is left over being zero.
    """
    for image in range(len(images)):
        for part in range(len(parts)):
            _block_sums(_cut(images[image], parts[part]), side, out[image, part])


@_compiled()
def _cut(image: NDArray[np.uint8], part: Parts) -> NDArray[np.uint8]:
    """A view: numba makes fast loops only of indices that cannot be negative, as those of a whole array."""
    top, left, height, width = part
    return image[top : top + height, left : left + width]


@_compiled()
def _block_sums(image: NDArray[np.uint8], side: int, out: Floats) -> None:
    height, width = image.shape[0] // side, image.shape[1] // side
    columns = np.empty(width * side, uint16)
    for block_row in range(height):
        columns[:] = 0
        for row in range(side):
            pixels = image[block_row * side + row]
            for column in range(width * side):
                columns[column] = uint16(columns[column] + pixels[column])
        for block in range(width):
            total = int32(0)
            for column in range(side):
                total = int32(total + int32(columns[block * side + column]))
            out[block_row * width + block] = float32(total) / float32(side)


@_compiled(fastmath={"reassoc", "contract", "nsz"})
def _square_sum(x: Floats, y: Floats) -> float:
    """Of the difference of float32 [c] twice, rounded down."""
    total = float32(0.0)
    for place in range(len(x)):
        difference = x[place] - y[place]
        total += difference * difference
    return float64(total) * (1.0 - (len(x) + 4) * _UNIT)


@_compiled()
def _apart(x: Floats, y: Floats, over: NDArray[np.float64]) -> float:
    largest = 0.0
    for part in range(len(over)):
        largest = max(largest, np.sqrt(_square_sum(x[part], y[part])) / over[part])
    return largest * (1.0 - 4 * _UNIT)


@_compiled()
def lower_bounds(
    coarse: tuple[Floats, Floats],
    fine: tuple[Floats, Floats],
    slack: tuple[NDArray[np.float64], NDArray[np.float64]],
    over: NDArray[np.float64],
    limits: NDArray[np.float64],
    out: Floats,
) -> None:
    """What the distances of all pairs are not below, float32 [n, m]; infinite where it exceeds the row's limit.

    coarse, fine: sketches of both sides, float32 [n, q, c] and [m, q, c], whose norm of the difference over `over`
    [q] is a part's bound; slack: what to take off it, float64 [n] and [m]; limits: float64 [n]. The fine sketches
    are looked at where the coarse ones leave it open.
    """
    for column in range(out.shape[1]):
        for row in range(out.shape[0]):
            off = slack[0][row] + slack[1][column]
            bound = _apart(coarse[0][row], coarse[1][column], over) - off
            if bound <= limits[row]:
                bound = max(bound, _apart(fine[0][row], fine[1][column], over) - off)
            out[row, column] = float32(bound) if bound <= limits[row] else float32(np.inf)


@_compiled()
def _squares(x: NDArray[np.uint8], y: NDArray[np.uint8], most: float) -> int:
    """The squared difference of two images, uint8 [h, w], or that of so many rows that it exceeds `most`."""
    total = int64(0)
    for row in range(x.shape[0]):
        of_row = int32(0)  # holds 33,025 pixels
        for column in range(x.shape[1]):
            difference = int32(int32(x[row, column]) - int32(y[row, column]))
            of_row = int32(of_row + int32(difference * difference))
        total += of_row
        if total > most:
            return total
    return total


@_compiled()
def root_squares(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    parts: Parts,
    over: NDArray[np.float64],
    pairs: tuple[Places, Places],
    limits: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """The largest over the parts of the root of their squared difference over `over` [q], float64 [pairs].

    first, second: uint8 [n, h, w] and [m, h, w]; pairs: places in both; infinite where it exceeds `limits` [pairs].
    """
    for pair in range(len(out)):
        largest = 0.0
        for part in range(len(parts)):
            # A hundred-millionth and one more than the limit allows: rounding can leave out no pair within it.
            most = (limits[pair] * over[part]) ** 2 * (1.0 + 1e-8) + 1.0
            x, y = _cut(first[pairs[0][pair]], parts[part]), _cut(second[pairs[1][pair]], parts[part])
            squared = _squares(x, y, most)
            largest = max(largest, np.sqrt(float64(squared)) / over[part])
            if largest > limits[pair]:
                largest = np.inf
                break
        out[pair] = largest
