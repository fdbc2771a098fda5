"""Structural similarity of 8-bit images, all pairs at once.

Wang et al. 2004, eq. 13, uniform window, sample covariance, data range 255, mean over the windows that fit
inside the image: the numbers of `skimage.metrics.structural_similarity`'s defaults, which a test compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from attacks.base import Images, Scores

Floats = NDArray[np.float32]
WINDOW = 7
_C1 = (0.01 * 255.0) ** 2
_C2 = (0.03 * 255.0) ** 2
_CHUNK_FLOATS = 2**18  # pairs x windows held at once, 1 MB: what a core's cache holds
_MOST_COLUMNS = 512  # more images at once make no product faster, and their windows leave the cache


class _Windows(NamedTuple):
    """b window positions of n images: mean [b, n], variance [b, n], centred pixels [b, window^2, n]; float32."""

    mean: Floats
    variance: Floats
    centred: Floats


class _Strip:
    """The pixels under one row of windows, images last: a window is then one stretch of memory."""

    def __init__(self, images: Images, top: int, window: int) -> None:
        pixels = np.ascontiguousarray(images[:, top : top + window].transpose(2, 1, 0), dtype=np.float32)
        self._patches = sliding_window_view(pixels, window, axis=0).transpose(0, 3, 1, 2)  # [L, window, window, n]
        # Exact: whole numbers, below 2^24 while they are float32 (windows up to 257 pixels high).
        total, squares = (
            sliding_window_view(columns.sum(axis=1), window, axis=0).sum(axis=-1, dtype=np.float64)
            for columns in (pixels, pixels**2)
        )
        mean, variance = _moments(total, squares, window)
        self._mean, self._variance = mean.astype(np.float32), variance.astype(np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Windows, images."""
        return self._mean.shape

    def windows(self, places: slice) -> _Windows:
        """Some of the row's windows."""
        patches, mean = self._patches[places], self._mean[places]
        # Centred before the product: E[xy] - E[x]E[y] would lose the digits that matter.
        centred = (patches - mean[:, None, None]).reshape(len(patches), -1, patches.shape[-1])
        return _Windows(mean, self._variance[places], centred)


def _moments(total: Scores, squares: Scores, window: int) -> tuple[Scores, Scores]:
    """Mean and sample variance of windows from their exact sums."""
    size = window**2
    return total / size, (squares - total * total / size) / (size - 1)


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
    windows_high, windows_wide = height - window + 1, width - window + 1
    total = np.zeros((len(first), len(second)))
    columns = max(1, min(_MOST_COLUMNS, _CHUNK_FLOATS // len(first)))
    for left in range(0, len(second), columns):
        part = np.asarray(second[left : left + columns])
        for top in range(windows_high):
            total[:, left : left + columns] += _sum_of_row(_Strip(first, top, window), _Strip(part, top, window))
    # Rounding may step over the ends.
    return np.clip(total / (windows_high * windows_wide), -1.0, 1.0)


def ssim_pairs(first: Images, second: Images, window: int = WINDOW) -> Scores:
    """Mean SSIM of each image with its partner: uint8 [n, h, w] twice -> float64 [n], in [-1, 1].

    Raises ValueError as `ssim_matrix`.
    """
    height, width = first.shape[1:]
    check_window(window, min(height, width))
    return np.array([_mean_similarity(x, y, window) for x, y in zip(first, second, strict=True)], dtype=np.float64)


def _mean_similarity(first: NDArray[np.uint8], second: NDArray[np.uint8], window: int) -> float:
    """Mean SSIM of two images uint8 [h, w], by sums of whole numbers."""
    x, y = first.astype(np.int64), second.astype(np.int64)
    sum_x, sum_y, sum_xy = _window_sums(x, window), _window_sums(y, window), _window_sums(x * y, window)
    (mean_x, variance_x), (mean_y, variance_y) = (
        _moments(total, _window_sums(one**2, window), window) for total, one in ((sum_x, x), (sum_y, y))
    )
    covariance = (sum_xy - sum_x * mean_y) / (window**2 - 1)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_x + variance_y + _C2)
    return float((luminance * structure).mean())


def _window_sums(values: NDArray[np.int64], window: int) -> Scores:
    """The sum over each window that fits: int64 [h, w] -> float64 [h - window + 1, w - window + 1]."""
    sums = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    rows = sums[window:] - sums[:-window]
    return (rows[:, window:] - rows[:, :-window]).astype(np.float64)


def _sum_of_row(first: _Strip, second: _Strip) -> Floats:
    """Sum of the SSIM of every pair over one row of windows, float32 [n, m]."""
    (windows_wide, n), (_, m) = first.shape, second.shape
    step = max(1, _CHUNK_FLOATS // (n * m))
    total = np.zeros((n, m), np.float32)
    memory = np.empty((2, min(step, windows_wide), n, m), np.float32)  # fresh memory would cost as much as the sums
    for start in range(0, windows_wide, step):
        places = slice(start, min(start + step, windows_wide))
        similarity, other = memory[:, : places.stop - start]
        _similarity(first.windows(places), second.windows(places), similarity, other)
        total += similarity.sum(axis=0) if len(similarity) > 1 else similarity[0]
    return total


def _similarity(x: _Windows, y: _Windows, out: Floats, other: Floats) -> None:
    """SSIM of every window of every pair into out [b, n, m]; other: [b, n, m], overwritten.

    Each factor over all pairs is a product of two thin matrices, which passes over the pairs once.
    """
    pixels = x.centred.shape[1]
    np.matmul((x.centred * np.float32(2 / (pixels - 1))).transpose(0, 2, 1), y.centred, out=out)
    out += _C2
    ones_x, ones_y = np.ones_like(x.mean), np.ones_like(y.mean)
    _outer([2 * x.mean, _C1 * ones_x], [y.mean, ones_y], other)
    out *= other
    # (p_x + p_y) (v_x + v_y), multiplied out; no term is negative, so no digit is lost.
    square_x, square_y, variance_x = x.mean**2 + _C1, y.mean**2, x.variance + _C2
    _outer(
        [square_x * variance_x, square_x, variance_x, ones_x],
        [ones_y, y.variance, square_y, square_y * y.variance],
        other,
    )
    out /= other


def _outer(x: Sequence[Floats], y: Sequence[Floats], out: Floats) -> None:
    """Sum over k of x[k][b, n] y[k][b, m], into out [b, n, m]."""
    np.matmul(np.stack(x, axis=2), np.stack(y, axis=1), out=out)
