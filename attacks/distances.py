"""Distances between slices: the axis that every release attack shares.

A distance is a feature map followed by the Euclidean norm, so that all pairs cost one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images, Scores

Features = NDArray[np.float32]
# Half of the smallest step between two different 8-bit images: log stays finite for an exact copy.
SMALLEST_DISTANCE = 0.5
_SPARE = 4
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


def check_k(k: int, n_images: int) -> None:
    """Raise ValueError, with the numbers, unless k of n_images can be taken."""
    if not 1 <= k <= n_images:
        raise ValueError(f"k={k} nearest of {n_images} images cannot be taken; choose 1 to {n_images}.")


class Neighbours(NamedTuple):
    """The nearest images of each candidate: distances float64 [n, k], ascending; places intp [n, k]."""

    distances: Scores
    places: NDArray[np.intp]


def nearest(candidates: Images, images: Images, k: int = 1, distance: str = "pixel") -> Neighbours:
    """The k nearest of `images` to each candidate; distances in grey levels (l2), never below 0.5.

    candidates: uint8 [n, h, w]; images: uint8 [m, h, w]. Raises ValueError where k > m.
    """
    check_k(k, len(images))
    check_distance(distance)
    features = DISTANCES[distance]
    queries = features(candidates)
    places = np.empty((len(candidates), 0), dtype=np.intp)
    ranking = np.empty((len(candidates), 0), dtype=np.float32)
    for start in range(0, len(images), _CHUNK_ROWS):
        block = features(images[start : start + _CHUNK_ROWS])
        squared = (block**2).sum(axis=1) - 2.0 * queries @ block.T  # |x|^2 is the same for all of a row
        ranking = np.concatenate([ranking, squared], axis=1)
        numbers = np.arange(start, start + len(block))[None].repeat(len(queries), axis=0)
        places = np.concatenate([places, numbers], axis=1)
        # Spare ones: the product loses digits, so the order among the closest is settled exactly below.
        kept = np.argsort(ranking, axis=1, kind="stable")[:, : k + _SPARE]
        ranking, places = np.take_along_axis(ranking, kept, 1), np.take_along_axis(places, kept, 1)
    exact = np.stack([_l2(queries, features(images[column])) for column in places.T], axis=1)
    order = np.argsort(exact, axis=1, kind="stable")[:, :k]
    distances = np.maximum(np.take_along_axis(exact, order, 1), SMALLEST_DISTANCE)
    return Neighbours(distances, np.take_along_axis(places, order, 1))


def _l2(first: Features, second: Features) -> Scores:
    return np.sqrt(((first.astype(np.float64) - second) ** 2).sum(axis=1))
