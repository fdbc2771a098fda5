"""Do the released images lie as the real slices do: the same way up, zero black, of the same field of view?

A release that an export turned, inverted or cropped as a whole holds the same people, and no distance finds them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attacks.base import Images
from attacks.distances import Distance
from harness.audit.moved import coarse
from harness.evaluation.metrics import Floats
from harness.seeds import rng_of

_MOST_RELEASED, _MOST_REAL = 200, 600  # that are looked at
_NEARER = 0.85  # of the median distance to the nearest slice: another way to lie must bring images so much nearer
UNLIKE = 2.0  # times as far: a stranger's slice lies at 1, a phantom beside real slices at 1.3, smooth noise at 2.6
_AGREED = 0.8  # of the images must come nearer by it


def _zoomed(by: float) -> Callable[[Images], Images]:
    def zoom(images: Images) -> Images:
        from scipy.ndimage import affine_transform  # start-up: half a second to import

        middle = (images.shape[1] - 1) / 2.0
        scale = np.array([1.0, 1.0 / by, 1.0 / by])
        values = affine_transform(images.astype(np.float32), scale, (1.0 - scale) * middle, order=1, mode="constant")
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)

    return zoom


# What would put them right: how the released images lie now, as it completes "they lie ...". A mirror image is looked
# for among single copies.
_WAYS: dict[str, Callable[[Images], Images]] = {
    "upside down": lambda images: images[:, ::-1],
    "turned by half": lambda images: images[:, ::-1, ::-1],
    "turned clockwise by a quarter": lambda images: np.rot90(images, 1, (1, 2)),
    "turned counter-clockwise by a quarter": lambda images: np.rot90(images, 3, (1, 2)),
    "with rows and columns exchanged": lambda images: images.transpose(0, 2, 1),
    "with rows and columns exchanged, turned by half": lambda images: images.transpose(0, 2, 1)[:, ::-1, ::-1],
    "with black and white exchanged": lambda images: 255 - images,
    "smaller, in a wider field of view": _zoomed(1.25),
    "a little smaller, in a wider field of view": _zoomed(1.12),
    "larger, in a narrower field of view": _zoomed(0.8),
    "a little larger, in a narrower field of view": _zoomed(0.89),
}


def out_of_frame(release: Images, pool: Images, seed: int) -> str:
    """How the released images, uint8 [m, s, s], lie otherwise than the real ones, [n, s, s]; empty where they do not.

    They do where one way to put them right brings 0.8 of them nearer to a slice (ncc, 32 pixels a side), and the
    median to 0.85 of what it was or less. Nothing is known of single images.
    """
    rng = rng_of(seed, "audit", "frame")
    real = coarse(_some(pool, _MOST_REAL, rng))
    images = coarse(_some(release, _MOST_RELEASED, rng))
    as_it_lies = _nearest(real, images)
    best, how = 1.0, ""
    for name, put_right in _WAYS.items():
        righted = _nearest(real, np.ascontiguousarray(put_right(images)))
        ratio = float(np.median(righted) / max(float(np.median(as_it_lies)), 1e-9))
        if ratio < min(best, _NEARER) and float((righted < as_it_lies).mean()) >= _AGREED:
            best, how = ratio, name
    return how


def times_as_far(release: Images, members: Images, holdout: Images, seed: int) -> float:
    """The median distance (ncc, 32 pixels a side) of a released image to the nearest slice, over that of a holdout
    slice to the nearest member, who is another person."""
    rng = rng_of(seed, "audit", "unlike")
    ours, theirs = (coarse(_some(one, _MOST_REAL, rng)) for one in (members, holdout))
    images = coarse(_some(release, _MOST_RELEASED, rng))
    apart = float(np.median(_nearest(ours, theirs)))
    return float(np.median(_nearest(np.concatenate([ours, theirs]), images))) / max(apart, 1e-9)


def _some(images: Images, most: int, rng: np.random.Generator) -> Images:
    if len(images) <= most:
        return images
    return images[np.sort(rng.choice(len(images), most, replace=False))]


def _nearest(real: Images, images: Images) -> Floats:
    return np.asarray(Distance("ncc").between(real, images, real).min(axis=0), dtype=np.float64)
