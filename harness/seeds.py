"""Seeds hashed from named axes: adding one value to an axis changes no other value's draw."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_of(seed: int, *axes: str | int) -> int:
    """A 63-bit seed for (seed, axes), e.g. `seed_of(0, "shadow", 3, "sample")`."""
    text = "\0".join(str(part) for part in (seed, *axes))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def rng_of(seed: int, *axes: str | int) -> np.random.Generator:
    """A numpy generator seeded by `seed_of`."""
    return np.random.default_rng(seed_of(seed, *axes))
