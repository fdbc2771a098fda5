"""`copies`: a release of noisy copies of its members, so that everybody can tell them from others.

No training and no model: for tests, for teaching, and for worlds whose answer is known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, cast

import numpy as np

from shadow_models.kept import KeptMembers, read_members, refuse_start
from shadow_models.recipe import Recipe, check_ranges
from shadow_models.registry import register
from shadow_models.seeds import seed_of
from shadow_models.strangers import draw_stranger

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from shadow_models.one_training import Training


@register("copies")
@dataclass(frozen=True)
class Copies(Recipe):
    """Members with noise on them, among strangers where `share` is below 1.

    All members are copied once, in random order, before one is copied again. Of the first n images floor(share n)
    are copies.

    Raises ValueError, one sentence, for a value out of its range.
    """

    noise: float = 12.0
    """Standard deviation of the normal noise on every pixel of a copy, grey levels; 0 copies to the pixel."""
    share: float = 1.0
    """Fraction of the released images that are copies; the others are made-up slices of patients in no pool."""

    def __post_init__(self) -> None:
        check_ranges(self, (("size", 8, 1024), ("noise", 0, 255), ("share", 0, 1)))

    def train(self, members: NDArray[np.uint8], training: Training) -> CopiesGenerator:
        """Return a generator that keeps the members."""
        refuse_start(self, training.start)
        return CopiesGenerator(self, members)

    def load(self, folder: Path, device: str) -> CopiesGenerator:
        """Return what was saved of this recipe."""
        del device
        return CopiesGenerator(self, read_members(folder, self.size))


class CopiesGenerator(KeptMembers):
    """Releases its members."""

    def draw(self, numbers: range, seed: int) -> NDArray[np.uint8]:
        """As the base: an image hangs on the members, too."""
        return np.stack([self._image(seed, i) for i in numbers])

    def _image(self, seed: int, i: int) -> NDArray[np.uint8]:
        """Image i, uint8 [size, size]."""
        of = cast("Copies", self.recipe)
        before = floor(i * of.share)  # how many copies come before it
        if floor((i + 1) * of.share) == before:
            return draw_stranger(seed_of(seed, "image", i), of.size)
        turn, place = divmod(before, len(self.members))
        order = np.random.default_rng(seed_of(seed, "turn", turn)).permutation(len(self.members))
        noise = np.random.default_rng(seed_of(seed, "image", i)).normal(0, of.noise, (of.size, of.size))
        noisy: NDArray[np.uint8] = (self.members[order[place]] + noise).round().clip(0, 255).astype(np.uint8)
        return noisy
