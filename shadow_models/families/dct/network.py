"""The network: a small UNet of diffusers between a look from afar and a look from close by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from shadow_models.families.dct.codec import block_dct, inverse_block_dct

if TYPE_CHECKING:
    from shadow_models.diffusion import Level
    from shadow_models.families.dct import DctRecipe

N_COORDINATES = 6
N_FREQUENCIES = 8


class Network(nn.Module):
    """UNet over encoded slices, with coordinates and two cheap guesses at the input, which also add to its output.

    Coordinates, as in CoordConv (arXiv 1807.03247): a convolution cannot tell the chest wall from the middle
    of the lung. `Overview` decides what slice it is, `Closeup` takes the grain away, and the UNet, whose
    positions are DCT blocks, does what lies between. On a CPU core the UNet alone would need many times the
    minutes.
    """

    coordinates: torch.Tensor

    def __init__(self, recipe: DctRecipe) -> None:
        from diffusers import UNet2DModel  # seconds to import, not wanted by those who only read a recipe

        super().__init__()
        self._predicts_v = recipe.prediction == "v_prediction"
        depth = len(recipe.channels)
        seen = recipe.n_channels * (1 + bool(recipe.overview) + bool(recipe.closeup))
        self.unet = UNet2DModel(
            sample_size=recipe.grid,
            in_channels=seen + N_COORDINATES,
            out_channels=recipe.n_channels,
            layers_per_block=recipe.layers,
            block_out_channels=tuple(recipe.channels),
            down_block_types=("DownBlock2D",) * depth,
            up_block_types=("UpBlock2D",) * depth,
            norm_num_groups=recipe.norm_groups,
            add_attention=False,
        )
        self.overview = Overview(recipe) if recipe.overview else None
        self.closeup = Closeup(recipe) if recipe.closeup else None
        self.register_buffer("coordinates", coordinate_channels(recipe.grid), persistent=False)

    def forward(self, scaled: torch.Tensor, t: torch.Tensor, level: Level) -> torch.Tensor:
        """Map scaled z_t, float32 [n, c, h', w'], and t, int64 [n], at its level, to the prediction, like z_t."""
        guesses = []
        if self.overview is not None:
            guesses.append(self.overview(scaled, t))
        if self.closeup is not None:
            noise = self.closeup(scaled * level.spread, t)
            guesses.append(level.signal * noise if self._predicts_v else noise)
        where = self.coordinates.expand(len(scaled), -1, -1, -1)
        refined = self.unet(torch.cat([scaled, *guesses, where], dim=1), t, return_dict=False)[0]
        return cast("torch.Tensor", sum(guesses, start=refined))


class NoiseLevel(nn.Module):
    """Scale and shift of hidden features from the timestep (FiLM, arXiv 1709.07871)."""

    frequencies: torch.Tensor

    def __init__(self, recipe: DctRecipe, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * N_FREQUENCIES, 2 * width)
        self.register_buffer(
            "frequencies", torch.logspace(0, 2, N_FREQUENCIES) / recipe.n_timesteps, persistent=False
        )

    def forward(self, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map t, int64 [n], to a factor near 1 and a shift, float32 [n, width] each."""
        phase = t[:, None] * self.frequencies
        scale, shift = self.linear(torch.cat([phase.sin(), phase.cos()], dim=1)).chunk(2, dim=1)
        return 1 + scale, shift


class Closeup(nn.Module):
    """Four convolutions at half the pixel resolution that estimate the noise from its neighbourhood.

    It has few weights and no coordinates, so it cannot learn slices by heart and learns quickly what all of
    them share: smooth air and smooth tissue. Without it, low noise stays in the images as grain.
    """

    def __init__(self, recipe: DctRecipe) -> None:
        super().__init__()
        self._block = recipe.block
        width = recipe.closeup
        self.enter = nn.Conv2d(4, width, 3, padding=1)
        self.level = NoiseLevel(recipe, width)
        self.middle = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.leave = nn.Conv2d(width, 4, 3, padding=1)
        nn.init.zeros_(self.leave.weight)

    def forward(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Map z_t, float32 [n, c, h', w'], and t, int64 [n], to an estimate of its noise, like z_t."""
        scale, shift = self.level(t)
        pixels = nn.functional.pixel_unshuffle(inverse_block_dct(z_t, self._block)[:, None], 2)
        hidden = nn.functional.silu(self.enter(pixels) * scale[:, :, None, None] + shift[:, :, None, None])
        for convolution in self.middle:
            hidden = hidden + nn.functional.silu(convolution(hidden))
        return block_dct(nn.functional.pixel_shuffle(self.leave(hidden), 2)[:, 0], self._block)


class Overview(nn.Module):
    """Two fully connected layers from the whole slice to a first guess of the prediction.

    A hidden unit compares its input with one whole slice, as a matched filter does, so a few of them place
    the anatomy at a hundredth of the UNet's arithmetic. The more there are, the more single members are
    learnt by heart: on 35 members of 64 pixels, 16 leave broken chests and 128 copy every other member.
    """

    def __init__(self, recipe: DctRecipe) -> None:
        super().__init__()
        self._shape = (recipe.n_channels, recipe.grid, recipe.grid)
        n_values = math.prod(self._shape)
        self.compare = nn.Linear(n_values, recipe.overview)
        self.level = NoiseLevel(recipe, recipe.overview)
        self.recall = nn.Linear(recipe.overview, n_values)
        nn.init.zeros_(self.recall.weight)
        nn.init.zeros_(self.recall.bias)

    def forward(self, scaled: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Map scaled z_t, float32 [n, c, h', w'], and t, int64 [n], to a first guess, like z_t."""
        scale, shift = self.level(t)
        hidden = nn.functional.silu(self.compare(scaled.flatten(1)) * scale + shift)
        return cast("torch.Tensor", self.recall(hidden).view(-1, *self._shape))


def coordinate_channels(grid: int) -> torch.Tensor:
    """Return u, sin(pi u), cos(pi u) for u = x and u = y in [-1, 1]: float32 [1, 6, grid, grid]."""
    u = (torch.arange(grid) + 0.5) * 2 / grid - 1
    y, x = torch.meshgrid(u, u, indexing="ij")
    return torch.stack([f for v in (x, y) for f in (v, (math.pi * v).sin(), (math.pi * v).cos())])[None]


def build_network(recipe: DctRecipe, seed: int) -> Network:
    """Return a network whose initial weights depend only on the recipe and the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(recipe)
