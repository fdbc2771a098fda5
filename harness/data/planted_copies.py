"""Ways to copy a slice, for positive controls: copies that are planted into a release and must be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images

Floats = NDArray[np.float64]
_STEPS, _FINE = 2, 64  # shifts of up to so many steps, of 1/64 of a side each


class Kind(NamedTuple):
    """A way to copy a slice. make: float64 [n, s, s] in grey levels -> the same, not rounded; needed: whether there
    is no all-clear where it is not seen: what generators and their training do to a slice as a matter of course."""

    title: str
    make: Callable[[Floats, np.random.Generator], Floats]
    needed: bool = False


def _shifted(images: Floats, rng: np.random.Generator) -> Floats:
    """As far as the audit looks, down and to the right, edges repeated."""
    del rng
    by, side = reach(images.shape[1])[0], images.shape[1]
    return np.pad(images, ((0, 0), (by, 0), (by, 0)), mode="edge")[:, :side, :side]


def _blurred(images: Floats, rng: np.random.Generator) -> Floats:
    from scipy.ndimage import gaussian_filter  # start-up: half a second to import

    del rng
    width = max(0.5, images.shape[1] / 64)
    return np.asarray(gaussian_filter(images, (0.0, width, width), mode="nearest"))


def _turned(images: Floats, rng: np.random.Generator) -> Floats:
    from scipy.ndimage import rotate  # start-up

    del rng
    return np.asarray(rotate(images, 10.0, axes=(1, 2), reshape=False, order=1, mode="nearest"))


def _enlarged(images: Floats, rng: np.random.Generator) -> Floats:
    from scipy.ndimage import affine_transform  # start-up

    del rng
    middle, by = (images.shape[1] - 1) / 2.0, 1.0 / 1.1
    scale = np.array([1.0, by, by])
    return np.asarray(affine_transform(images, scale, (1.0 - scale) * middle, order=1, mode="nearest"))


KINDS = {
    "noise": Kind("with noise", lambda images, rng: images + rng.normal(0.0, 8.0, images.shape), needed=True),
    "blur": Kind("blurred", _blurred, needed=True),
    "shift": Kind("shifted by a 32nd", _shifted, needed=True),
    "flip": Kind("mirrored left to right", lambda images, rng: images[:, :, ::-1], needed=True),
    "contrast": Kind("of another contrast", lambda images, rng: 0.7 * images + 30.0, needed=True),
    "turn": Kind("turned by 10 degrees", _turned),
    "down": Kind("upside down", lambda images, rng: images[:, ::-1]),
    "quarter": Kind("turned by a quarter", lambda images, rng: np.rot90(images, 1, (1, 2))),
    "negative": Kind("as negatives", lambda images, rng: 255.0 - images),
    "zoom": Kind("enlarged by a tenth", _enlarged),
}


def reach(size: int) -> tuple[int, int]:
    """How far slices of this size are shifted, pixels, and in what steps: a thirty-second of a side, one at least."""
    step = max(1, round(size / _FINE))
    return (step * _STEPS if size >= _FINE else 1), step


def made(kind: Kind, images: Images, rng: np.random.Generator) -> Images:
    """Copies of uint8 [n, s, s], rounded and clipped to 0 to 255."""
    return np.clip(np.rint(kind.make(images.astype(np.float64), rng)), 0, 255).astype(np.uint8)
