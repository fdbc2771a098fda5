"""Releases whose images are drawn one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from shadow_models.recipe import Report


def draw_one_by_one(
    draw: Callable[[int], NDArray[np.uint8]], n_images: int, batch: int, report: Report | None
) -> NDArray[np.uint8]:
    """Return `draw(i)`, uint8 [size, size], for i = 0 .. n_images - 1: uint8 [n_images, size, size].

    `report(done, n_images)` is called after every `batch` of them.
    """
    images = []
    for i in range(n_images):
        images.append(draw(i))
        if report is not None and ((i + 1) % batch == 0 or i + 1 == n_images):
            report(i + 1, n_images)
    return np.stack(images)
