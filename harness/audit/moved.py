"""Distances that see through a mirror image, a turn by quarters and a small shift: the smallest over all of them.

Training augments slices by both, so what is copied may lie mirrored or beside itself. Slices are moved at the working
size and compared at about 32 pixels a side, which costs a quarter of comparing them at 64.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attacks.base import Images, Scores
from attacks.distances import Distance
from harness.data.planted_copies import reach
from harness.errors import InputError

COMPARED = 32  # pixels a side, about


class AuditDistance:
    """The distance `name` of `attacks.distances`, as slices lie or (moves) the smallest over `moved`."""

    def __init__(self, name: str, moves: bool) -> None:
        self.name, self.moves = name, moves

    def between(self, pool: Images, images: Images, anchors: Images) -> Scores:
        """Float64 [n, m] of uint8 [n, s, s] and [m, s, s]; anchors: the images that fix the axes of `pca`. InputError
        where the distance cannot be had at this size."""
        try:
            if not self.moves:
                return Distance(self.name).between(pool, images, anchors)
            return self._smallest(pool, coarse(images), coarse(anchors))
        except ValueError as error:
            raise InputError(f"The distance {self.name} cannot be measured here: {error}") from error

    def _smallest(self, pool: Images, images: Images, anchors: Images) -> Scores:
        found: Scores | None = None
        for one in moved(pool):
            values = Distance(self.name).between(coarse(one), images, anchors)
            found = values if found is None else np.minimum(found, values, out=found)
        assert found is not None
        return found


def moved(images: Images) -> Iterator[Images]:
    """uint8 [n, s, s] as it lies, mirrored, and shifted along both axes (edges repeated), each way; then, unshifted,
    upside down, turned by quarters and what is mirrored of these, and with black and white exchanged."""
    size = images.shape[1]
    furthest, step = reach(size)
    padded = np.pad(images, ((0, 0), (furthest, furthest), (furthest, furthest)), mode="edge")
    for top in range(0, 2 * furthest + 1, step):
        for left in range(0, 2 * furthest + 1, step):
            one = padded[:, top : top + size, left : left + size]
            yield one
            yield one[:, :, ::-1]
    turned = images.transpose(0, 2, 1)
    yield images[:, ::-1]
    yield images[:, ::-1, ::-1]
    for one in (turned, turned[:, ::-1], turned[:, :, ::-1], turned[:, ::-1, ::-1]):
        yield one
    yield 255 - images


def coarse(images: Images) -> Images:
    """Means over squares, about 32 pixels a side are left: uint8 [n, s, s] -> uint8 [n, t, t]."""
    n, size = images.shape[:2]
    factor = max(1, size // COMPARED)
    if factor == 1:
        return images
    over = -size % factor
    padded = np.pad(images, ((0, 0), (0, over), (0, over)), mode="edge")
    side = (size + over) // factor
    sums = padded.reshape(n, side, factor, side, factor).sum(axis=(2, 4), dtype=np.uint32)
    return ((sums + factor * factor // 2) // (factor * factor)).astype(np.uint8)
