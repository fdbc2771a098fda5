"""Slices to cosine coefficients and back: the space in which our generators diffuse.

An orthonormal block DCT turns [size, size] pixels into block^2 channels at (size / block)^2 positions: few
positions make the network cheap, and scaling each channel to about unit variance makes fine structure worth
learning.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shadow_models.families.dct import DctRecipe


@cache  # asked for at every training step; no caller writes into it
def dct_matrix(block: int) -> torch.Tensor:
    """Return the orthonormal DCT-II matrix D, float32 [block, block]: coefficients = D @ samples."""
    rows, columns = np.mgrid[:block, :block]
    matrix = np.sqrt(2 / block) * np.cos(math.pi * (columns + 0.5) * rows / block)
    matrix[0] /= math.sqrt(2)
    return torch.from_numpy(matrix).float()


def block_dct(pixels: torch.Tensor, block: int) -> torch.Tensor:
    """Turn pixels, float [n, h, w], into orthonormal coefficients, [n, block^2, h / block, w / block]."""
    n, height, width = pixels.shape
    matrix = dct_matrix(block).to(pixels)
    tiles = pixels.reshape(n, height // block, block, width // block, block)
    # two products of two: with three, the order of sums hangs on whether opt_einsum is installed, as opacus wants it
    spectrum = torch.einsum("nuyxj,vj->nuvyx", torch.einsum("ui,nyixj->nuyxj", matrix, tiles), matrix)
    return spectrum.reshape(n, block * block, height // block, width // block)


def inverse_block_dct(spectrum: torch.Tensor, block: int) -> torch.Tensor:
    """Turn coefficients, float [n, block^2, h', w'], back into pixels, float [n, h' block, w' block]."""
    n, _, height, width = spectrum.shape
    matrix = dct_matrix(block).to(spectrum)
    tiles = spectrum.reshape(n, block, block, height, width)
    pixels = torch.einsum("nivyx,vj->nyixj", torch.einsum("ui,nuvyx->nivyx", matrix, tiles), matrix)
    return pixels.reshape(n, height * block, width * block)


class Codec(NamedTuple):
    """The fixed affine map between pixels and z: z = gain * (DCT(pixels) - mean) / sd."""

    block: int
    mean: torch.Tensor
    """Mean of each channel's coefficients, float32 [c, 1, 1]."""
    sd: torch.Tensor
    """Standard deviation of each channel's coefficients, float32 [c, 1, 1], pixels being in [-1, 1]."""
    gain: torch.Tensor
    """Standard deviation of each channel of z, float32 [c, 1, 1], mean square 1; all 1 if fully whitened."""

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, h, w], into z, float32 [n, c, h', w'], on the codec's device."""
        return self.from_pixels(
            torch.from_numpy(np.ascontiguousarray(images)).to(self.mean.device).float() / 127.5 - 1
        )

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, float [n, c, h', w'], into slices, uint8 [n, h, w], rounded and clipped."""
        grey = ((self.to_pixels(z.float().to(self.mean.device)) + 1) * 127.5).round().clamp(0, 255)
        decoded: NDArray[np.uint8] = grey.to(torch.uint8).cpu().numpy()
        return decoded

    def from_pixels(self, pixels: torch.Tensor) -> torch.Tensor:
        """Turn pixels in [-1, 1], float32 [n, h, w], into z."""
        return self.gain * (block_dct(pixels, self.block) - self.mean) / self.sd

    def to_pixels(self, z: torch.Tensor) -> torch.Tensor:
        """Turn z into pixels, float32 [n, h, w], not clipped."""
        return inverse_block_dct(z * (self.sd / self.gain) + self.mean, self.block)

    def clip(self, z: torch.Tensor) -> torch.Tensor:
        """Return the z nearest to this one (in pixels) whose pixels lie in [-1, 1]."""
        return self.from_pixels(self.to_pixels(z).clamp(-1, 1))

    def to(self, device: torch.device) -> Codec:
        """Return the same codec on another device."""
        return Codec(self.block, self.mean.to(device), self.sd.to(device), self.gain.to(device))


def fit_codec(members: NDArray[np.uint8], recipe: DctRecipe) -> Codec:
    """Measure mean and spread of the coefficients on the members, uint8 [n, size, size].

    A channel hardly in use is divided by no less than a thousandth of the largest spread, or of one grey
    level.
    """
    spectrum = block_dct(torch.from_numpy(np.ascontiguousarray(members)).double() / 127.5 - 1, recipe.block)
    mean = spectrum.mean(dim=(0, 2, 3))
    sd = (spectrum - mean[:, None, None]).square().mean(dim=(0, 2, 3)).sqrt()
    sd = sd.clamp_min(max(1e-3 * float(sd.max()), 1 / 127.5))
    gain = sd ** (1 - recipe.whitening)
    gain = gain / gain.square().mean().sqrt()
    return Codec(recipe.block, *(values.float()[:, None, None] for values in (mean, sd, gain)))
