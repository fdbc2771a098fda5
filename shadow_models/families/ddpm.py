"""`ddpm`: diffusion of pixels by the plain UNet of diffusers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shadow_models.denoising.noise_prediction import NoiseGenerator, NoiseRecipe, ask_for_noise, uniform_timesteps
from shadow_models.denoising.pixels import PixelRecipe
from shadow_models.registry import register

if TYPE_CHECKING:
    import torch

    from shadow_models.denoising.batches import DrawTimes
    from shadow_models.denoising.learner import Ask
    from shadow_models.denoising.space import Space
    from shadow_models.denoising.unet import Unet


@register("ddpm")
@dataclass(frozen=True)
class DdpmRecipe(NoiseRecipe, PixelRecipe):
    """Noise prediction at uniform timesteps (DDPM, arXiv 2006.11239), sampled by DDIM (arXiv 2010.02502).

    Raises ValueError, one sentence, for a value out of its range.
    """

    @classmethod
    def presets(cls) -> Mapping[str, DdpmRecipe]:
        """Return the recipe of each preset."""
        return PRESETS

    def draw_times(self) -> DrawTimes:
        """Every timestep is as likely."""
        return uniform_timesteps(self)

    def ask(self, device: torch.device) -> Ask:
        """The noise is asked for."""
        return ask_for_noise(self, device)

    def generator(self, network: Unet, space: Space, device: torch.device) -> NoiseGenerator:
        """Return the generator of a trained network."""
        return NoiseGenerator(self, network, space, device)


PRESETS: dict[str, DdpmRecipe] = {
    "quick": DdpmRecipe(),
    "small": DdpmRecipe(size=128),
    "gpu": DdpmRecipe(size=256),
}
