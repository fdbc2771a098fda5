"""The most that the structural similarity of two images can be, from what each image by itself has in its cells.

With the means m and the lengths d of (pixels - mean) of two windows, SSIM is at most
1 - (m_x - m_y)^2 / (m_x^2 + m_y^2 + C1), and at most 1 - (d_x - d_y)^2 / (d_x^2 + d_y^2 + C2 (window^2 - 1)), as the
sum over (x - m_x) (y - m_y) is at most d_x d_y. Fractions a^2 / b over many windows add up to no less than
(sum of a)^2 / (sum of b) (Cauchy and Schwarz): four sums a cell, of each image alone, bound the cell's similarity.
"""

from __future__ import annotations

import numpy as np

from attacks.compiled.structural import CELL, MAPS, ROWS, Doubles, Floats, Images, Singles, compiled, describe


def windows_of_cells(shape: tuple[int, ...], window: int) -> Singles:
    """How many windows each cell has, float32 [columns of cells, strips]; shape: of an image."""
    high, wide = (
        np.minimum(side, (places := np.arange(-(-(length - window + 1) // side)) * side) * 0 + length - window + 1 - places)
        for length, side in zip(shape, (ROWS, CELL), strict=True)
    )
    return np.asarray(wide[:, None] * high[None], np.float32)


@compiled
def cells(images: Images, window: int, constants: Floats, out: Singles) -> None:
    """Sums over each cell, float32 [n, 4, columns of cells, strips]: mean, its square, length, its square.

    images: uint8 [n, h, w]; constants: as in `similarities`. A cell is ROWS x CELL windows; those at the right and at
    the bottom may have fewer.
    """
    _, height, width = images.shape
    high, wide = height - window + 1, width - window + 1
    tall = (ROWS + window - 1) * width
    pixels, spare = np.empty(tall, constants.dtype), np.empty((4, tall), constants.dtype)
    maps = np.empty((MAPS, ROWS * width), constants.dtype)
    for image in range(len(images)):
        for strip in range(out.shape[3]):
            describe(images[image], strip * ROWS, window, constants, spare, pixels, maps)
            for column in range(out.shape[2]):
                mean = power = length = square = 0.0
                for row in range(min(ROWS, high - strip * ROWS)):
                    for at in range(row * width + column * CELL, row * width + min(column * CELL + CELL, wide)):
                        grey, spread = np.float64(maps[3, at]), max(2.0 * maps[4, at] - constants[1], 0.0)
                        mean += grey
                        power += grey * grey
                        length += np.sqrt(spread)
                        square += spread
                out[image, 0, column, strip], out[image, 1, column, strip] = mean, power
                out[image, 2, column, strip], out[image, 3, column, strip] = length, square


@compiled
def _room(x: Singles, y: Singles, windows: Singles, c1: np.float32, c2: np.float32, out: Singles) -> None:
    """The most that the windows of each cell can add up to; x, y: [4, cells]; windows: in a cell."""
    mean_x, power_x, length_x, square_x = x[0], x[1], x[2], x[3]
    mean_y, power_y, length_y, square_y = y[0], y[1], y[2], y[3]
    for cell in range(out.size):
        mean, length = mean_x[cell] - mean_y[cell], length_x[cell] - length_y[cell]
        of_means = mean * mean / (power_x[cell] + power_y[cell] + windows[cell] * c1)
        of_lengths = length * length / (square_x[cell] + square_y[cell] + windows[cell] * c2)
        out[cell] = windows[cell] - max(of_means, of_lengths)


@compiled
def rooms(first: Singles, second: Singles, windows: Singles, constants: Doubles, out: Singles) -> None:
    """The most that the windows of each strip can add up to, for all pairs, into out [n, m, strips].

    first, second: of `cells`; windows: [columns of cells, strips], in each cell; constants: as in `similarities`.
    """
    columns, strips = windows.shape
    c1, c2 = np.float32(2.0 * constants[0]), np.float32(2.0 * constants[1])
    flat, spare = windows.reshape(-1), np.empty(windows.size, np.float32)
    for i in range(len(first)):
        for j in range(len(second)):
            _room(first[i].reshape(4, -1), second[j].reshape(4, -1), flat, c1, c2, spare)
            found = out[i, j]
            found[:] = 0
            for column in range(columns):
                for strip in range(strips):
                    found[strip] += spare[column * strips + strip]
