"""What generators of one denoising network share: what attacks ask of them, sampling, files."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import torch

from shadow_models.diffusion import alphas_cumprod
from shadow_models.generator import Generator
from shadow_models.seeds import seed_of
from shadow_models.weights import content_of, load_states, read_weights, states_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.denoising.space import Space
    from shadow_models.denoising.unet import Unet, UnetRecipe
    from shadow_models.recipe import Report

NETWORK = "network"


class DenoisingGenerator(Generator):
    """A network that denoises in a space; implements `WhiteBox`."""

    def __init__(self, recipe: UnetRecipe, network: Unet, space: Space, device: torch.device) -> None:
        """Take a network with its final (averaged) weights, which is moved to the device, and a space there."""
        self.recipe: UnetRecipe = recipe
        self.device, self.space = device, space
        self.network = network.to(device).eval().requires_grad_(False)
        self._alpha_bar = alphas_cumprod(recipe)

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]:
        """Alpha-bar for t = 0 .. T-1: float64 [T]."""
        return self._alpha_bar

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, size, size], into z, float32 [n, c, h, w]; ValueError for others."""
        side = self.recipe.size
        if images.ndim != 3 or images.shape[1:] != (side, side) or images.dtype != "uint8":
            raise ValueError(
                f"The generator works on uint8 slices [n, {side}, {side}], but was given "
                f"{images.dtype} {list(images.shape)}: resize the slices to data.size={side}."
            )
        return self.space.encode(images)

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h, w], into slices, uint8 [n, size, size]."""
        return self.space.decode(z)

    @torch.no_grad()
    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Predict the noise in z_t, [n, c, h, w], at t, int64 [n]; on z_t's device, in its dtype."""
        return self._eps(z_t.to(self.device, torch.float32), t.to(self.device)).to(z_t)

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `eps`, but on the graph of the network's parameters, which take gradients from then on."""
        self.network.requires_grad_(True)
        with torch.enable_grad():
            return self._eps(z_t.to(self.device, torch.float32), t.to(self.device)).to(z_t)

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
        """Draw a release, uint8 [n_images, size, size].

        The noise of image i depends on (seed, i) alone, so the batch size changes an image by no more than the
        rounding of floats.
        """
        del log
        release = []
        for first in range(0, n_images, batch):
            last = min(first + batch, n_images)
            draws = [torch.Generator().manual_seed(seed_of(seed, "image", i)) for i in range(first, last)]
            noise = torch.stack([torch.randn(self.space.shape, generator=draw) for draw in draws])
            release.append(self.decode(self._denoised(noise.to(self.device))))
            if report is not None:
                report(last, n_images)
        return np.concatenate(release)

    def content(self) -> dict[str, bytes]:
        """Weights."""
        return content_of(states_of(self._modules()))

    def load_weights(self, folder: Path) -> None:
        """Take the weights that `save` wrote; ValueError or OSError, one sentence, where it cannot."""
        modules = self._modules()
        shapes = {name: tuple(value.shape) for name, value in states_of(modules).items()}
        load_states(modules, read_weights(folder, shapes))

    def _modules(self) -> dict[str, nn.Module]:
        return {NETWORK: self.network, **self.space.modules}

    @abstractmethod
    def _eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `eps`, all on the generator's device, float32."""

    @abstractmethod
    def _denoised(self, noise: torch.Tensor) -> torch.Tensor:
        """Turn standard normal noise, float32 [n, c, h, w], into clean z, like it."""
