"""Structural similarity of 8-bit images, all pairs at once, each the same to the last bit whatever stands beside it.

Wang et al. 2004, eq. 13, uniform window, sample covariance, data range 255, mean over the windows that fit
inside the image: the numbers of `skimage.metrics.structural_similarity`'s defaults, which a test compares.

Whatever is summed by a matrix product is a whole number that the floats hold exactly, so that no order of summation
and no kernel of a BLAS library shows. The rest is element by element, rounded as IEEE 754 says, and the windows of a
pair are added up left to right, then top to bottom.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images, Scores

Floats = NDArray[np.floating[Any]]  # float32, or float64 for large windows
WINDOW = 7
_C1 = 2601 / 400  # (0.01 255)^2
_C2 = 23409 / 400  # (0.03 255)^2
_GREY = 128  # taken off every pixel: whole numbers half as large
_SINGLE_UP_TO = 21  # 2 (window^2 + window) 128^2 + 128 window^2 < 2^24 bounds the sums in `_joint`: float32 is exact
_CHUNK_FLOATS = 2**16  # pairs x windows held at once: a few such arrays are what a core's cache holds
_MOST_COLUMNS = 512  # more images at once make no product faster, and their windows leave the cache


class _Windows(NamedTuple):
    """What the formula takes of window positions of one side, besides the joint sum; powers and spreads are halves.

    mean: grey levels; rest: (sum - window^2 m) / window, m the whole number nearest to the mean less 128;
    power: (mean^2 + C1 / 2) / 2; spread: (sum of squares about the mean + C2 (window^2 - 1) / 2) / 2.
    """

    mean: Floats
    rest: Floats
    power: Floats
    spread: Floats


class _Strip:
    """The pixels under one row of windows, less 128, images last; sums [windows, n] are whole numbers, and exact."""

    def __init__(self, columns: Images, top: int, window: int) -> None:
        kind = np.float32 if window <= _SINGLE_UP_TO else np.float64
        self.pixels: Floats = columns[:, top : top + window].astype(kind, order="C")  # [width, window, n]
        self.pixels -= _GREY
        self.sum = _sliding_sum(self.pixels.sum(axis=1), window)
        self.near_mean = np.floor(self.sum / window**2 + 0.5)
        self.left_over = self.sum - window**2 * self.near_mean
        squares = _sliding_sum((self.pixels**2).sum(axis=1), window)
        mean, rest = self.sum / window**2 + _GREY, self.left_over / window
        # As the numerator of a pair of equal windows is computed, so that a copy's similarity is 1.
        spread = (squares - self._off(self) - (rest * rest - _C2 * (window**2 - 1) / 2)) / 2
        self.windows = _Windows(mean, rest, (mean * mean + _C1 / 2) / 2, spread)

    def joint(self, other: _Strip) -> Floats:
        """Sum over each window of (x - m_x) (y - m_y) for partners, [windows, n]."""
        products = (self.pixels * other.pixels).sum(axis=1)
        return _sliding_sum(products, self.pixels.shape[1]) - self._off(other)

    def _off(self, other: _Strip) -> Floats:
        """What makes of the sum of x y that of (x - m_x) (y - m_y)."""
        return self.near_mean * other.sum + self.left_over * other.near_mean


class _Steps:
    """The joint sums of all pairs of two strips, from window to window: [b, n, m], asked for left to right.

    A step takes in a column of pixels, lets one go and moves both means; as the sums are exact, none is ever off.
    """

    def __init__(self, x: _Strip, y: _Strip) -> None:
        window = x.pixels.shape[1]
        first_x, first_y = ((one.pixels[:window] - one.near_mean[0]).reshape(window**2, -1) for one in (x, y))
        self._last = first_x.T @ first_y
        new, old, now, before = slice(window, None), slice(None, -window), slice(1, None), slice(None, -1)
        left = _stacked(
            x.pixels[new], -x.pixels[old],
            -x.near_mean[now], -x.left_over[now], x.near_mean[before], x.left_over[before],
        )  # fmt: skip
        self._left = left.transpose(0, 2, 1)
        self._right = _stacked(
            y.pixels[new], y.pixels[old], y.sum[now], y.near_mean[now], y.sum[before], y.near_mean[before]
        )

    def joint(self, start: int, out: Floats) -> None:
        """Into out [b, n, m]: the windows from `start`, where the call before ended."""
        todo = out
        if start == 0:
            out[0], todo, start = self._last, out[1:], 1
        if len(todo):
            steps = slice(start - 1, start - 1 + len(todo))
            np.matmul(self._left[steps], self._right[steps], out=todo)
            todo[0] += self._last
        for place in range(1, len(todo)):
            todo[place] += todo[place - 1]
        self._last[:] = out[-1]


def check_window(window: int, size: int) -> None:
    """Raise ValueError unless the window is odd, at least 3 and fits an image of `size` pixels."""
    if window % 2 == 0 or not 3 <= window <= size:
        raise ValueError(f"window={window} must be odd, from 3 to {size}.")


def ssim_matrix(first: Images, second: Images, window: int = WINDOW) -> Scores:
    """Mean SSIM of every pair: uint8 [n, h, w], uint8 [m, h, w] -> float64 [n, m], in [-1, 1].

    Raises ValueError where the window is even, below 3 or does not fit the image.
    """
    height, width = first.shape[1:]
    check_window(window, min(height, width))
    total = np.zeros((len(first), len(second)))
    step = max(1, min(_MOST_COLUMNS, _CHUNK_FLOATS // len(first)))
    x = _images_last(first)
    for start in range(0, len(second), step):
        y = _images_last(second[start : start + step])
        for top in range(height - window + 1):
            total[:, start : start + step] += _sum_of_row(_Strip(x, top, window), _Strip(y, top, window))
    return _mean(total, height, width, window)


def ssim_pairs(first: Images, second: Images, window: int = WINDOW) -> Scores:
    """Mean SSIM of each image with its partner, as in `ssim_matrix`: uint8 [n, h, w] twice -> float64 [n].

    Raises ValueError as `ssim_matrix`.
    """
    height, width = first.shape[1:]
    check_window(window, min(height, width))
    if len(first) != len(second):
        raise ValueError(f"{len(first)} images have no partners among {len(second)}; give as many of both.")
    total = np.zeros(len(first))
    columns_x, columns_y = _images_last(first), _images_last(second)
    for top in range(height - window + 1):
        x, y = _Strip(columns_x, top, window), _Strip(columns_y, top, window)
        joint = x.joint(y)
        similarity, other = np.empty_like(joint), np.empty_like(joint)
        _similarity(x.windows, y.windows, joint, window, out=similarity, other=other)
        total += _left_to_right(similarity)
    return _mean(total, height, width, window)


def _images_last(images: Images) -> Images:
    """uint8 [n, h, w] -> [w, h, n]: a column of pixels is then one stretch of memory."""
    return np.ascontiguousarray(images.transpose(2, 1, 0))


def _mean(total: Scores, height: int, width: int, window: int) -> Scores:
    # Rounding may step over the ends.
    return np.clip(total / ((height - window + 1) * (width - window + 1)), -1.0, 1.0)


def _sum_of_row(first: _Strip, second: _Strip) -> Floats:
    """Sum of the SSIM of every pair over one row of windows, [n, m]."""
    (windows_wide, n), (_, m) = first.sum.shape, second.sum.shape
    window = first.pixels.shape[1]
    step = min(max(1, _CHUNK_FLOATS // (n * m)), windows_wide)
    steps = _Steps(first, second)
    memory = np.empty((3, step, n, m), first.sum.dtype)  # fresh memory would cost as much as the sums
    total = np.zeros((n, m), first.sum.dtype)
    for start in range(0, windows_wide, step):
        places = slice(start, min(start + step, windows_wide))
        joint, similarity, other = memory[:, : places.stop - start]
        steps.joint(start, joint)
        x = _Windows(*(one[places, :, None] for one in first.windows))
        y = _Windows(*(one[places, None, :] for one in second.windows))
        _similarity(x, y, joint, window, out=similarity, other=other)
        _left_to_right(similarity, total)
    return total


def _similarity(x: _Windows, y: _Windows, joint: Floats, window: int, *, out: Floats, other: Floats) -> None:
    """SSIM of windows into `out`; x and y broadcast against joint, and joint and `other` are overwritten."""
    np.multiply(x.rest, y.rest, out=out)
    out -= _C2 * (window**2 - 1) / 2
    np.subtract(joint, out, out=out)
    np.multiply(x.mean, y.mean, out=other)
    other += _C1 / 2
    out *= other
    np.add(x.power, y.power, out=other)
    np.add(x.spread, y.spread, out=joint)
    other *= joint
    out /= other


def _left_to_right(values: Floats, total: Floats | None = None) -> Floats:
    """Add values [b, ...] to total [...] one by one: `sum` would choose an order by shape and memory."""
    total = np.zeros_like(values[0]) if total is None else total
    for one in values:
        total += one
    return total


def _sliding_sum(columns: Floats, window: int) -> Floats:
    """[width, n] -> [width - window + 1, n], of whole numbers."""
    last = len(columns) - window + 1
    total = columns[:last].copy()
    for start in range(1, window):
        total += columns[start : start + last]
    return total


def _stacked(*parts: Floats) -> Floats:
    """[b, k, n] or [b, n] each -> [b, sum of k, n]."""
    return np.concatenate([part if part.ndim == 3 else part[:, None] for part in parts], axis=1)
