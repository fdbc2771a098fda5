"""Distances between slices: the axis that every release attack shares.

A distance is a feature map followed by the Euclidean norm, so that all pairs cost one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images, Scores

Features = NDArray[np.float32]
# Half of the smallest step between two different 8-bit images: log stays finite for an exact copy.
SMALLEST_DISTANCE = 0.5
_CHUNK_ROWS = 2048  # released images a matrix product: bounds memory at 10,000 images of 256 pixels


def _pixels(images: Images) -> Features:
    return images.reshape(len(images), -1).astype(np.float32)


def _normalised(images: Images) -> Features:
    """Zero mean and one contrast for all, 64 grey levels as an average slice, so that units stay."""
    flat = _pixels(images)
    flat -= flat.mean(axis=1, keepdims=True)
    deviation = np.maximum(flat.std(axis=1, keepdims=True), 1.0)
    return np.asarray(flat * (64.0 / deviation), dtype=np.float32)


DISTANCES: dict[str, Callable[[Images], Features]] = {"pixel": _pixels, "ncc": _normalised}


def check_distance(name: str) -> None:
    """Raise ValueError, naming what there is, unless `name` is a distance."""
    if name not in DISTANCES:
        raise ValueError(f"There is no distance {name!r}; there are {', '.join(DISTANCES)}.")


def nearest_distances(candidates: Images, images: Images, k: int, distance: str = "pixel") -> Scores:
    """The k smallest distances of each candidate to `images`, ascending: float64 [n, k], grey levels (l2).

    candidates: uint8 [n, h, w]; images: uint8 [m, h, w]. Never below SMALLEST_DISTANCE.
    Raises ValueError where k > m.
    """
    if not 1 <= k <= len(images):
        raise ValueError(f"k={k} nearest of {len(images)} images cannot be taken; choose 1 to {len(images)}.")
    check_distance(distance)
    features = DISTANCES[distance]
    queries = features(candidates)
    indices = np.empty((len(candidates), 0), dtype=np.intp)
    values = np.empty((len(candidates), 0))
    for start in range(0, len(images), _CHUNK_ROWS):
        block = features(images[start : start + _CHUNK_ROWS])
        squared = (block**2).sum(axis=1)[None, :] - 2.0 * queries @ block.T  # |x|^2 is the same for all
        values = np.concatenate([values, squared], axis=1)
        numbers = np.arange(start, start + len(block))[None].repeat(len(queries), axis=0)
        indices = np.concatenate([indices, numbers], axis=1)
        # Four spare: the product loses digits, so the exact order among close ones is settled below.
        kept = np.argsort(values, axis=1, kind="stable")[:, : k + 4]
        values, indices = np.take_along_axis(values, kept, 1), np.take_along_axis(indices, kept, 1)
    exact = np.empty(indices.shape)
    for column in range(indices.shape[1]):
        difference = queries.astype(np.float64) - features(images[indices[:, column]])
        exact[:, column] = np.sqrt((difference**2).sum(axis=1))
    return np.maximum(np.sort(exact, axis=1)[:, :k], SMALLEST_DISTANCE)
