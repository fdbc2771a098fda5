"""The k nearest images of every candidate, exact, with few pairs measured: filter and refine.

A sketch of an image is a short vector such that two sketches are never farther apart than their images. Sketches of
all pairs are compared, and a pair is measured only where its bound does not exceed the k-th smallest distance that
was measured before: k-nearest-neighbour search of Korn et al. 1996 and Seidl and Kriegel 1998, which no bound makes
inexact. Images come in blocks, so that a release on disk is read once and only a block of it is held, and candidates
in tiles, so that what is held of pairs does not grow with their number.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images, Scores

Sketches = NDArray[np.float32]
Places = NDArray[np.intp]
_FIRST_BLOCK = 128  # images: a few give limits to measure the others by, and each block after it is twice as large
_BLOCK_BYTES = 2**28  # pixels of the largest block
_TILE_PAIRS = 2**23  # of as many candidates as are searched for at a time with a block, about 100 MiB of bounds


class Looked(NamedTuple):
    """Images, uint8 [n, h, w], and what bounds their distances to others.

    coarse, fine: sketches, float32 [n, q, c] in q parts; slack: float64 [n], how much an image's sketch may be off.
    """

    images: Images
    coarse: Sketches
    fine: Sketches
    slack: Scores


class Screen(Protocol):
    """A distance that can be bounded before it is measured.

    over: float64 [q]; the largest over the parts of the norm of the difference of two sketches over it, less both
    images' slack, never exceeds the distance.
    """

    @property
    def over(self) -> Scores:
        """What the norm of each part is divided by."""

    def look(self, images: Images) -> Looked:
        """Sketches of uint8 [n, h, w]."""

    def measure(self, first: Looked, second: Looked, pairs: tuple[Places, Places], limits: Scores) -> Scores:
        """The distances of pairs, places in both, float64 [pairs]; infinite where one exceeds its limit."""


class Near(NamedTuple):
    """The nearest images of each candidate, ascending, equally near ones by their places.

    distances: float64 [n, k], infinite where there are fewer images; places: intp [n, k], -1 there.
    """

    distances: Scores
    places: Places

    @classmethod
    def nothing(cls, n: int, k: int) -> Near:
        """Before any image was seen."""
        return cls(np.full((n, k), np.inf), np.full((n, k), -1, dtype=np.intp))

    def of(self, rows: slice) -> Near:
        """Those of some candidates."""
        return Near(self.distances[rows], self.places[rows])

    @property
    def farthest(self) -> Scores:
        """The k-th smallest distances, float64 [n]: nothing beyond them is among the nearest."""
        return self.distances[:, -1]

    def joined(self, rows: Places, places: Places, distances: Scores) -> Near:
        """With other images' distances; of an image that comes twice to a candidate, the smaller one."""
        n, k = self.distances.shape
        old, new = self.places >= 0, np.isfinite(distances)
        row = np.concatenate([np.nonzero(old)[0], rows[new]])
        place = np.concatenate([self.places[old], places[new]])
        distance = np.concatenate([self.distances[old], distances[new]])
        order = np.lexsort([distance, place, row])
        once = np.ones(len(order), dtype=np.bool_)
        once[1:] = (np.diff(row[order]) != 0) | (np.diff(place[order]) != 0)
        order = order[once]
        order = order[np.lexsort([place[order], distance[order], row[order]])]
        rank = np.arange(len(order)) - np.searchsorted(row[order], row[order])
        order, rank = order[rank < k], rank[rank < k]
        found = Near.nothing(n, k)
        found.distances[row[order], rank], found.places[row[order], rank] = distance[order], place[order]
        return found


