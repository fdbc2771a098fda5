"""Sampling: a generator of any family to a release of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.generator import Generator
    from shadow_models.one_training import Report


def sample(
    generator: Generator,
    n_images: int,
    *,
    seed: int,
    batch: int = 64,
    report: Report | None = None,
    log: Path | None = None,
) -> NDArray[np.uint8]:
    """Draw a release, uint8 [n_images, size, size]: see `Generator.sample`.

    ValueError, one sentence, for n_images or batch < 1; RuntimeError where the family breaks the contract.
    """
    if n_images < 1 or batch < 1:
        raise ValueError(
            f"A release of {n_images} images in batches of {batch} cannot be drawn: both must be 1 or more."
        )
    images = generator.sample(n_images, seed=seed, batch=batch, report=report, log=log)
    wanted = (n_images, generator.recipe.size, generator.recipe.size)
    if images.dtype != "uint8" or images.shape != wanted:
        raise RuntimeError(
            f"The generator {generator.recipe.name!r} released {images.dtype} {list(images.shape)}; the contract is "
            f"uint8 {list(wanted)}."
        )
    return images
