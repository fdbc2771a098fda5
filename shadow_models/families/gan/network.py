"""The two networks of `gan`, after FastGAN (Liu et al. 2021, arXiv 2101.04775).

Neither has buffers: batch norm and spectral norm of the paper keep running numbers, which a checkpoint of weights
would lose; group norm keeps none. The first and the last layer work at half the pixel resolution on 2 x 2 pixels as
channels (sub-pixel convolution, Shi et al. 2016, arXiv 1609.05158): at full resolution they would take most of the
time. The paper's reconstruction by the discriminator is left out: it took a third more time a step, for a release
that was less varied.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from shadow_models.families.gan import GanRecipe

GATE_REACH = 3  # resolutions between features and those whose channels they gate


class Generating(nn.Module):
    """z to slices: a learnt start, then blocks that double the resolution."""

    def __init__(self, recipe: GanRecipe) -> None:
        super().__init__()
        first, *others = recipe.channels
        self._grid = recipe.grid
        self.start = nn.Linear(recipe.latent, 2 * first * recipe.grid**2)
        self.start_norm = _norm(2 * first, recipe.norm_groups)
        widths = zip(recipe.channels, others, strict=False)
        self.blocks = nn.ModuleList(_Up(near, far, recipe.norm_groups) for near, far in widths)
        reached = range(min(GATE_REACH, len(others)), len(recipe.channels)) if others else range(0)
        self._gated = {place: max(place - GATE_REACH, 0) for place in reached}
        self.gates = nn.ModuleList(
            _Gate(recipe.channels[near], recipe.channels[place]) for place, near in self._gated.items()
        )
        self.leave = nn.Conv2d(recipe.channels[-1], 4, 3, padding=1)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Map z, float32 [n, latent], to slices, float32 [n, 1, size, size] in (-1, 1)."""
        begun = self.start(nn.functional.normalize(z, dim=1) * z.shape[1] ** 0.5)
        features = [_gated_linear(self.start_norm(begun.view(len(z), -1, self._grid, self._grid)))]
        gates = dict(zip(self._gated, self.gates, strict=True))
        for place, block in enumerate(self.blocks, start=1):
            made = block(features[-1])
            if place in gates:
                made = made * gates[place](features[self._gated[place]])
            features.append(made)
        return torch.tanh(nn.functional.pixel_shuffle(self.leave(features[-1]), 2))


class Discriminating(nn.Module):
    """A slice to one number, larger for a slice that looks real."""

    def __init__(self, recipe: GanRecipe) -> None:
        super().__init__()
        widths = list(recipe.critic_channels)
        self.enter = nn.Conv2d(4, widths[0], 3, padding=1)
        steps = pairwise(widths)
        self.blocks = nn.Sequential(*(_Down(near, far, recipe.norm_groups) for near, far in steps))
        self.mix = nn.Conv2d(widths[-1], widths[-1], 1)
        self.judge = nn.Linear(widths[-1] * recipe.grid**2, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map slices, float32 [n, 1, size, size], to scores, float32 [n]."""
        features = self.blocks(_leaky(self.enter(nn.functional.pixel_unshuffle(images, 2))))
        score: torch.Tensor = self.judge(_leaky(self.mix(features)).flatten(1))
        return score[:, 0]


class _Up(nn.Module):
    """Twice the resolution: nearest neighbour, convolution, norm, gated linear unit."""

    def __init__(self, near: int, far: int, groups: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(near, 2 * far, 3, padding=1, bias=False)
        self.norm = _norm(2 * far, groups)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        wider = nn.functional.interpolate(features, scale_factor=2.0, mode="nearest")
        return _gated_linear(self.norm(self.convolution(wider)))


class _Gate(nn.Module):
    """Skip-layer excitation: features of few pixels scale the channels of finer ones (equation 2 of the paper)."""

    def __init__(self, near: int, far: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(near, far, 4)
        self.excite = nn.Conv2d(far, far, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        pooled = nn.functional.adaptive_avg_pool2d(features, 4)
        return torch.sigmoid(self.excite(_leaky(self.squeeze(pooled))))


class _Down(nn.Module):
    """Half the resolution, by two roads whose mean goes on: strided convolution, and pooling."""

    def __init__(self, near: int, far: int, groups: int) -> None:
        super().__init__()
        self.direct = nn.Conv2d(near, far, 4, stride=2, padding=1, bias=False)
        self.direct_norm = _norm(far, groups)
        self.pooled = nn.Conv2d(near, far, 1, bias=False)
        self.pooled_norm = _norm(far, groups)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        direct = _leaky(self.direct_norm(self.direct(features)))
        pooled = _leaky(self.pooled_norm(self.pooled(nn.functional.avg_pool2d(features, 2))))
        return (direct + pooled) / 2


def _norm(width: int, groups: int) -> nn.Module:
    return nn.GroupNorm(min(groups, width), width)


def _leaky(features: torch.Tensor) -> torch.Tensor:
    return nn.functional.leaky_relu(features, 0.2)


def _gated_linear(features: torch.Tensor) -> torch.Tensor:
    """Half of the channels, each scaled by the sigmoid of one of the other half (GLU, arXiv 1612.08083)."""
    return nn.functional.glu(features, dim=1)


def build_networks(recipe: GanRecipe, seed: int) -> dict[str, nn.Module]:
    """Return both networks, whose initial weights depend only on the recipe and the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return {"generator": Generating(recipe), "discriminator": Discriminating(recipe)}
