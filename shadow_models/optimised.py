"""Options of families whose networks learn by gradient steps on batches of members.

Imports neither torch nor diffusers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from shadow_models.recipe import Recipe, check_choices, check_ranges

PRECISIONS = ("fp32", "bf16", "fp16")


@dataclass(frozen=True)
class OptimisedRecipe(Recipe):
    """Steps, batches and step sizes, as `training.optimise` takes them.

    Raises ValueError, one sentence, for a value out of its range.
    """

    steps: int = 800
    """Optimiser steps."""
    batch: int = 8
    """Slices per optimiser step, over all processes."""
    learning_rate: float = 2e-3
    """AdamW peak step size."""
    warm_up: float = 0.05
    """Fraction of the steps over which the step size rises linearly."""
    final_rate: float = 0.05
    """Step size at the end as a fraction of the peak; a half cosine leads there."""
    weight_decay: float = 0.0
    """AdamW decoupled weight decay."""
    ema_decay: float = 0.99
    """Decay per step of the averaged weights, which are the ones released."""
    flip: bool = False
    """Mirror each training slice left to right with probability one half."""
    precision: str = "fp32"
    """Arithmetic of training: "fp32", "bf16" or "fp16"."""

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"precision": PRECISIONS}
    of_training: ClassVar[Collection[str]] = (
        "steps",
        "batch",
        "learning_rate",
        "warm_up",
        "final_rate",
        "weight_decay",
        "ema_decay",
        "flip",
        "precision",
    )

    def __post_init__(self) -> None:
        check_choices(self)
        check_ranges(self, _RANGES)


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("size", 8, 1024),
    ("steps", 1, 10**8),
    ("batch", 1, 4096),
    ("learning_rate", 1e-8, 1),
    ("warm_up", 0, 1),
    ("final_rate", 0, 1),
    ("weight_decay", 0, 1),
    ("ema_decay", 0, 0.999999),
)
