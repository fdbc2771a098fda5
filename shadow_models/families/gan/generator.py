"""A trained generator of `gan`: both networks; a `Discriminator` for the attacks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from shadow_models.device import resolve_device
from shadow_models.families.gan.network import build_networks
from shadow_models.generator import Generator
from shadow_models.seeds import seed_of
from shadow_models.weights import content_of, load_states, read_weights, states_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.families.gan import GanRecipe
    from shadow_models.recipe import Report

_ASKED_AT_ONCE = 64  # slices put through the discriminator together; changes a score by no more than rounding


class GanGenerator(Generator):
    """A trained pair of networks; implements `Discriminator`."""

    def __init__(self, recipe: GanRecipe, networks: Mapping[str, nn.Module], device: str = "cpu") -> None:
        """Take the networks with their final weights, the generator's averaged; moves them to the device."""
        self.recipe: GanRecipe = recipe
        self.device = resolve_device(device)
        self.networks = {name: one.to(self.device).eval().requires_grad_(False) for name, one in networks.items()}

    @torch.no_grad()
    def sample(
        self,
        n_images: int,
        *,
        seed: int,
        batch: int = 64,
        report: Report | None = None,
        log: Path | None = None,
    ) -> NDArray[np.uint8]:
        """Draw a release; image i hangs on (seed, i) alone, but for the rounding of floats."""
        del log
        release = []
        for first in range(0, n_images, batch):
            last = min(first + batch, n_images)
            draws = [torch.Generator().manual_seed(seed_of(seed, "image", i)) for i in range(first, last)]
            z = torch.stack([torch.randn(self.recipe.latent, generator=one) for one in draws])
            made = self.networks["generator"](z.to(self.device))[:, 0]
            release.append(((made + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy())
            if report is not None:
                report(last, n_images)
        return np.concatenate(release)

    @torch.no_grad()
    def discriminate(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the discriminator's output for slices, uint8 [n, size, size]: float64 [n], larger = more like the
        members; ValueError for others. Its weights are the last ones, not averaged, and nothing is augmented."""
        side = self.recipe.size
        if images.ndim != 3 or images.shape[1:] != (side, side) or images.dtype != "uint8":
            raise ValueError(
                f"The discriminator judges uint8 slices [n, {side}, {side}], but was given "
                f"{images.dtype} {list(images.shape)}: resize the slices to data.size={side}."
            )
        parts = torch.split(in_range(images), _ASKED_AT_ONCE)
        scores = [self.networks["discriminator"](part.to(self.device)).cpu() for part in parts]
        return torch.cat(scores).double().numpy()

    def content(self) -> dict[str, bytes]:
        """The weights of both networks."""
        return content_of(states_of(self.networks))


def load_gan(folder: Path, recipe: GanRecipe, device: str) -> GanGenerator:
    """Read what `save` wrote of this recipe; ValueError or OSError, one sentence, where it cannot."""
    networks = build_networks(recipe, seed=0)
    shapes = {name: tuple(value.shape) for name, value in states_of(networks).items()}
    load_states(networks, read_weights(folder, shapes))
    return GanGenerator(recipe, networks, device)


def in_range(images: NDArray[np.uint8]) -> torch.Tensor:
    """Slices, uint8 [n, h, w], as float32 [n, 1, h, w] in [-1, 1]."""
    return torch.from_numpy(images.astype(np.float32) / 127.5 - 1)[:, None]
