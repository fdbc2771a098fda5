"""Distances between slices: the axis that every release attack shares.

A distance is a feature map followed by the Euclidean norm, or a comparison of pairs of its own; either way a
matrix of all candidates against all released images, made once a view. Larger = less alike.

The distance of a pair is the same to the last bit, whatever stands beside it: see `attacks.exact`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from attacks.base import Images, Scores
from attacks.components import COMPONENTS, on_axes, principal_components
from attacks.contrast import to_one_contrast
from attacks.encoder import encoded, file_digest
from attacks.exact import (
    Features,
    euclidean,
    euclidean_of_whole,
    less_middle_grey,
    longest_image,
    mean_and_deviation,
    on_grid,
)
from attacks.moves import Moves
from attacks.screens import Contrasts, Pixels, tiles
from attacks.search import Screen, check_k, nearest, smallest
from attacks.similarity import ssim_matrix
from attacks.view import View

__all__ = ["BAND", "DISTANCES", "NAMES", "Distance", "blocks", "check_k", "smallest"]

_LEAST_WORK = 2**33  # pixels of pairs: a matrix takes half a second for them, as the compiler does to start
_LARGEST_SHARE = 0.05  # of the release, kept as nearest
_CHUNK_BYTES = 64 * 2**20  # pixels as float64 held at once: a release has 10,000 images, 5 GB of them
BAND = (0.08, 0.35)  # cycles a pixel: between the outline of a chest and the grain of a generator


def _pixels(images: Images) -> Features:
    return images.reshape(len(images), -1).astype(np.float64)


def _normalised(images: Images) -> Features:
    """Zero mean and one contrast for all, 64 grey levels as an average slice, so that units stay."""
    mean, deviation = mean_and_deviation(images)
    return to_one_contrast(_pixels(images) - mean[:, None], deviation)


def _band(images: Images) -> Features:
    """The slice in a band of middle frequencies, then as `_normalised` to one contrast."""
    height, width = images.shape[1:]
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    kept = (radius >= BAND[0]) & (radius < BAND[1])
    flat = np.empty((len(images), height * width))
    for row, image in zip(flat, images, strict=True):  # one by one: no image then shares a loop with another
        row[:] = np.fft.irfft2(np.fft.rfft2(image) * kept, s=(height, width)).ravel()
    flat = on_grid(flat, longest_image(images[0].size))
    return to_one_contrast(flat, np.sqrt((flat**2).sum(axis=1) / flat.shape[1]))


def blocks(images: Images) -> Iterator[Images]:
    """The images, uint8 [m, h, w] and perhaps memory-mapped, in pieces small enough to hold as float64."""
    step = max(1, _CHUNK_BYTES // (8 * images[0].size))
    for start in range(0, len(images), step):
        yield np.asarray(images[start : start + step])


_Pairs = Callable[[Images, Images, Images], Scores]


def _of_features(
    features: Callable[[Images], Any],
    candidates: Images,
    images: Images,
    norm: Callable[[Any, Any], Scores] = euclidean,
) -> Scores:
    own = features(candidates)
    return np.concatenate([norm(own, features(block)) for block in blocks(images)], axis=1)


def _by_features(features: Callable[[Images], Features]) -> _Pairs:
    return lambda candidates, images, anchors: _of_features(features, candidates, images)


def _pixel(candidates: Images, images: Images, anchors: Images | None = None) -> Scores:
    del anchors
    return _of_features(less_middle_grey, candidates, images, euclidean_of_whole)


def _pca(candidates: Images, images: Images, anchors: Images) -> Scores:
    """On the 32 leading components of the candidates, the same for every generator that they face."""
    axes = principal_components(anchors, COMPONENTS)
    return _of_features(lambda part: on_grid(on_axes(part, *axes), longest_image(part[0].size)), candidates, images)


def _tile(candidates: Images, images: Images, anchors: Images) -> Scores:
    """The largest of the tiles' root mean square differences, grey levels (Carlini et al. 2023, sec. 4.2)."""
    del anchors
    worst = np.zeros((len(candidates), len(images)))
    for top, left, height, width in tiles(images):
        cut = (part[:, top : top + height, left : left + width] for part in (candidates, images))
        worst = np.maximum(worst, _pixel(*cut) / np.sqrt(height * width))
    return worst


def _ssim(candidates: Images, images: Images, anchors: Images) -> Scores:
    """1 - SSIM, in [0, 2]."""
    del anchors
    return 1.0 - ssim_matrix(candidates, images)


class _Kind(NamedTuple):
    """matrix: (candidates, images, anchors) -> float64 [n, m]; floor: the smallest value, so that logs stay; screen:
    (images, floor) -> what bounds it, for images of that size, where something does."""

    matrix: _Pairs
    floor: float
    screen: Callable[[Images, float], Screen] | None = None


