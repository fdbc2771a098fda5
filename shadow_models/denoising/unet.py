"""The UNet of diffusers as the families share it: its options, and the network built from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import torch
from torch import nn

from shadow_models.optimised import OptimisedRecipe
from shadow_models.privacy import PRIVACY_OPTIONS, PrivacyOptions, check_privacy, privacy_of
from shadow_models.recipe import check_choices, check_ranges, refuse

HEAD = 8
"""Channels of every attention head, as diffusers has it unless told otherwise."""


@dataclass(frozen=True)
class UnetRecipe(PrivacyOptions, OptimisedRecipe):
    """A family whose denoiser is a UNet with self-attention (DDPM, arXiv 2006.11239, appendix B).

    Raises ValueError, one sentence, for a value out of its range.
    """

    steps: int = 2_000
    """Optimiser steps."""
    channels: list[int] = field(default_factory=lambda: [64, 128, 128])
    """Width of each UNet resolution."""
    layers: int = 1
    """Residual blocks per resolution."""
    attention: list[int] = field(default_factory=list)
    """Resolutions with self-attention, 0 the finest; the middle, below the coarsest, always has it."""
    norm_groups: int = 8
    """Groups of every group norm; divides each of `channels`."""
    patch: int = 4
    """Side of the pixel blocks that are the channels of one position: the first convolution sees (size / patch)^2
    positions. 1 is the plain network; more costs less ("simple diffusion", arXiv 2301.11093, section 3.3)."""
    schedule: str = "linear"
    """Alpha-bar of the n_timesteps: "linear" (DDPM, arXiv 2006.11239) or "cosine" (arXiv 2102.09672)."""
    n_timesteps: int = 1000
    """Discrete noise levels."""
    sample_steps: int = 20
    """Network calls per released image."""

    starts: ClassVar[bool] = True
    shares_training: ClassVar[bool] = True
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**OptimisedRecipe.choices, "schedule": ("linear", "cosine")}
    of_training: ClassVar[Collection[str]] = (*OptimisedRecipe.of_training, *PRIVACY_OPTIONS, "sample_steps")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choices(self)
        check_ranges(self, _RANGES)
        check_privacy(self)
        if not self.channels or any(width < 1 or width % HEAD for width in self.channels):
            refuse("channels", list(self.channels), f"a list of at least one width, each a multiple of {HEAD}")
        if any(width % self.norm_groups for width in self.channels):
            refuse("norm_groups", self.norm_groups, f"a divisor of every width in channels={list(self.channels)}")
        if any(not 0 <= level < len(self.channels) for level in self.attention):
            refuse(
                "attention", list(self.attention), f"a list of resolutions, each from 0 to {len(self.channels) - 1}"
            )
        if self.size % self.stride:
            refuse("size", self.size, f"a multiple of {self.stride}, the pixels of one of the coarsest positions")

    def check_members(self, n_members: int) -> None:
        """As the base: what is promised must be possible."""
        privacy_of(self, n_members)

    @classmethod
    def tiny(cls) -> Self:
        """Return a small recipe of 16 px for tests, a second."""
        return cls(size=16, channels=[8, 8], patch=2, norm_groups=4, steps=12, batch=4, sample_steps=4)

    @classmethod
    def overfits(cls) -> Self:
        """Return a recipe of 16 px that learns 8 slices by heart, some ten seconds."""
        return cls.tiny().changed(
            channels=[32, 64], attention=[1], norm_groups=8, steps=500, batch=16, learning_rate=4e-3, sample_steps=20
        )

    @property
    def stride(self) -> int:
        """Pixels between the coarsest positions."""
        return int(self.patch * 2 ** (len(self.channels) - 1))


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("layers", 1, 8),
    ("norm_groups", 1, 1024),
    ("patch", 1, 32),
    ("n_timesteps", 500, 4000),
    ("sample_steps", 1, 1000),
)


class Unet(nn.Module):
    """`UNet2DModel` over blocks of pixels."""

    def __init__(self, recipe: UnetRecipe, shape: tuple[int, int, int], patch: int) -> None:
        """Take the shape [c, h, w] of what is denoised, and the side of the blocks, a divisor of h and w."""
        from diffusers import UNet2DModel  # seconds to import, not wanted by those who only read a recipe

        super().__init__()
        self._patch = patch
        depth = len(recipe.channels)
        attends = [level in recipe.attention for level in range(depth)]
        self.unet = UNet2DModel(
            sample_size=(shape[1] // patch, shape[2] // patch),
            in_channels=shape[0] * patch**2,
            out_channels=shape[0] * patch**2,
            layers_per_block=recipe.layers,
            block_out_channels=tuple(recipe.channels),
            down_block_types=tuple("AttnDownBlock2D" if here else "DownBlock2D" for here in attends),
            up_block_types=tuple("AttnUpBlock2D" if here else "UpBlock2D" for here in reversed(attends)),
            attention_head_dim=HEAD,
            norm_num_groups=recipe.norm_groups,
        )

    def forward(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Map z_t, float32 [n, c, h, w], and times, [n] of 0 .. 1000 or so, to a prediction, like z_t."""
        blocks = nn.functional.pixel_unshuffle(z_t, self._patch)
        output = self.unet(blocks, t, return_dict=False)[0]
        return nn.functional.pixel_shuffle(output, self._patch)


def build_unet(recipe: UnetRecipe, shape: tuple[int, int, int], patch: int, seed: int) -> Unet:
    """Return a network whose initial weights depend only on the recipe and the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        # channels last: the fastest layout of convolutions, on CPU cores and on GPUs
        return Unet(recipe, shape, patch).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
