"""`ddpm`: diffusion of pixels by the plain UNet of diffusers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from shadow_models.denoising.batches import Batches, views_of
from shadow_models.denoising.generator import NETWORK
from shadow_models.denoising.learner import DenoisingLearner, first_network
from shadow_models.denoising.noise_prediction import NoiseGenerator, ask_for_noise, uniform_timesteps
from shadow_models.denoising.space import PixelSpace, pixels_of
from shadow_models.denoising.unet import UnetRecipe, build_unet
from shadow_models.device import resolve_device
from shadow_models.recipe import Gives, Training
from shadow_models.registry import register
from shadow_models.training import accelerator_for, optimise

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from shadow_models.denoising.unet import Unet


@register("ddpm")
@dataclass(frozen=True)
class DdpmRecipe(UnetRecipe):
    """Noise prediction at uniform timesteps (DDPM, arXiv 2006.11239), sampled by DDIM (arXiv 2010.02502).

    Raises ValueError, one sentence, for a value out of its range.
    """

    gives: ClassVar[Gives] = Gives.DENOISER

    @classmethod
    def presets(cls) -> Mapping[str, DdpmRecipe]:  # type: ignore[override]  # no class is made of this one
        """Return the recipe of each preset."""
        return PRESETS

    def train(self, members: NDArray[np.uint8], training: Training) -> NoiseGenerator:
        """Return a generator trained on the members, uint8 [n, size, size]; with a start, from its weights on."""
        accelerator = accelerator_for(self.precision, self.batch, training.device)
        views = views_of(members, self.flip, pixels_of)
        batches = Batches(views, self.batch, training.seed, uniform_timesteps(self), accelerator)
        network = first_network(self, self._shape, self.patch, training.seed, training.start)
        learner = DenoisingLearner(self, network, batches, ask_for_noise(self, accelerator.device))
        averages = optimise(learner, self, members, training, accelerator)
        trained = self._network()
        averages.into({NETWORK: trained})
        return self._generator(trained, accelerator.device)

    def load(self, folder: Path, device: str) -> NoiseGenerator:
        """Return what was saved of this recipe."""
        generator = self._generator(self._network(), resolve_device(device))
        generator.load_weights(folder)
        return generator

    @property
    def _shape(self) -> tuple[int, int, int]:
        return 1, self.size, self.size

    def _network(self) -> Unet:
        return build_unet(self, self._shape, self.patch, seed=0)

    def _generator(self, network: Unet, device: torch.device) -> NoiseGenerator:
        return NoiseGenerator(self, network, PixelSpace(self.size, device), device)


PRESETS: dict[str, DdpmRecipe] = {
    "quick": DdpmRecipe(),
    "small": DdpmRecipe(size=128),
    "gpu": DdpmRecipe(size=256),
}
