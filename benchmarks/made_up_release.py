"""Candidates and a release as a generator gives one, for benchmarks of speed: slices, and pictures between slices."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from harness.data.options import FolderData
from harness.data.pool import load_pool
from harness.data.sources.phantom import phantom_slices
from harness.store import Store

Images = NDArray[np.uint8]
_COPIES = 0.01  # of a release are candidates with noise
_GRAINS = 64  # pictures of noise that are used over and over, turned and mirrored


def slices(n: int, size: int, real: Path | None) -> Images:
    """Phantoms of n patients, uint8 [n, size, size], or as many real slices of a folder."""
    if real is None:
        return phantom_slices(n, 1, size, seed=0).pixels
    with TemporaryDirectory() as folder:
        pixels = np.array(load_pool(FolderData(root=str(real), size=size), Store(Path(folder))).pixels)
    return np.random.default_rng(0).permutation(pixels)[:n]


def made_up_release(candidates: Images, others: Images, n: int, seed: int) -> Images:
    """uint8 [n, h, w]: mixtures of two others, some nearly one of them, with grain; a few are grainy copies."""
    rng = np.random.default_rng(seed)
    grains = rng.standard_normal((_GRAINS, *candidates.shape[1:]), dtype=np.float32)
    release = np.empty((n, *candidates.shape[1:]), dtype=np.uint8)
    for image in release:
        one, other = others[rng.integers(len(others), size=2)].astype(np.float32)
        if rng.random() < _COPIES:
            one = other = candidates[rng.integers(len(candidates))].astype(np.float32)
        grain = grains[rng.integers(_GRAINS), :: rng.choice([-1, 1]), :: rng.choice([-1, 1])]
        image[:] = (other + rng.beta(0.5, 0.5) * (one - other) + rng.uniform(1, 8) * grain).clip(0, 255)
    return release
