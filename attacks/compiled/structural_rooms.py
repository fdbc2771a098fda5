"""The most that the structural similarity of two images can be, from what each image by itself has in its cells.

With the means m and the lengths d of (pixels - mean) of two windows, SSIM is at most
1 - (m_x - m_y)^2 / (m_x^2 + m_y^2 + C1), and at most 1 - (d_x - d_y)^2 / (d_x^2 + d_y^2 + C2 (window^2 - 1)), as the
sum over (x - m_x) (y - m_y) is at most d_x d_y. Fractions a^2 / b over many windows add up to no less than
(sum of a)^2 / (sum of b) (Cauchy and Schwarz): four sums a cell, of each image alone, bound the cell's similarity.
"""

from __future__ import annotations

import numpy as np

from attacks.compiled.compiler import compiled
from attacks.compiled.structural import CELL, ROWS, Singles


def windows_of_cells(shape: tuple[int, ...], window: int) -> Singles:
    """How many windows each cell has, float32 [columns of cells, strips]; shape: of an image."""
    high, wide = (length - window + 1 for length in shape)
    rows = np.minimum(ROWS, high - np.arange(0, high, ROWS))
    columns = np.minimum(CELL, wide - np.arange(0, wide, CELL))
    return np.outer(columns, rows).astype(np.float32)


@compiled()
def _room(x: Singles, y: Singles, windows: Singles, constants: Singles, out: Singles) -> None:
    """The most that the windows of each cell can add up to; x, y: [4, cells]; windows: in a cell."""
    c1, c2, half = constants[1], constants[2], np.float32(0.5)
    mean_x, power_x, length_x, square_x = x[0], x[1], x[2], x[3]
    mean_y, power_y, length_y, square_y = y[0], y[1], y[2], y[3]
    for cell in range(out.size):
        mean, length = mean_x[cell] - mean_y[cell], length_x[cell] - length_y[cell]
        of_means = half * mean * mean / (half * (power_x[cell] + power_y[cell]) + windows[cell] * c1)
        of_lengths = half * length * length / (half * (square_x[cell] + square_y[cell]) + windows[cell] * c2)
        out[cell] = windows[cell] - max(of_means, of_lengths)


@compiled()
def rooms(first: Singles, second: Singles, windows: Singles, constants: Singles) -> Singles:
    """The most that the windows of each strip can add up to, for all pairs: float32 [n, m, strips].

    first, second: of `cells`; windows: [columns of cells, strips], in each cell; constants: as in `similarities`.
    """
    (n, figures, columns, strips), m = first.shape, len(second)
    of_cells, out = np.empty(columns * strips, np.float32), np.zeros((n, m, strips), np.float32)
    for i in range(n):
        for j in range(m):
            x, y = first[i].reshape(figures, -1), second[j].reshape(figures, -1)
            _room(x, y, windows.reshape(-1), constants, of_cells)
            for column in range(columns):
                for strip in range(strips):
                    out[i, j, strip] += of_cells[column * strips + strip]
    return out
