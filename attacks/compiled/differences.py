"""Differences of 8-bit images in whole numbers, and of blocks of their pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64, int32, int64
from numpy.typing import NDArray

from attacks.compiled.compiler import compiled

Floats = NDArray[np.float32]
Places = NDArray[np.intp]
Parts = NDArray[np.int64]
Both = tuple[NDArray[Any], NDArray[Any]]  # the first side's and the second's
_SIDE = 4  # pixels along a block
_UNIT = 2.0**-24  # half the distance of 1 to the next float32: what one operation is off by, relatively


@compiled()
def block_sums(images: NDArray[np.uint8], parts: Parts, fine: Floats, coarse: Floats) -> None:
    """Sums of 4 x 4 pixels over 4, and of 16 x 16 over 16: a squared difference bounds that of the block's pixels.

    images: uint8 [n, h, w]; parts: int64 [q, 4], top, left, height and width; fine, coarse: float32 [n, q, c], exact,
    whole blocks from each part's top left corner, row by row, and then what they held before.
    """
    for image in range(len(images)):
        for part in range(len(parts)):
            cut, sums = _cut(images[image], parts[part]), fine[image, part]
            height, width = cut.shape[0] // _SIDE, cut.shape[1] // _SIDE
            _pooled(cut, sums)
            _pooled(sums[: height * width].reshape(height, width), coarse[image, part])


@compiled()
def _cut(image: NDArray[np.uint8], part: Parts) -> NDArray[np.uint8]:
    """A view: numba makes fast loops only of indices that cannot be negative, as those of a whole array."""
    top, left, height, width = part
    return image[top : top + height, left : left + width]


@compiled()
def _pooled(image: NDArray[Any], out: Floats) -> None:
    """Sums of 4 x 4 over 4."""
    height, width = image.shape[0] // _SIDE, image.shape[1] // _SIDE
    columns = np.empty(width * _SIDE, np.float32)
    for block_row in range(height):
        columns[:] = 0.0
        for row in range(_SIDE):
            values = image[block_row * _SIDE + row]
            for column in range(width * _SIDE):
                columns[column] += float32(values[column])
        for block in range(width):
            total = float32(0.0)
            for column in range(_SIDE):
                total += columns[block * _SIDE + column]
            out[block_row * width + block] = total / float32(_SIDE)


@compiled(inline="always")
def _apart(x: Floats, y: Floats, row: int, column: int, over: NDArray[np.float64]) -> float:
    """The largest over the parts of the norm of the difference of two sketches, divided; rounded down."""
    largest = 0.0
    for part in range(len(over)):
        total = float32(0.0)
        for number in range(x.shape[2]):
            difference = x[row, part, number] - y[column, part, number]
            total += difference * difference
        largest = max(largest, float64(total) / (over[part] * over[part]))
    return np.sqrt(largest) * (1.0 - (x.shape[2] + 8) * _UNIT)


@compiled(fastmath={"reassoc", "contract", "nsz"})
def lower_bounds(
    coarse: Both, fine: Both, slack: Both, limits: tuple[NDArray[np.float64], NDArray[np.float64]], out: Floats
) -> None:
    """What the distances of all pairs are not below, float32 [n, m]; infinite where it exceeds the row's limit.

    coarse, fine: sketches of both sides, float32 [n, q, c] and [m, q, c]; slack: what to take off, float64 [n] and
    [m]; limits: of the rows, float64 [n], and what a part's norm of a difference is divided by, [q]. The fine
    sketches are looked at where the coarse ones leave it open.
    """
    (coarse_x, coarse_y), (fine_x, fine_y), (slack_x, slack_y), (most, over) = coarse, fine, slack, limits
    for column in range(out.shape[1]):
        for row in range(out.shape[0]):
            off = slack_x[row] + slack_y[column]
            bound = _apart(coarse_x, coarse_y, row, column, over) - off
            if bound <= most[row]:
                bound = max(bound, _apart(fine_x, fine_y, row, column, over) - off)
            out[row, column] = float32(bound) if bound <= most[row] else float32(np.inf)


@compiled()
def _squares(x: NDArray[np.uint8], y: NDArray[np.uint8], most: float) -> np.int64:
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


@compiled()
def root_squares(
    images: Both,
    parts: tuple[Parts, NDArray[np.float64]],
    pairs: tuple[Places, Places],
    limits: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """The largest over parts of the root of the squared difference, over a divisor, float64 [pairs].

    images: uint8 [n, h, w] and [m, h, w]; parts: int64 [q, 4], float64 [q]; pairs: places in both; infinite where it
    exceeds `limits` [pairs].
    """
    places, over = parts
    for pair in range(len(out)):
        first, second = images[0][pairs[0][pair]], images[1][pairs[1][pair]]
        largest = 0.0
        for part in range(len(over)):
            # A hundred-millionth and one more than the limit allows: rounding can leave out no pair within it.
            most = (limits[pair] * over[part]) ** 2 * (1.0 + 1e-8) + 1.0
            squared = _squares(_cut(first, places[part]), _cut(second, places[part]), most)
            largest = max(largest, np.sqrt(float64(squared)) / over[part])
            if largest > limits[pair]:
                largest = np.inf
                break
        out[pair] = largest


@compiled()
def sums_and_squares(images: NDArray[np.uint8], out: NDArray[np.int64]) -> None:
    """The sum of each image's pixels and that of their squares: uint8 [n, h, w] -> int64 [n, 2]."""
    for image in range(len(images)):
        pixels = images[image]
        out[image] = 0
        for row in range(pixels.shape[0]):
            total, squares = int32(0), int32(0)
            for column in range(pixels.shape[1]):
                grey = int32(pixels[row, column])
                total = int32(total + grey)
                squares = int32(squares + int32(grey * grey))
            out[image, 0] += total
            out[image, 1] += squares


