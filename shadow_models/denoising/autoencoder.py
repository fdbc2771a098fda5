"""The autoencoder of diffusers between slices and latents, and the space it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import torch
from torch import nn

from shadow_models.images import pixels_of, slices_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

AUTOENCODER = "autoencoder"
_AT_ONCE = 64  # slices: what is held between the layers grows with them


class AutoencoderOptions(Protocol):
    """What says how the autoencoder is built."""

    @property
    def size(self) -> int:
        """Side of the slices, pixels."""

    @property
    def patch(self) -> int:
        """Side of the pixel blocks that are the channels of one position."""

    @property
    def autoencoder_channels(self) -> list[int]:
        """Width of each resolution."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""

    @property
    def norm_groups(self) -> int:
        """Groups of every group norm."""


class Coded(NamedTuple):
    """What becomes of slices on the way through."""

    pixels: torch.Tensor
    """Like those that went in."""
    mean: torch.Tensor
    """Of the latents, float32 [n, c, h, w]."""
    log_variance: torch.Tensor
    """Likewise."""


class Autoencoder(nn.Module):
    """`AutoencoderKL` over blocks of pixels, with mean and standard deviation of the latents of its members."""

    mean: torch.Tensor
    sd: torch.Tensor

    def __init__(self, options: AutoencoderOptions) -> None:
        from diffusers import AutoencoderKL  # seconds to import, not wanted by those who only read a recipe

        super().__init__()
        depth = len(options.autoencoder_channels)
        self._patch = options.patch
        self.kl = AutoencoderKL(
            in_channels=options.patch**2,
            out_channels=options.patch**2,
            down_block_types=("DownEncoderBlock2D",) * depth,
            up_block_types=("UpDecoderBlock2D",) * depth,
            block_out_channels=tuple(options.autoencoder_channels),
            latent_channels=options.latent_channels,
            norm_num_groups=options.norm_groups,
            sample_size=options.size // options.patch,
        )
        for name, value in (("mean", 0.0), ("sd", 1.0)):
            self.register_buffer(name, torch.full((options.latent_channels, 1, 1), value))

    def forward(self, pixels: torch.Tensor, noise: torch.Tensor) -> Coded:
        """Map pixels, float32 [n, 1, size, size], and noise, [n, c, h, w], to what comes back."""
        law = self.kl.encode(self._blocks(pixels)).latent_dist
        return Coded(self._pixels(law.mean + law.std * noise), law.mean, law.logvar)

    def measure(self, members: NDArray[np.uint8]) -> None:
        """Take mean and standard deviation of every channel from the members, uint8 [n, size, size]."""
        self.mean.zero_()
        self.sd.fill_(1)
        latents = self.latents(members)
        self.mean.copy_(latents.mean((0, 2, 3))[:, None, None])
        self.sd.copy_(latents.std((0, 2, 3)).clamp(min=1e-6)[:, None, None])

    @torch.no_grad()
    def latents(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, size, size], into the means of their latents, scaled: float32 [n, c, h, w]."""
        means = [
            self.kl.encode(self._blocks(pixels.to(self.mean.device))).latent_dist.mean
            for pixels in torch.split(pixels_of(images), _AT_ONCE)
        ]
        return (torch.cat(means) - self.mean) / self.sd

    @torch.no_grad()
    def images(self, latents: torch.Tensor) -> NDArray[np.uint8]:
        """Turn scaled latents, [n, c, h, w], back into slices, uint8 [n, size, size]."""
        plain = latents.to(self.mean) * self.sd + self.mean
        return np.concatenate([slices_of(self._pixels(some)) for some in torch.split(plain, _AT_ONCE)])

    def _blocks(self, pixels: torch.Tensor) -> torch.Tensor:
        return nn.functional.pixel_unshuffle(pixels, self._patch)

    def _pixels(self, latents: torch.Tensor) -> torch.Tensor:
        return nn.functional.pixel_shuffle(self.kl.decode(latents, return_dict=False)[0], self._patch)


class LatentSpace:
    """Where an autoencoder's latents lie, every channel of unit variance over the members."""

    reach = None

    def __init__(self, autoencoder: Autoencoder, shape: tuple[int, int, int], device: torch.device) -> None:
        """Take an autoencoder with its final weights, and move it to the device."""
        self.autoencoder = autoencoder.to(device).eval().requires_grad_(False)
        self.shape = shape
        self.modules: Mapping[str, nn.Module] = {AUTOENCODER: self.autoencoder}

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, size, size], into z, float32 [n, c, h, w]."""
        return self.autoencoder.latents(images)

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h, w], into slices, uint8 [n, size, size]."""
        return self.autoencoder.images(z)


def build_autoencoder(options: AutoencoderOptions, seed: int) -> Autoencoder:
    """Return an autoencoder whose initial weights depend only on the options and the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Autoencoder(options).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
