"""Slices as tensors and back, and the random generators that images of a release have each for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from shadow_models.seeds import seed_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def check_slices(images: NDArray[np.uint8], side: int) -> None:
    """ValueError, one sentence, for what a model that works on uint8 [n, side, side] cannot be asked about."""
    if images.ndim != 3 or images.shape[1:] != (side, side) or images.dtype != "uint8":
        raise ValueError(
            f"The generator works on uint8 slices [n, {side}, {side}], but was given "
            f"{images.dtype} {list(images.shape)}: resize the slices to data.size={side}."
        )


def pixels_of(images: NDArray[np.uint8]) -> torch.Tensor:
    """Turn slices, uint8 [n, h, w], into pixels in [-1, 1], float32 [n, 1, h, w]."""
    return torch.from_numpy(np.ascontiguousarray(images)).float()[:, None] / 127.5 - 1


def slices_of(pixels: torch.Tensor) -> NDArray[np.uint8]:
    """Turn pixels, [n, 1, h, w], into slices, uint8 [n, h, w], rounded and clipped to 0..255."""
    grey = ((pixels[:, 0].detach() + 1) * 127.5).round().clamp(0, 255)
    slices: NDArray[np.uint8] = grey.to(torch.uint8).cpu().numpy()
    return slices


def draws_of(seed: int, numbers: range) -> list[torch.Generator]:
    """Return a random generator for each image of a release, which hangs on (seed, its number) alone."""
    return [torch.Generator().manual_seed(seed_of(seed, "image", number)) for number in numbers]
