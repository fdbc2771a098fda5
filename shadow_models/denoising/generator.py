"""What generators of one denoising network share: what attacks ask of them, and, of a UNet, sampling and files."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import torch

from shadow_models.diffusion import alphas_cumprod
from shadow_models.generator import Generator
from shadow_models.images import check_slices, draws_of
from shadow_models.weights import content_of, load_states, read_weights, states_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.denoising.space import Space
    from shadow_models.denoising.unet import Unet, UnetRecipe

NETWORK = "network"


class DenoisingModel(Generator):
    """A network whose answers are read as noise; implements `WhiteBox`. A family says how, and in which space."""

    def __init__(self, alphas_cumprod: NDArray[np.float64], network: nn.Module, device: torch.device) -> None:
        """Take alpha-bar and a network with its final (averaged) weights, which is moved to the device."""
        self.device = device
        self.network = network.to(device).eval().requires_grad_(False)
        self._alpha_bar = alphas_cumprod

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]:
        """Alpha-bar for t = 0 .. T-1: float64 [T]."""
        return self._alpha_bar

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, size, size], into z, float32 [n, c, h', w']; ValueError for others."""
        check_slices(images, self.recipe.size)
        return self._encoded(images)

    @torch.no_grad()
    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Predict the noise in z_t, [n, c, h', w'], at t, int64 [n]; on z_t's device, in its dtype."""
        return self._eps(z_t.to(self.device, torch.float32), t.to(self.device)).to(z_t)

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `eps`, but on the graph of the network's parameters, which take gradients from then on."""
        self.network.requires_grad_(True)
        with torch.enable_grad():
            return self._eps(z_t.to(self.device, torch.float32), t.to(self.device)).to(z_t)

    @abstractmethod
    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h', w'], into slices, uint8 [n, size, size]."""

    @abstractmethod
    def _encoded(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """As `encode`, of slices that were checked."""

    @abstractmethod
    def _eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `eps`, all on the generator's device, float32."""


class DenoisingGenerator(DenoisingModel):
    """A UNet in a space."""

    def __init__(self, recipe: UnetRecipe, network: Unet, space: Space, device: torch.device) -> None:
        """Take a network with its final (averaged) weights, which is moved to the device, and a space there."""
        super().__init__(alphas_cumprod(recipe), network, device)
        self.recipe: UnetRecipe = recipe
        self.space = space

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h, w], into slices, uint8 [n, size, size]."""
        return self.space.decode(z)

    @torch.no_grad()
    def draw(self, numbers: range, seed: int) -> NDArray[np.uint8]:
        """As the base."""
        noise = torch.stack([torch.randn(self.space.shape, generator=draw) for draw in draws_of(seed, numbers)])
        return self.decode(self._denoised(noise.to(self.device)))

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

    def _encoded(self, images: NDArray[np.uint8]) -> torch.Tensor:
        return self.space.encode(images)

    @abstractmethod
    def _denoised(self, noise: torch.Tensor) -> torch.Tensor:
        """Turn standard normal noise, float32 [n, c, h, w], into clean z, like it."""