def nearest(
    screen: Screen, moved: Callable[[], Iterable[Images]], images: Images, k: int, *, leave_self_out: bool = False
) -> Near:
    """The k nearest of uint8 [m, h, w], perhaps memory-mapped, for each of n candidates.

    moved: the candidates, uint8 [n, h, w], in every way they are to be compared; an image's distance is the smallest
    over them. leave_self_out: candidate i is not compared with image i.
    """
    search: _Search | None = None
    for start, block in _growing(images, k):
        theirs = screen.look(_alike(block))
        for candidates in moved():
            search = search or _Search(screen, Near.nothing(len(candidates), k), leave_self_out)
            size = max(1, _TILE_PAIRS // len(block))
            for first in range(0, len(candidates), size):
                rows = slice(first, min(first + size, len(candidates)))
                search.go_on(screen.look(_alike(candidates[rows])), rows, theirs, start)
    assert search is not None
    return search.best


def _growing(images: Images, k: int) -> Iterator[tuple[int, Images]]:
    """Blocks and where they begin, each twice as large as the one before as long as memory allows."""
    most = max(1, _BLOCK_BYTES // images[0].size)
    start, size = 0, max(_FIRST_BLOCK, 2 * k)
    while start < len(images):
        size = min(size, most)
        yield start, images[start : start + size]
        _let_go(images)
        start, size = start + size, 2 * size


def _alike(images: Images) -> Images:
    """Rows in one piece and read-only, however they came: a kernel is compiled anew for every kind of array."""
    found = np.ascontiguousarray(images).view(np.ndarray)[:]
    found.flags.writeable = False
    return found


def _let_go(images: Images) -> None:
    """Give back the pages of a file mapped into memory to be read: else they stay as long as there is room."""
    file = images.base
    while isinstance(file, np.ndarray):
        file = file.base
    # Asked of the mapping, for a view that cannot be written may be of one that can, and what was written in a copy
    # on write lies in these pages alone.
    if isinstance(file, mmap.mmap) and memoryview(file).readonly and hasattr(mmap, "MADV_DONTNEED"):
        file.madvise(mmap.MADV_DONTNEED)


@dataclass
class _Search:
    screen: Screen
    best: Near
    leave_self_out: bool

    def go_on(self, ours: Looked, tile: slice, theirs: Looked, start: int) -> None:
        """Through a tile of candidates and one more block, whose first image has the place `start`."""
        from attacks.compiled.differences import lower_bounds  # numba: half a second

        best = self.best.of(tile)
        bounds = np.empty((len(ours.images), len(theirs.images)), dtype=np.float32)
        sketches = (ours.coarse, theirs.coarse), (ours.fine, theirs.fine)
        lower_bounds(*sketches, (ours.slack, theirs.slack), (best.farthest, self.screen.over), bounds)
        if self.leave_self_out:
            own = np.arange(max(start, tile.start), min(start + len(theirs.images), tile.stop))
            bounds[own - tile.start, own - start] = np.nan  # not within any limit
        n_first = min(best.distances.shape[1], bounds.shape[1])
        likeliest = np.argpartition(bounds, n_first - 1, axis=1)[:, :n_first]  # for close limits
        rows, columns = np.repeat(np.arange(len(bounds)), n_first), likeliest.ravel()
        for _ in range(2):
            within = bounds[rows, columns] <= best.farthest[rows]
            rows, columns = rows[within], columns[within]
            distances = self.screen.measure(ours, theirs, (rows, columns), best.farthest[rows])
            best = best.joined(rows, columns + start, distances)
            bounds[rows, columns] = np.nan
            columns, rows = np.nonzero(best.farthest >= bounds.T)  # each image is fetched from memory once
        self.best.distances[tile], self.best.places[tile] = best


def smallest(distances: Scores, k: int) -> Scores:
    """The k smallest of each row, ascending: [n, m] -> [n, k]. ValueError where there are fewer."""
    check_k(k, distances.shape[1])
    # Sums go by memory order: each row in one piece, whatever the order of the table.
    return np.sort(np.partition(np.ascontiguousarray(distances), k - 1, axis=1)[:, :k], axis=1)


def check_k(k: int, n_images: int) -> None:
    """Raise ValueError, with the numbers, unless k of n_images can be taken."""
    if not 1 <= k <= n_images:
        raise ValueError(f"k={k} nearest of {n_images} images cannot be taken; choose 1 to {n_images}.")
