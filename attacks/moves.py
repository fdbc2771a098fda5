"""What a distance forgives: ways in which a copy may lie beside its original, tried on the candidates one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from attacks.base import Images
from attacks.exact import mean_and_deviation

TURN_STEP = 3  # degrees: the corner of a slice of 64 pixels moves by two and a half


class Moves(NamedTuple):
    """Ways in which an image is tried, each with each.

    shift: of up to so many pixels along both axes; flip: a mirror image; turn: of up to so many degrees to either
    side, in steps of `TURN_STEP`; contrast: greys drawn together about their mean by this fraction, or as far apart.
    """

    shift: int = 0
    flip: bool = False
    turn: int = 0
    contrast: float = 0.0

    def check(self) -> None:
        """Raise ValueError, in a sentence, for moves that there are not."""
        if self.shift < 0:
            raise ValueError(f"shift={self.shift} must be 0 pixels or more.")
        if self.turn < 0 or self.turn > 180 or self.turn % TURN_STEP:
            raise ValueError(f"turn={self.turn} must be 0 to 180 degrees, in steps of {TURN_STEP}.")
        if not 0.0 <= self.contrast < 1.0:
            raise ValueError(f"contrast={self.contrast} must be 0 or more and below 1.")

    @property
    def n_ways(self) -> int:
        """How many ways that is, the image as it lies among them."""
        gains = 3 if self.contrast else 1
        return gains * (2 * (self.turn // TURN_STEP) + 1) * (2 * self.shift + 1) ** 2 * (1 + self.flip)

    def of(self, images: Images) -> Iterator[Images]:
        """uint8 [n, h, w] in every way. Each image by itself: what stands beside it changes no bit."""
        gains = (1.0, 1.0 - self.contrast, 1.0 / (1.0 - self.contrast)) if self.contrast else (1.0,)
        for gain in gains:
            stretched = images if gain == 1.0 else with_contrast(images, gain)
            for degrees in range(-self.turn, self.turn + 1, TURN_STEP):
                yield from self._beside(stretched if degrees == 0 else turned(stretched, degrees))

    def _beside(self, images: Images) -> Iterator[Images]:
        """Shifted (edges repeated) and mirrored."""
        s, (height, width) = self.shift, images.shape[1:]
        padded = np.pad(images, ((0, 0), (s, s), (s, s)), mode="edge")
        for top in range(2 * s + 1):
            for left in range(2 * s + 1):
                beside = padded[:, top : top + height, left : left + width]
                yield beside
                if self.flip:
                    yield beside[:, :, ::-1]


def with_contrast(images: Images, gain: float) -> Images:
    """Every slice's greys so many times as far from its mean, rounded and cut off at black and white."""
    mean = mean_and_deviation(images)[0][:, None, None]
    return np.clip(np.rint(mean + gain * (images - mean)), 0, 255).astype(np.uint8)


def turned(images: Images, degrees: float) -> Images:
    """Turned about the middle, counterclockwise, edges repeated: the four pixels around each place, weighed."""
    height, width = images.shape[1:]
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    row, column = np.mgrid[:height, :width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    row, column = (
        np.clip(cosine * row + sine * column + (height - 1) / 2, 0, height - 1),
        np.clip(cosine * column - sine * row + (width - 1) / 2, 0, width - 1),
    )
    top, left = (np.minimum(one.astype(np.intp), size - 2) for one, size in ((row, height), (column, width)))
    down, right = row - top, column - left
    found = images[:, top, left] * ((1 - down) * (1 - right)) + images[:, top, left + 1] * ((1 - down) * right)
    found += images[:, top + 1, left] * (down * (1 - right)) + images[:, top + 1, left + 1] * (down * right)
    return np.rint(found).astype(np.uint8)
