"""Seeds hashed from named axes: adding one value to an axis changes no other value's draw."""

from __future__ import annotations

import numpy as np

from shadow_models.seeds import seed_of

__all__ = ["rng_of", "seed_of"]


def rng_of(*axes: str | int) -> np.random.Generator:
    """A numpy generator for named axes, the user's seed first: `rng_of(seed, "assign", "pair", 0)`."""
    return np.random.default_rng(seed_of(*axes))
