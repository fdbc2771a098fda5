"""The spaces in which networks denoise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shadow_models.images import pixels_of, slices_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import nn


class Space(Protocol):
    """Where the z of slices lie, of about unit variance."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one z: [c, h, w]."""

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """What of it was learnt: part of a generator's files."""

    @property
    def reach(self) -> float | None:
        """The largest value of a clean z, where there is one: estimates beyond it are brought back."""

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, size, size], into z, float32 [n, c, h, w], on the space's device."""

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h, w], into slices, uint8 [n, size, size], rounded and clipped to 0..255."""


class PixelSpace:
    """Pixels in [-1, 1], as in DDPM (arXiv 2006.11239, section 3.3)."""

    modules: Mapping[str, nn.Module] = {}
    reach = 1.0

    def __init__(self, size: int, device: torch.device) -> None:
        self.shape = (1, size, size)
        self._device = device

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, size, size], into z, float32 [n, 1, size, size], on the space's device."""
        return pixels_of(images).to(self._device)

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, 1, size, size], into slices, uint8 [n, size, size], rounded and clipped to 0..255."""
        return slices_of(z)
