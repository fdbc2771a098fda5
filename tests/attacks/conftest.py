"""Stand-ins for a diffusion model whose answers are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch

ALPHAS = np.cumprod(1.0 - np.linspace(1e-4, 0.02, 1000))


class LinearDenoiser:
    """eps(x, t) = c x in float64; images map to [-1, 1] and back without rounding."""

    alphas_cumprod = ALPHAS

    def __init__(self, c: float) -> None:
        self.c = c

    def encode(self, images: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(images.astype(np.float64) / 127.5 - 1.0)[:, None]

    def decode(self, z: torch.Tensor) -> np.ndarray:
        return (z[:, 0].numpy() + 1.0) * 127.5

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return self.c * z_t


class MemorisingDenoiser(LinearDenoiser):
    """The optimal denoiser of a generator that draws a member and adds Gaussian noise of the bandwidth.

    E[x0 | x_t] over a mixture of Gaussians at the members: what a network that memorised would answer.
    """

    def __init__(self, members: np.ndarray, bandwidth: float) -> None:
        super().__init__(0.0)
        self.members = self.encode(members).flatten(1)
        self.bandwidth = bandwidth

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        a = float(ALPHAS[int(t[0])])
        flat = z_t.flatten(1)
        variance = a * self.bandwidth**2 + 1.0 - a
        weight = torch.softmax(-((flat[:, None] - a**0.5 * self.members) ** 2).sum(2) / (2 * variance), dim=1)
        centre = weight @ self.members
        clean = centre + a**0.5 * self.bandwidth**2 / variance * (flat - a**0.5 * centre)
        return ((flat - a**0.5 * clean) / (1.0 - a) ** 0.5).reshape(z_t.shape)

    def decode(self, z: torch.Tensor) -> np.ndarray:
        return np.clip(super().decode(z), 0, 255).round().astype(np.uint8)


@pytest.fixture
def linear_denoiser():
    return LinearDenoiser


@pytest.fixture
def memorising_denoiser():
    return MemorisingDenoiser
