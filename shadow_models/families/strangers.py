"""`strangers`: a release that knows nothing of its members, so that nobody can tell them from others.

No training and no model: for tests, for teaching, and for the world in which every attack must be at chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shadow_models.generator import Generator
from shadow_models.kept import refuse_start
from shadow_models.recipe import Recipe, check_ranges
from shadow_models.registry import register
from shadow_models.seeds import seed_of
from shadow_models.strangers import draw_stranger

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from shadow_models.one_training import Training


@register("strangers")
@dataclass(frozen=True)
class Strangers(Recipe):
    """Made-up slices, each of a patient of its own who is in no pool; the members are never looked at.

    Raises ValueError, one sentence, for a value out of its range.
    """

    learns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_ranges(self, (("size", 8, 1024),))

    def train(self, members: NDArray[np.uint8], training: Training) -> StrangersGenerator:
        """Return the generator; nothing is learnt."""
        del members
        refuse_start(self, training.start)
        return StrangersGenerator(self)

    def load(self, folder: Path, device: str) -> StrangersGenerator:
        """Return the generator; nothing was saved."""
        del folder, device
        return StrangersGenerator(self)


class StrangersGenerator(Generator):
    """Draws phantoms; holds nothing."""

    def __init__(self, recipe: Strangers) -> None:
        self.recipe = recipe

    def draw(self, numbers: range, seed: int) -> NDArray[np.uint8]:
        """As the base."""
        return np.stack([draw_stranger(seed_of(seed, "image", i), self.recipe.size) for i in numbers])

    def content(self) -> dict[str, bytes]:
        """Nothing."""
        return {}
