"""The two networks of `gan`, after FastGAN (Liu et al. 2021, arXiv 2101.04775).

Neither has buffers: batch norm and spectral norm of the paper keep running numbers, which a checkpoint of weights would
lose; group norm keeps none. The first and the last layer work at half the pixel resolution on 2 x 2 pixels as
channels (sub-pixel convolution, Shi et al. 2016, arXiv 1609.05158): at full resolution they would take most of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

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
    """A slice to one number, larger for a slice that looks real; and, to learn with, back to a small slice."""

    def __init__(self, recipe: GanRecipe) -> None:
        super().__init__()
        widths = list(recipe.critic_channels)
        self.enter = nn.Conv2d(4, widths[0], 3, padding=1)
        steps = zip(widths, widths[1:], strict=False)
        self.blocks = nn.ModuleList(_Down(near, far, recipe.norm_groups) for near, far in steps)
        self.mix = nn.Conv2d(widths[-1], widths[-1], 1)
        self.judge = nn.Linear(widths[-1] * recipe.grid**2, 1)
        self.restore = _Restoring(widths[-1], recipe) if recipe.reconstruction else None

    def forward(self, images: torch.Tensor, n_restored: int = 0) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Map slices, float32 [n, 1, size, size], to scores, float32 [n]; and the first n_restored to small slices
        restored from the features, float32 [n_restored, 1, size / 2, size / 2]."""
        features = nn.functional.leaky_relu(self.enter(nn.functional.pixel_unshuffle(images, 2)), 0.2)
        for block in self.blocks:
            features = block(features)
        score = self.judge(nn.functional.leaky_relu(self.mix(features), 0.2).flatten(1))[:, 0]
        wanted = self.restore is not None and n_restored > 0
        return score, self.restore(features[:n_restored]) if wanted and self.restore is not None else None


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
        return torch.sigmoid(self.excite(nn.functional.leaky_relu(self.squeeze(pooled), 0.1)))


class _Down(nn.Module):
    """Half the resolution, by two roads whose mean goes on: strided convolution, and pooling."""

    def __init__(self, near: int, far: int, groups: int) -> None:
        super().__init__()
        self.direct = nn.Conv2d(near, far, 4, stride=2, padding=1, bias=False)
        self.direct_norm = _norm(far, groups)
        self.pooled = nn.Conv2d(near, far, 1, bias=False)
        self.pooled_norm = _norm(far, groups)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        direct = nn.functional.leaky_relu(self.direct_norm(self.direct(features)), 0.2)
        pooled = self.pooled_norm(self.pooled(nn.functional.avg_pool2d(features, 2)))
        return (direct + nn.functional.leaky_relu(pooled, 0.2)) / 2


class _Restoring(nn.Module):
    """Back from the discriminator's last features to the slice at half its size: section 3.2 of the paper."""

    def __init__(self, width: int, recipe: GanRecipe) -> None:
        super().__init__()
        n_up = len(recipe.critic_channels) - 1
        widths = [width, *(max(width >> place, 8) for place in range(1, n_up + 1))]
        steps = zip(widths, widths[1:], strict=False)
        self.blocks = nn.Sequential(*(_Up(near, far, 1) for near, far in steps))
        self.leave = nn.Conv2d(widths[-1], 1, 3, padding=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return torch.tanh(cast("torch.Tensor", self.leave(self.blocks(features))))


def _norm(width: int, groups: int) -> nn.Module:
    return nn.GroupNorm(min(groups, width), width)


def _gated_linear(features: torch.Tensor) -> torch.Tensor:
    """Half of the channels, each scaled by the sigmoid of one of the other half (GLU, arXiv 1612.08083)."""
    return nn.functional.glu(features, dim=1)


def build_networks(recipe: GanRecipe, seed: int) -> dict[str, nn.Module]:
    """Return both networks, whose initial weights depend only on the recipe and the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return {"generator": Generating(recipe), "discriminator": Discriminating(recipe)}
