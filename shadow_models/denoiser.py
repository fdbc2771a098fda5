"""What an attack may ask of a generator's network. Importing this file loads neither torch nor diffusers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


@runtime_checkable
class Denoiser(Protocol):
    """A diffusion model z_t = sqrt(a_t) z + sqrt(1 - a_t) eps (DDPM, arXiv 2006.11239, equation 4).

    z is the space in which it diffuses, of about unit variance; a_t is alpha-bar, `alphas_cumprod[t]`.
    """

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]:
        """Alpha-bar for t = 0 .. T-1: float64 [T], in (0, 1), falling."""

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, h, w], into z, float32 [n, c, h', w']."""

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h', w'], back into slices, uint8 [n, h, w], rounded and clipped to 0..255."""

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Predict the noise in z_t, [n, c, h', w'], at timesteps t, int64 [n]; like z_t, without gradient."""


@runtime_checkable
class WhiteBox(Denoiser, Protocol):
    """A denoiser that shows its weights, for attacks with gradient access."""

    @property
    def network(self) -> torch.nn.Module:
        """The module whose parameters `eps_with_grad` depends on."""

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `eps`, but on the graph of the network's parameters, which take gradients from then on."""


@runtime_checkable
class Discriminator(Protocol):
    """A generator that shows the network which told its images from real ones (arXiv 1406.2661)."""

    def discriminate(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Judge slices, uint8 [n, h, w], one by one: float64 [n], larger = more like the training data."""
