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
    """A UNet tells noise at uniform timesteps (DDPM, arXiv 2006.11239); DDIM samples (arXiv 2010.02502).

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
    "small": DdpmRecipe(size=128, channels=[64, 128, 192], steps=6_000, batch=16, ema_decay=0.998),
    "gpu": DdpmRecipe(
        size=256,
        channels=[128, 128, 256, 256, 512, 512],
        layers=2,
        attention=[4],
        norm_groups=32,
        patch=1,
        prediction="epsilon",
        steps=60_000,
        batch=16,
        learning_rate=1e-4,
        warm_up=0.01,
        ema_decay=0.9999,
        precision="bf16",
        sample_steps=50,
    ),
}
"""`quick`: tuned on 35 real slices, minutes on one CPU core. `small` and `gpu` are neither tuned nor trained yet;
`gpu` has the widths of diffusers' public example of unconditional images, 114 million weights, and wants hours."""