# Half of the smallest step between two different 8-bit images, for distances in grey levels.
DISTANCES: dict[str, _Kind] = {
    "pixel": _Kind(_pixel, 0.5, Pixels.of_whole),
    "ncc": _Kind(_by_features(_normalised), 0.5, Contrasts.of),
    "ssim": _Kind(_ssim, 1e-4),
    "tile": _Kind(_tile, 0.03, Pixels.of_tiles),
    "pca": _Kind(_pca, 0.5),
    "band": _Kind(_by_features(_band), 0.5),
}
NAMES = (*DISTANCES, "features")


@dataclass(frozen=True)
class Distance:
    """A point on the distance axis.

    name: one of NAMES; shift, flip, turn, contrast: the smallest over what these forgive (see attacks/moves.py),
    since training augments; encoder: the safetensors file of `features` (see attacks/encoder.py).
    Raises ValueError, in a sentence, for what does not go together.
    """

    name: str = "pixel"
    shift: int = 0
    flip: bool = False
    encoder: str | None = None
    turn: int = 0
    contrast: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"There is no distance {self.name!r}; there are {', '.join(NAMES)}.")
        self.moves.check()
        if (self.name == "features") != (self.encoder is not None):
            raise ValueError("distance=features and encoder=FILE (a safetensors file) go together, or not at all.")
        if self.encoder is not None:
            file_digest(self.encoder)  # a file that is not there is told before hours of training

    @property
    def moves(self) -> Moves:
        """In how many ways an image is tried."""
        return Moves(self.shift, self.flip, self.turn, self.contrast)

    @property
    def identity(self) -> tuple[str | float | None, ...]:
        """What decides its values: the encoder counts by its content, not by its path; moves of 0.7.0 where asked."""
        later = (self.turn, self.contrast) if self.turn or self.contrast else ()
        return self.name, self.shift, self.flip, file_digest(self.encoder) if self.encoder else None, *later

    def matrix(self, view: View) -> Scores:
        """Float64 [n, m]: every candidate against every released image, never below the floor.

        In a view of the candidates among themselves a candidate is infinitely far from itself. Made once a view.
        """
        return view.remember(self._key, lambda: self._matrix(view, view.release, view.candidates_as_release))

    def nearest(self, view: View, k: int) -> Scores:
        """The k smallest of each row of `matrix`, ascending, float64 [n, k], without it where it would cost more.

        Remembered, so that fewer are then free. ValueError where there are fewer images than k.
        """
        check_k(k, len(view.release))
        screen = None if view.remembers(self._key) else self._worth(view, k)
        if screen is None:
            return smallest(self.matrix(view), k)
        known: dict[int, Scores] = view.remember(("nearest", self.identity), dict)
        if max(known, default=0) < k:
            moved = partial(self.moves.of, view.candidates)
            found = nearest(screen, moved, view.release, k, leave_self_out=view.candidates_as_release)
            known[k] = found.distances
        return known[max(known)][:, :k].copy()

    def _worth(self, view: View, k: int) -> Screen | None:
        """What bounds this distance, where that saves more than the compiler's start and few pairs are to be kept."""
        kind = DISTANCES.get(self.name)
        work = len(view.candidates) * view.release.size * self.moves.n_ways
        if kind is None or kind.screen is None or work < _LEAST_WORK or k > _LARGEST_SHARE * len(view.release):
            return None
        return kind.screen(view.release, kind.floor)

    @property
    def _key(self) -> tuple[str, Hashable]:
        return "distance", self.identity

    def among(self, view: View) -> Scores:
        """Float64 [n, n]: the candidates against each other, infinite on the diagonal. Made once a view."""
        return view.remember(("among", self.identity), lambda: self._matrix(view, view.candidates, True))

    def between(self, first: Images, second: Images, anchors: Images) -> Scores:
        """Float64 [n, m] for any images; anchors: the images that fix the axes of `pca`."""
        kind = _Kind(self._features, 1e-6) if self.encoder else DISTANCES[self.name]
        smallest: Scores | None = None
        for moved in self.moves.of(first):
            values = np.maximum(kind.matrix(moved, second, anchors), kind.floor)
            smallest = values if smallest is None else np.minimum(smallest, values)
        assert smallest is not None
        return smallest

    def _matrix(self, view: View, images: Images, leave_self_out: bool) -> Scores:
        values = self.between(view.candidates, images, view.candidates)
        if leave_self_out:
            np.fill_diagonal(values, np.inf)
        return values

    def _features(self, candidates: Images, images: Images, anchors: Images) -> Scores:
        del anchors
        assert self.encoder is not None
        encoder = self.encoder
        return _of_features(lambda part: on_grid(encoded(part, encoder), 1.0), candidates, images)
