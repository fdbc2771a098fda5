"""Principal components of images, and coordinates on them, the same to the last bit in any company."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from attacks.base import Images
from attacks.exact import Features, directions_on_grid, longest_image

COMPONENTS = 32
_IMAGES, _PIXELS = 256, 512  # converted at once: what a core's cache holds as floats


def on_axes(images: Images, centre: Features, components: Features) -> Features:
    """Coordinates float64 [n, k] of uint8 [n, h, w] on `principal_components`: exact sums, rounded once.

    Exact, too, in whatever pieces the images come, so they come in small ones.
    """
    found = np.zeros((len(images), len(components)))
    for start in range(0, len(images), _IMAGES):
        some = slice(start, start + _IMAGES)
        flat = images[some].reshape(len(found[some]), -1)
        for first in range(0, flat.shape[1], _PIXELS):
            run = slice(first, first + _PIXELS)
            found[some] += flat[:, run].astype(np.float64) @ components[:, run].T
    return found - (components * centre).sum(axis=1)


def principal_components(images: Images, n_components: int) -> tuple[Features, Features]:
    """Mean [p] and leading components [<= n_components, p], orthonormal rows, of uint8 [n, h, w].

    As many as the images span: beyond that any direction would do, and the order of the images would choose it.
    The images decide them, neither their order nor the threads: sorted by content, each component's largest
    entry positive.
    """
    flat = images[sorted(range(len(images)), key=lambda place: images[place].tobytes())]
    flat = flat.reshape(len(images), -1).astype(np.float64)
    centre = flat.mean(axis=0)
    with threadpool_limits(1):
        _, spread, components = np.linalg.svd(flat - centre, full_matrices=False)
    spanned = max(1, int((spread > 1e-9 * spread[0]).sum()))
    leading = components[: min(n_components, spanned)]
    largest = np.take_along_axis(leading, np.abs(leading).argmax(axis=1)[:, None], axis=1)
    return centre, directions_on_grid(np.where(largest < 0.0, -leading, leading), longest_image(images[0].size))
