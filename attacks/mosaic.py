"""`mosaic` and its calibrated kin: every part of a slice beside its own nearest released image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from attacks.base import Images, Scores
from attacks.distances import blocks
from attacks.exact import Features, euclidean, sum_by_size
from attacks.observing import ObservingAttack
from attacks.registry import calibrated, register
from attacks.view import Observed, View

_MOST_DETAIL = 8  # pixels: whole numbers stay below 289 x 255, squares of 512 x 512 of them below 2^53
_SMALLEST = 0.5  # grey levels, a mean over tiles: what lies nearer than that is a copy, and not told apart


@register("mosaic")
@dataclass(frozen=True)
class Mosaic(ObservingAttack):
    """-log of the mean over overlapping tiles of min_g of the root mean square difference of the tile from g's.

    A generator that has not learnt a slice by heart may have learnt its parts: convolutional diffusion models put new
    images together from patches of training images, each where it was (Kamb and Ganguli 2024, arXiv 2412.20292, local
    score machine with boundaries). As an attack without a published source.
    across: tiles side by side; as many again lie half a tile further on, between them. detail: each pixel less the
    mean of those up to so many away, 0 for the pixel itself.
    """

    across: int = 8
    detail: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.across < 1:
            raise ValueError(f"across={self.across} must be at least 1.")
        if not 0 <= self.detail <= _MOST_DETAIL:
            raise ValueError(f"detail={self.detail} must be from 0 to {_MOST_DETAIL}.")

    def observe(self, view: View) -> Observed:
        """The distance of every tile to the nearest released one in its place: float64 [n, tiles], grey levels."""
        places = list(tile_places(view.candidates.shape[1:], self.across))
        found = np.full((len(view.candidates), len(places)), np.inf)
        candidates, start = whole_details(view.candidates, self.detail), 0
        for block in blocks(view.release):
            images = whole_details(block, self.detail)
            for nearest, place in zip(found.T, places, strict=True):
                apart = _apart(candidates, images, place)
                if view.candidates_as_release:
                    own = np.arange(start, start + len(images))
                    apart[own, own - start] = np.inf
                np.minimum(nearest, apart.min(axis=1), out=nearest)
            start += len(images)
        return found / (2 * self.detail + 1) ** 2

    def signal(self, observed: Observed) -> Scores:
        """Float64 [n]; near = member."""
        return -np.log(np.maximum(sum_by_size(observed, axis=1) / observed.shape[1], _SMALLEST))


calibrated(Mosaic, "cal", "reg", "ridge", "mid", "lira", "lira_t")


def tile_places(shape: tuple[int, ...], across: int) -> Iterator[tuple[slice, slice]]:
    """Where 2 across - 1 tiles a side lie in an image, each a side's `across`-th part long, at least a pixel."""
    (heights, rows), (widths, columns) = (_along(size, across) for size in shape)
    for top in rows:
        for left in columns:
            yield slice(top, top + heights), slice(left, left + widths)


def _along(size: int, across: int) -> tuple[int, list[int]]:
    length = max(1, round(size / across))
    starts = np.linspace(0, size - length, 2 * across - 1)
    return length, sorted({round(float(start)) for start in starts})


def whole_details(images: Images, detail: int) -> Features:
    """Each pixel less the mean of the window of 2 detail + 1 pixels a side about it, times the window's pixels:
    whole numbers, float64 [n, h, w] of uint8; beyond its edge an image goes on as its mirror image.

    So small that squares of all pixels of an image add up exactly (`attacks.exact`).
    """
    if detail == 0:
        return images.astype(np.float64) - 128.0
    side = 2 * detail + 1
    around = [(0, 0), (detail, detail), (detail, detail)]
    sums = np.pad(images.astype(np.int64), around, mode="symmetric")
    for axis in (1, 2):
        sums = np.lib.stride_tricks.sliding_window_view(sums, side, axis=axis).sum(axis=-1)
    return np.asarray(side**2 * images.astype(np.int64) - sums, dtype=np.float64)


def _apart(first: Features, second: Features, place: tuple[slice, slice]) -> Scores:
    """All pairs' root mean square differences there, float64 [n, m]."""
    cut = [images[:, *place].reshape(len(images), -1) for images in (first, second)]
    return euclidean(*cut) / cut[0].shape[1] ** 0.5
