"""A trained generator of `dct`: averaged weights, recipe and codec; a `WhiteBox` for the attacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from shadow_models.denoising.generator import DenoisingModel
from shadow_models.device import resolve_device
from shadow_models.diffusion import alphas_cumprod, eps_of, level_at
from shadow_models.families.dct.codec import Codec
from shadow_models.families.dct.network import build_network
from shadow_models.images import draws_of
from shadow_models.weights import content_of, load_states, read_weights, states_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.families.dct import DctRecipe
    from shadow_models.families.dct.network import Network


class DctGenerator(DenoisingModel):
    """A network over the coefficients of a codec."""

    def __init__(self, recipe: DctRecipe, codec: Codec, network: Network, device: str = "cpu") -> None:
        """Take a network with its final (averaged) weights; moves it and the codec to the device."""
        self.recipe: DctRecipe = recipe
        # Channels last: a seventh less time an image on a CPU core.
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        super().__init__(alphas_cumprod(recipe), network, resolve_device(device))
        self.codec = codec.to(self.device)
        self._alpha_bar_here = torch.from_numpy(self.alphas_cumprod).float().to(self.device)

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h', w'], into slices, uint8 [n, size, size]."""
        return self.codec.decode(z)

    def draw(self, numbers: range, seed: int) -> NDArray[np.uint8]:
        """As the base, with the recipe's sampler."""
        from shadow_models.families.dct.sample import denoise

        return self.decode(denoise(self, draws_of(seed, numbers)))

    def _encoded(self, images: NDArray[np.uint8]) -> torch.Tensor:
        return self.codec.encode(images)

    def _eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        level = level_at(self._alpha_bar_here[t], self.codec.gain)
        scaled = z_t.to(memory_format=torch.channels_last) / level.spread
        return eps_of(self.recipe.prediction, self.network(scaled, t, level), scaled, level)

    def content(self) -> dict[str, bytes]:
        """Weights and codec."""
        codec = {f"codec.{name}": getattr(self.codec, name) for name in _CODEC_TENSORS}
        return content_of(states_of({"network": self.network}) | codec)


_CODEC_TENSORS = ("mean", "sd", "gain")


def load_dct(folder: Path, recipe: DctRecipe, device: str) -> DctGenerator:
    """Read what `save` wrote of this recipe; ValueError or OSError, one sentence, where it cannot."""
    network = build_network(recipe, seed=0)
    shapes = {name: tuple(value.shape) for name, value in states_of({"network": network}).items()}
    tensors = read_weights(folder, shapes | {f"codec.{name}": (recipe.n_channels, 1, 1) for name in _CODEC_TENSORS})
    load_states({"network": network}, tensors)
    codec = Codec(recipe.block, *(tensors[f"codec.{name}"] for name in _CODEC_TENSORS))
    return DctGenerator(recipe, codec, network, device)
