"""What a release looks like, without any label: samples of several laws, and how far apart those of two lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from attacks.distances import Distance
from harness.evaluation.metrics import Floats

STATISTICS = (
    "within the release",
    "candidates to release",
    "near copies",
    "spectrum slope",
    "fine structure",
    "greys",
)
SHOWN = np.linspace(0.05, 0.95, 19)
"""The quantiles of a law that are kept for its picture."""
_SMALLEST = 1e-6
_ROUNDING = 1 / 12  # power of rounding to whole grey levels, in each coefficient of an orthonormal transform


def statistics(release: Images, candidates: Images) -> list[Floats]:
    """Samples of the laws of `STATISTICS`, one array each.

    release: uint8 [m, h, w], m >= 2; candidates: uint8 [n, h, w], n >= 2. `within the release` and `candidates to
    release` are log distances to the nearest (other) released image, root mean squares in grey levels. `near copies`
    is 1 for a released image nearer to another one than half the usual distance of a candidate to its nearest, else
    0. `spectrum slope` and `fine structure` are, an image, the slope and the mean of the log power above half the
    Nyquist frequency over the log frequency; `greys` the released images' own quantiles, 0 to 1.
    """
    within, nearest = _to_nearest_other(release, candidates), _to_nearest(candidates, release)
    usual = np.median(_to_nearest_other(candidates, candidates))
    slope, level = _fine_structure(release)
    return [
        np.log(np.maximum(within, _SMALLEST)),
        np.log(np.maximum(nearest, _SMALLEST)),
        (within < 0.5 * usual).astype(np.float64),
        slope,
        level,
        np.quantile(release, np.linspace(0, 1, 257)) / 255,
    ]


def compared(target: Sequence[Floats], tried: Sequence[Sequence[Floats]]) -> NDArray[np.float64]:
    """Wasserstein distances [recipes, statistics] of the tried recipes' laws to the target's.

    Each is divided by the mean distance of the tried recipes to each other, so that statistics on different scales
    weigh the same, and one in which the recipes hardly differ is not blown up below a hundredth.
    """
    from scipy.stats import wasserstein_distance  # start-up: seconds to import

    far = np.array([[wasserstein_distance(*pair) for pair in zip(target, one, strict=True)] for one in tried])
    apart = np.array(
        [
            [wasserstein_distance(*pair) for pair in zip(one, other, strict=True)]
            for i, one in enumerate(tried)
            for other in tried[:i]
        ]
    )
    return np.asarray(far / np.maximum(apart.mean(axis=0), 0.01))


def outlines(laws: Sequence[Floats]) -> Mapping[str, list[float]]:
    """The quantiles `SHOWN` of each law; for what is 0 or 1, its mean alone."""
    return {
        name: [float(law.mean())] if name == "near copies" else np.quantile(law, SHOWN).tolist()
        for name, law in zip(STATISTICS, laws, strict=True)
    }


def _to_nearest(images: Images, others: Images) -> Floats:
    """Root mean square differences, float64 [n], of each image to the nearest of the others."""
    far: Floats = Distance().between(images, others, images).min(axis=1) / np.sqrt(images[0].size)
    return far


def _to_nearest_other(images: Images, unit: Images) -> Floats:
    """The same to the nearest other one of the images themselves."""
    far = Distance().between(images, images, unit)
    np.fill_diagonal(far, np.inf)
    nearest: Floats = far.min(axis=1) / np.sqrt(images[0].size)
    return nearest


def _fine_structure(images: Images) -> tuple[Floats, Floats]:
    """Slope and mean, float64 [n] each, of the log power over the log frequency above half the Nyquist frequency."""
    height, width = images.shape[1:]
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    used = (frequency > 0.25) & (frequency <= 0.5)  # cycles a pixel
    power = np.abs(np.fft.rfft2(images.astype(np.float64), norm="ortho")[:, used]) ** 2
    x, y = np.log(frequency[used]), np.log(power + _ROUNDING)
    x = x - x.mean()
    level = y.mean(axis=1)
    return (y - level[:, None]) @ x / (x @ x), level
