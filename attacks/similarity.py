"""Structural similarity of 8-bit images, all pairs at once.

Wang et al. 2004, eq. 13, uniform window, sample covariance, data range 255, mean over the windows that fit
inside the image: the numbers of `skimage.metrics.structural_similarity`'s defaults, which a test compares.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from attacks.base import Images, Scores

WINDOW = 7
_C1 = (0.01 * 255.0) ** 2
_C2 = (0.03 * 255.0) ** 2
_CHUNK_FLOATS = 8_000_000  # pairs x windows held at once, about 32 MB a temporary


class _Windows:
    """Per window position: mean [L, n], variance [L, n] and centred pixels [L, n, window^2]."""

    def __init__(self, images: Images, rows: slice, window: int) -> None:
        n = len(images)
        strip = images[:, rows.start : rows.stop + window - 1].astype(np.float32)
        views = sliding_window_view(strip, (window, window), axis=(1, 2))
        patches = np.ascontiguousarray(views.reshape(n, -1, window * window).transpose(1, 0, 2))
        self.mean: NDArray[np.float32] = patches.mean(axis=2)
        # Centred before the product: E[xy] - E[x]E[y] would lose the digits that matter.
        self.centred = patches - self.mean[:, :, None]
        self.variance: NDArray[np.float32] = (self.centred**2).sum(axis=2) / (window * window - 1)


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
    columns = max(1, _CHUNK_FLOATS // (len(first) * windows_wide))
    for left in range(0, len(second), columns):
        part = second[left : left + columns]
        step = max(1, _CHUNK_FLOATS // (len(first) * windows_wide * len(part)))
        for top in range(0, windows_high, step):
            rows = slice(top, min(top + step, windows_high))
            total[:, left : left + columns] += _sum_over_windows(first, part, rows, window)
    return total / (windows_high * windows_wide)


def ssim_pairs(first: Images, second: Images, window: int = WINDOW) -> Scores:
    """Mean SSIM of each image with its partner: uint8 [n, h, w] twice -> float64 [n]."""
    pairs = zip(first, second, strict=True)
    return np.array([ssim_matrix(x[None], y[None], window)[0, 0] for x, y in pairs], dtype=np.float64)


def _sum_over_windows(first: Images, second: Images, rows: slice, window: int) -> Scores:
    x, y = _Windows(first, rows, window), _Windows(second, rows, window)
    covariance = np.matmul(x.centred, y.centred.transpose(0, 2, 1)) / (window * window - 1)
    mean_x, mean_y = x.mean[:, :, None], y.mean[:, None, :]
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (x.variance[:, :, None] + y.variance[:, None, :] + _C2)
    return np.asarray((luminance * structure).sum(axis=0, dtype=np.float64))
