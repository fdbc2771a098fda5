"""Tiny trainings as jobs, and what they leave."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from harness.jobs.generators import GeneratorJob
from shadow_models.families.dct import DctRecipe

RECIPE = DctRecipe(size=16, block=2, channels=[8, 16], steps=60, overview=4, closeup=4)


def training(root: Path, pixels: np.ndarray, seed: int = 3) -> GeneratorJob:
    """A training on all of these slices, uint8 [n, 16, 16], which lie in the store as a pool."""
    folder = root / "pool" / "p"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "pixels.npy", pixels)
    members = tuple(range(len(pixels)))
    return GeneratorJob(str(root), f"shadow {seed}", "p", members, ("d",) * len(pixels), RECIPE, seed, 8)


def artefacts(root: Path) -> dict[str, str]:
    """Every file of generators and releases by key and name, with its content's sha256; not what tells of seconds."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("generator", "release")
        for path in sorted((root / kind).rglob("*"))
        if path.is_file() and path.name != "meta.json"
    }