@compiled()
def products(images: Both, pairs: tuple[Places, Places], out: NDArray[np.int64]) -> None:
    """The sum of the products of the pixels of pairs of images, uint8 [n, h, w] and [m, h, w]: int64 [pairs]."""
    for pair in range(len(out)):
        x, y = images[0][pairs[0][pair]], images[1][pairs[1][pair]]
        total = int64(0)
        for row in range(x.shape[0]):
            of_row = int32(0)
            for column in range(x.shape[1]):
                of_row = int32(of_row + int32(int32(x[row, column]) * int32(y[row, column])))
            total += of_row
        out[pair] = total


@compiled()
def _in_steps(grey: int, mean: float, steps: float) -> float:
    return np.rint((float64(grey) - mean) * steps)


@compiled(fastmath={"reassoc", "nsz"})  # whole numbers, whose sum knows no order
def _squares_in_steps(
    x: NDArray[np.uint8], y: NDArray[np.uint8], mean: tuple[float, float], steps: tuple[float, float]
) -> float:
    total = 0.0
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            difference = _in_steps(x[row, column], mean[0], steps[0]) - _in_steps(y[row, column], mean[1], steps[1])
            total += difference * difference
    return total


@compiled()
def squares_in_steps(
    images: Both, means: Both, steps: Both, pairs: tuple[Places, Places], out: NDArray[np.float64]
) -> None:
    """Squared differences of pairs of images, of their greys less a mean times steps, rounded: float64 [pairs].

    images: uint8 [n, h, w] and [m, h, w]; means, steps: float64 [n] and [m]; exact as long as no sum reaches 2^53.
    """
    for pair in range(len(out)):
        i, j = pairs[0][pair], pairs[1][pair]
        mean, step = (means[0][i], means[1][j]), (steps[0][i], steps[1][j])
        out[pair] = _squares_in_steps(images[0][i], images[1][j], mean, step)
