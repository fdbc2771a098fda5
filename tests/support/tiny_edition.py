"""A copy of the data of 2023 of made-up images, whose releases are copies of those used: the answer is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from tiny import TINY, write_slices

SIDE, N_TEST = 16, 12
USED = (0, 3, 4, 7, 10)  # of the test candidates; not half of them, so no rule that takes half is right
N_DEV_USED, N_DEV_NOT_USED = 5, 3  # unequal: labels the wrong way round are another number
EDITION = [*(option for option in TINY if "n_images" not in option), "data=imageclef2023", "data.group=given"]


def copies(images: np.ndarray, times: int, noise: float, seed: int) -> np.ndarray:
    """Each image so many times, with noise of so many grey levels, uint8 [times * n, h, w]."""
    drawn = np.random.default_rng(seed).normal(0, noise, (times * len(images), *images.shape[1:]))
    return np.clip(np.tile(images, (times, 1, 1)) + drawn, 0, 255).round().astype(np.uint8)


def write_edition(root: Path, images: Callable[[int, int, int], np.ndarray]) -> Path:
    """Lay it out below `root`, with slices that `images(n, size, seed)` draws, and return that folder."""
    candidates, used, not_used = (
        images(n, SIDE, seed) for seed, n in enumerate((N_TEST, N_DEV_USED, N_DEV_NOT_USED), 20)
    )
    write_slices(root / "dev" / "used", used, "used_{:04d}.png")
    write_slices(root / "dev" / "not_used", not_used, "not_used_{:04d}.png")
    write_slices(root / "dev" / "generated", copies(used, 2, 8, 3), "generated_{:04d}.png")
    write_slices(root / "test" / "real_unknown_1", candidates, "real_unknown_{:04d}.png")
    write_slices(root / "test" / "generated_1", copies(candidates[list(USED)], 4, 8, 4), "generated_{:05d}.png")
    return root
