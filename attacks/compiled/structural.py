"""Structural similarity of images, a strip of windows at a time, and what each image by itself says of it at most.

A strip is ROWS rows of windows, flat and as wide as the image: long plain loops, which become vector code. The last
`window - 1` places of a row, and rows below the image, hold what nobody reads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.compiled.compiler import compiled

Images = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]  # float32, or float64 for large windows
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
ROWS = 8  # of windows in a strip; `_sums_of_rows` adds up as many side by side
CELL = 8  # columns of windows in a cell, which is as high as its strip
_GREY = 128  # taken off every pixel: whole numbers half as large
_MAPS = 5  # of each window: near mean, left over, rest, mean, spread


def strips_of(height: int, window: int) -> int:
    """How many strips an image has."""
    return -(-(height - window + 1) // ROWS)


@compiled()
def _multiply(first: Floats, second: Floats, out: Floats) -> None:
    for place in range(out.size):
        out[place] = first[place] * second[place]


@compiled()
def _add_three(first: Floats, second: Floats, third: Floats, out: Floats) -> None:
    for place in range(out.size):
        out[place] = first[place] + second[place] + third[place]


@compiled()
def _add_two_more(first: Floats, second: Floats, out: Floats) -> None:
    for place in range(out.size):
        out[place] += first[place] + second[place]


@compiled()
def _sliding(values: Floats, window: int, step: int, out: Floats) -> None:
    """Sums of `window` values that lie `step` apart; window is odd."""
    n = out.size
    _add_three(values[:n], values[step : step + n], values[2 * step : 2 * step + n], out)
    for k in range(3, window, 2):
        _add_two_more(values[k * step : k * step + n], values[(k + 1) * step : (k + 1) * step + n], out)


@compiled()
def _over_windows(values: Floats, window: int, width: int, spare: Floats, out: Floats) -> None:
    """Sums over the windows of a strip, of whole numbers that the floats hold exactly."""
    columns = spare[: ROWS * width]
    _sliding(values, window, width, columns)
    _sliding(columns, window, 1, out[: ROWS * width - window + 1])


@compiled()
def _describe(image: Images, top: int, constants: Floats, spare: Floats, strip: tuple[Floats, Floats]) -> None:
    """The strip whose first row of windows is `top`: its pixels, flat, and what the formula takes of each window.

    Near mean: the whole number m nearest to the mean less 128; left over: sum - window^2 m; rest: that / window;
    mean: grey levels; spread: (sum of squares about the mean + C2 (window^2 - 1) / 2) / 2.
    """
    kind, window, width = constants.dtype.type, int(constants[0]), image.shape[1]
    pixels, maps = strip
    pixels[:] = 0
    for row in range(min(ROWS + window - 1, len(image) - top)):
        for column in range(width):
            pixels[row * width + column] = kind(image[top + row, column]) - kind(_GREY)
    sums, squares = spare[1], spare[2]
    _over_windows(pixels, window, width, spare[0], sums)
    _multiply(pixels, pixels, spare[3])
    _over_windows(spare[3], window, width, spare[0], squares)
    side, size, half = kind(window), kind(window * window), kind(0.5)
    for place in range(ROWS * width - window + 1):
        near = np.floor(sums[place] / size + half)
        left_over = sums[place] - size * near
        rest = left_over / side
        maps[0, place], maps[1, place], maps[2, place] = near, left_over, rest
        maps[3, place] = sums[place] / size + kind(_GREY)
        # As the numerator of a pair of equal windows is computed, so that a copy's similarity is 1.
        about_mean = squares[place] - (near * sums[place] + left_over * near)
        maps[4, place] = (about_mean - (rest * rest - constants[2])) * half


@compiled()
def cells(images: Images, constants: Floats, out: Singles) -> None:
    """Sums over each cell, float32 [n, 4, columns of cells, strips]: mean, its square, length, its square.

    images: uint8 [n, h, w]; constants: as in `similarities`; length: of pixels - mean. A cell is ROWS x CELL windows;
    those at the right and at the bottom may have fewer.
    """
    window, (_, height, width) = int(constants[0]), images.shape
    high, wide = height - window + 1, width - window + 1
    tall = (ROWS + window - 1) * width
    spare, maps = np.empty((4, tall), constants.dtype), np.ones((_MAPS, ROWS * width), constants.dtype)
    strip = (np.empty(tall, constants.dtype), maps)
    for image in range(len(images)):
        for place in range(out.shape[3]):
            _describe(images[image], place * ROWS, constants, spare, strip)
            for column in range(out.shape[2]):
                mean = power = length = square = 0.0
                for row in range(min(ROWS, high - place * ROWS)):
                    for at in range(row * width + column * CELL, row * width + min(column * CELL + CELL, wide)):
                        grey, squares = np.float64(maps[3, at]), max(2.0 * maps[4, at] - constants[2], 0.0)
                        mean += grey
                        power += grey * grey
                        length += np.sqrt(squares)
                        square += squares
                found = out[image, :, column, place]
                found[0], found[1], found[2], found[3] = mean, power, length, square


@compiled()
def _similarity(x: Floats, y: Floats, constants: Floats, out: Floats) -> None:
    """SSIM of the windows of a strip, in place of the sums of x y; x, y: their maps."""
    kind = constants.dtype.type
    size, c1, c2, half = kind(constants[0] * constants[0]), constants[1], constants[2], kind(0.5)
    near_x, left_x, rest_x, mean_x, spread_x = x[0], x[1], x[2], x[3], x[4]
    near_y, left_y, rest_y, mean_y, spread_y = y[0], y[1], y[2], y[3], y[4]
    for at in range(out.size):
        joint = out[at] - (near_x[at] * (size * near_y[at] + left_y[at]) + left_x[at] * near_y[at])
        numerator = (joint - (rest_x[at] * rest_y[at] - c2)) * (mean_x[at] * mean_y[at] + c1)
        power = (mean_x[at] * mean_x[at] + c1) * half + (mean_y[at] * mean_y[at] + c1) * half
        out[at] = numerator / (power * (spread_x[at] + spread_y[at]))


@compiled()
def _sums_of_rows(values: Floats, wide: int, out: Floats) -> None:
    """Each of the ROWS rows added up left to right, one by one."""
    a = b = c = d = e = f = g = h = out.dtype.type(0)
    for at in range(wide):
        a += values[0, at]
        b += values[1, at]
        c += values[2, at]
        d += values[3, at]
        e += values[4, at]
        f += values[5, at]
        g += values[6, at]
        h += values[7, at]
    out[0], out[1], out[2], out[3], out[4], out[5], out[6], out[7] = a, b, c, d, e, f, g, h


@compiled()
def _mean(of_rows: Floats, wide: int) -> float:
    """The mean of all windows, from the sums of rows of so many: added up top to bottom."""
    total = 0.0
    for one in of_rows:
        total += one
    return min(max(total / (of_rows.size * wide), -1.0), 1.0)  # rounding may step over the ends


@compiled()
def similarities(first: Images, second: Images, constants: Floats, rooms: Singles, least: Doubles) -> Doubles:
    """Mean SSIM of all pairs, float64 [n, m]; -inf for those that turn out to be below `least` on the way.

    first, second: uint8 [n, h, w], [m, h, w]; constants: window, C1 / 2 and C2 (window^2 - 1) / 2, in the floats to
    use; rooms: float32 [n, m, strips], the most that each strip's windows can add up to, -inf to leave a pair out;
    least: [n], -inf to have all the others.

    From the middle of the image outwards, the similarity of a strip takes the place of the most that it could be.
    """
    window, (n, height, width), m = int(constants[0]), first.shape, len(second)
    high, wide, places = height - window + 1, width - window + 1, ROWS * width - window + 1
    strips, tall = rooms.shape[2], (ROWS + window - 1) * width
    pixels = np.empty((n + m, tall), constants.dtype)
    maps = np.ones((n + m, _MAPS, ROWS * width), constants.dtype)
    spare = np.ones((4, tall), constants.dtype)
    sums = np.empty((n, m, strips * ROWS), constants.dtype)
    most = rooms.astype(np.float64).sum(axis=2)  # a tall image has too many strips for a sum in float32
    bar = np.maximum(least, -2.0) * (high * wide)  # SSIM is never below -1
    for step in range(strips):
        strip = strips // 2 + (step + 1) // 2 * (1 - 2 * (step % 2))
        top, bottom = strip * ROWS, min(strip * ROWS + ROWS, high)
        for i in range(n):
            if (most[i] >= bar[i]).any():
                _describe(first[i], top, constants, spare, (pixels[i], maps[i]))
        for j in range(m):
            if (most[:, j] >= bar).any():
                _describe(second[j], top, constants, spare, (pixels[n + j], maps[n + j]))
        for i in range(n):
            for j in range(m):
                if most[i, j] >= bar[i]:
                    _multiply(pixels[i], pixels[n + j], spare[0])
                    _over_windows(spare[0], window, width, spare[1], spare[2])
                    _similarity(maps[i], maps[n + j], constants, spare[2][:places])
                    _sums_of_rows(spare[2][: ROWS * width].reshape(ROWS, width), wide, sums[i, j, top : top + ROWS])
                    most[i, j] += np.float64(sums[i, j, top:bottom].sum()) - rooms[i, j, strip]
    out = np.full((n, m), -np.inf)
    for i in range(n):
        for j in range(m):
            if most[i, j] >= bar[i]:
                out[i, j] = _mean(sums[i, j, :high], wide)
    return out
