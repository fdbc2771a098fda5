"""`gan`: a light generative adversarial network for few slices, which shows an attacker its discriminator.

Nothing here imports torch, so that configuration, `--help` and a dry run stay quick.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from shadow_models.optimised import OptimisedRecipe
from shadow_models.recipe import Gives, Training, check_ranges, refuse
from shadow_models.registry import register
from shadow_models.weights import bytes_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.families.gan.generator import GanGenerator

CHOICES = {"precision": ("fp32", "bf16")}


@register("gan")
@dataclass(frozen=True)
class GanRecipe(OptimisedRecipe):
    """FastGAN in small (Liu et al. 2021, arXiv 2101.04775), with differentiable augmentation (arXiv 2006.10738).

    Hinge loss, Adam with betas (0.5, 0.999) for both networks.

    Raises ValueError, one sentence, for a value out of its range.
    """

    latent: int = 64
    """Numbers of which a slice is made."""
    channels: list[int] = field(default_factory=lambda: [96, 64, 48, 32])
    """Width of the generator at each resolution, coarsest first; the finest is half the slice's."""
    critic_channels: list[int] = field(default_factory=lambda: [32, 64, 96, 128])
    """Width of the discriminator at each resolution, finest first: as many as `channels`."""
    norm_groups: int = 8
    """Groups of every group norm; divides each width."""
    augmentation: float = 0.5
    """How strongly slices are changed before the discriminator sees them; 1: by as much as `gan.augment` says, 0: not
    at all. Less of it lets the discriminator learn members by heart."""
    diversity: float = 0.3
    """Weight of a loss that grows as made slices come closer to each other than members are, after mode seeking
    (Mao et al. 2019, arXiv 1903.05628); 0: none."""
    steps: int = 3200
    """Optimiser steps of each network."""
    learning_rate: float = 1e-3
    """Adam step size of the generator."""
    critic_rate: float = 1e-3
    """Adam step size of the discriminator."""
    warm_up: float = 0.02
    """Fraction of `steps` over which the step sizes rise linearly."""
    final_rate: float = 0.1
    """Step sizes at the end as a fraction of the peak; a half cosine leads there."""

    gives: ClassVar[Gives] = Gives.DISCRIMINATOR
    starts: ClassVar[bool] = True
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = CHOICES
    of_training: ClassVar[Collection[str]] = (
        *OptimisedRecipe.of_training, "augmentation", "diversity", "critic_rate",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ranges(self, _RANGES)
        for name in ("channels", "critic_channels"):
            widths = getattr(self, name)
            if not widths or any(width < 1 or width % self.norm_groups for width in widths):
                refuse(name, widths, f"a list of at least one positive multiple of norm_groups={self.norm_groups}")
        if len(self.critic_channels) != len(self.channels):
            refuse("critic_channels", self.critic_channels, f"as long as channels={list(self.channels)}")
        stride = 2 ** len(self.channels)
        if self.size % stride:
            refuse("size", self.size, f"a multiple of {stride}: 2^(resolutions)")

    @property
    def grid(self) -> int:
        """Side of the coarsest resolution, positions."""
        return int(self.size // 2 ** len(self.channels))

    @classmethod
    def presets(cls) -> Mapping[str, GanRecipe]:
        """Return the recipe of each preset."""
        return PRESETS

    @classmethod
    def tiny(cls) -> GanRecipe:
        """Return a small recipe of 16 px for tests, a second."""
        return cls(size=16, latent=16, channels=[16, 8], critic_channels=[8, 16], norm_groups=4, steps=12, batch=4)

    @classmethod
    def overfits(cls) -> GanRecipe:
        """Return a recipe of 16 px that learns 8 slices by heart, seconds."""
        wide = replace(cls.tiny(), channels=[32, 16], critic_channels=[16, 32], augmentation=0.0, diversity=1.0)
        return replace(wide, steps=800, batch=8, learning_rate=2e-3, critic_rate=2e-3)

    def train(self, members: NDArray[np.uint8], training: Training) -> GanGenerator:
        """Return a generator trained on the members, uint8 [n, size, size]; a start gives both networks' weights."""
        from shadow_models.families.gan.train import train_gan  # torch costs seconds: only where it is used

        return train_gan(members, self, training)

    def weight_bytes(self) -> int:
        """Return those of both networks."""
        from shadow_models.families.gan.network import build_networks  # torch costs seconds: only where it is used

        return bytes_of(lambda: [*build_networks(self, seed=0).values()])

    def load(self, folder: Path, device: str) -> GanGenerator:
        """Return what was saved of this recipe."""
        from shadow_models.families.gan.generator import load_gan  # torch costs seconds: only where it is used

        return load_gan(folder, self, device)


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("latent", 1, 4096),
    ("norm_groups", 1, 1024),
    ("augmentation", 0, 1),
    ("diversity", 0, 100),
    ("critic_rate", 1e-8, 1),
)

PRESETS: dict[str, GanRecipe] = {
    "quick": GanRecipe(),
    "small": GanRecipe(
        size=128, channels=[128, 96, 64, 48, 32], critic_channels=[32, 48, 64, 96, 128], steps=10_000,
        learning_rate=5e-4, critic_rate=5e-4, ema_decay=0.995,
    ),
    "gpu": GanRecipe(
        size=256, channels=[256, 256, 192, 128, 96, 64], critic_channels=[64, 96, 128, 192, 256, 256], steps=50_000,
        batch=16, learning_rate=2e-4, critic_rate=2e-4, ema_decay=0.999, precision="bf16",
    ),
}  # fmt: skip
