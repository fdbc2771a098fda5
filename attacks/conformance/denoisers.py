"""Stand-ins for a diffusion model whose answers are known in closed form, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images

if TYPE_CHECKING:  # torch is imported where a network is made: attacks on releases are tried without it
    import torch

# The schedule of arXiv 2006.11239, sec. 4.
ALPHAS: NDArray[np.float64] = np.cumprod(1.0 - np.linspace(1e-4, 0.02, 1000)).astype(np.float64)


class LinearDenoiser:
    """eps(x, t) = c x; slices map to [-1, 1] and back without rounding, so that closed forms hold exactly."""

    alphas_cumprod = ALPHAS

    def __init__(self, c: float) -> None:
        self.c = c

    def encode(self, images: Images) -> torch.Tensor:
        """Uint8 [n, h, w] -> float64 [n, 1, h, w] in [-1, 1]."""
        import torch

        return torch.from_numpy(images.astype(np.float64) / 127.5 - 1.0)[:, None]

    def decode(self, z: torch.Tensor) -> NDArray[np.generic]:
        """Float64 [n, 1, h, w] -> [n, h, w], grey levels, neither rounded nor clipped."""
        return (z[:, 0].numpy() + 1.0) * 127.5

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `Denoiser`: c z_t."""
        del t
        return self.c * z_t


class MemorisingDenoiser(LinearDenoiser):
    """The optimal denoiser of a generator that draws a member and adds Gaussian noise of the bandwidth.

    E[x0 | x_t] over a mixture of Gaussians at the members: what a network that memorised would answer. Members
    and bandwidth are its weights, so that gradients by weights exist. members: uint8 [m, h, w]; bandwidth: in
    units of [-1, 1].
    """

    def __init__(self, members: Images, bandwidth: float) -> None:
        import torch

        super().__init__(0.0)
        weights = {
            "members": self.encode(members).flatten(1),
            "bandwidth": torch.tensor(bandwidth, dtype=torch.float64),
        }
        self.network = torch.nn.ParameterDict(weights)

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `Denoiser`: the noise that the mixture expects in z_t."""
        import torch

        with torch.no_grad():
            return self.eps_with_grad(z_t, t)

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `eps`, on the graph of the weights."""
        import torch

        members, bandwidth = self.network["members"], self.network["bandwidth"]
        a = torch.from_numpy(ALPHAS)[t][:, None]
        flat = z_t.flatten(1)
        variance = a * bandwidth**2 + 1.0 - a
        # |flat|^2 is left out of the squared distances: it is the same for every member.
        nearness = a**0.5 * flat @ members.T - 0.5 * a * (members**2).sum(dim=1)
        centre = torch.softmax(nearness / variance, dim=1) @ members
        clean = centre + a**0.5 * bandwidth**2 / variance * (flat - a**0.5 * centre)
        return ((flat - a**0.5 * clean) / (1.0 - a) ** 0.5).reshape(z_t.shape)

    def decode(self, z: torch.Tensor) -> Images:
        """As `Denoiser`: uint8 [n, h, w]."""
        return np.clip(super().decode(z.detach()), 0, 255).round().astype(np.uint8)
