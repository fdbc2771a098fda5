"""A trained generator of `dct`: averaged weights, recipe and codec; a `WhiteBox` for the attacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from shadow_models.device import resolve_device
from shadow_models.diffusion import alphas_cumprod, eps_of, level_at
from shadow_models.families.dct.codec import Codec
from shadow_models.families.dct.network import build_network
from shadow_models.generator import Generator
from shadow_models.weights import content_of, load_states, read_weights, states_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.families.dct import DctRecipe
    from shadow_models.families.dct.network import Network
    from shadow_models.recipe import Report


class DctGenerator(Generator):
    """A diffusion model of lung slices, ready to sample from and to be attacked; implements `WhiteBox`."""

    def __init__(self, recipe: DctRecipe, codec: Codec, network: Network, device: str = "cpu") -> None:
        """Take a network with its final (averaged) weights; moves it and the codec to the device."""
        self.recipe: DctRecipe = recipe
        self.device = resolve_device(device)
        self.codec = codec.to(self.device)
        # Channels last: a seventh less time an image on a CPU core.
        network = network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network.eval().requires_grad_(False)
        self._alpha_bar = alphas_cumprod(recipe)
        self._alpha_bar_here = torch.from_numpy(self._alpha_bar).float().to(self.device)

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]:
        """Alpha-bar for t = 0 .. T-1: float64 [T]."""
        return self._alpha_bar

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, size, size], into z, float32 [n, c, h', w']; ValueError for others."""
        side = self.recipe.size
        if images.ndim != 3 or images.shape[1:] != (side, side) or images.dtype != "uint8":
            raise ValueError(
                f"The generator works on uint8 slices [n, {side}, {side}], but was given "
                f"{images.dtype} {list(images.shape)}: resize the slices to data.size={side}."
            )
        return self.codec.encode(images)

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h', w'], into slices, uint8 [n, size, size]."""
        return self.codec.decode(z)

    @torch.no_grad()
    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Predict the noise in z_t, [n, c, h', w'], at t, int64 [n]; on z_t's device, in its dtype."""
        return self._eps(z_t, t)

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `eps`, but on the graph of the network's parameters, which take gradients from then on."""
        self.network.requires_grad_(True)
        with torch.enable_grad():
            return self._eps(z_t, t)

    def _eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        here = z_t.to(self.device, torch.float32, memory_format=torch.channels_last)
        t = t.to(self.device)
        level = level_at(self._alpha_bar_here[t], self.codec.gain)
        scaled = here / level.spread
        return eps_of(self.recipe.prediction, self.network(scaled, t, level), scaled, level).to(z_t)

    def sample(
        self,
        n_images: int,
        *,
        seed: int,
        batch: int = 64,
        report: Report | None = None,
        log: Path | None = None,
    ) -> NDArray[np.uint8]:
        """Draw a release with the recipe's sampler."""
        from shadow_models.families.dct.sample import sample_dct

        del log
        return sample_dct(self, n_images, seed=seed, batch=batch, report=report)

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
