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
from shadow_models.images import check_slices, draws_of, pixels_of, slices_of
from shadow_models.weights import content_of, load_states, read_weights, states_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.families.gan import GanRecipe

_ASKED_AT_ONCE = 64  # slices put through the discriminator together; changes a score by no more than rounding


class GanGenerator(Generator):
    """A trained pair of networks; implements `Discriminator`."""

    def __init__(self, recipe: GanRecipe, networks: Mapping[str, nn.Module], device: str = "cpu") -> None:
        """Take the networks with their final weights, the generator's averaged; moves them to the device."""
        self.recipe: GanRecipe = recipe
        self.device = resolve_device(device)
        self.networks = {name: one.to(self.device).eval().requires_grad_(False) for name, one in networks.items()}

    @torch.no_grad()
    def draw(self, numbers: range, seed: int) -> NDArray[np.uint8]:
        """As the base."""
        z = torch.stack([torch.randn(self.recipe.latent, generator=draw) for draw in draws_of(seed, numbers)])
        return slices_of(self.networks["generator"](z.to(self.device)))

    @torch.no_grad()
    def discriminate(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the discriminator's output for slices, uint8 [n, size, size]: float64 [n], larger = more like the
        members; ValueError for others. Its weights are the last ones, not averaged, and nothing is augmented."""
        check_slices(images, self.recipe.size)
        parts = torch.split(pixels_of(images), _ASKED_AT_ONCE)
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
