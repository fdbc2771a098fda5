"""DDPM: the network predicts the noise (arXiv 2006.11239); DDIM samples (arXiv 2010.02502)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from shadow_models.denoising.generator import DenoisingGenerator
from shadow_models.denoising.learner import Task
from shadow_models.denoising.unet import UnetRecipe
from shadow_models.diffusion import alphas_cumprod, eps_of, level_at, stratified, target_of
from shadow_models.recipe import refuse

if TYPE_CHECKING:
    from shadow_models.denoising.batches import Batch, DrawTimes
    from shadow_models.denoising.learner import Ask
    from shadow_models.denoising.space import Space
    from shadow_models.denoising.unet import Unet
    from shadow_models.diffusion import Level


@dataclass(frozen=True)
class NoiseRecipe(UnetRecipe):
    """A family of a network from whose output the noise is read.

    Raises ValueError, one sentence, for a value out of its range.
    """

    prediction: str = "v_prediction"
    """What the network predicts: "epsilon" as DDPM does, or "v_prediction" (Salimans and Ho 2022, arXiv 2202.00512).
    After minutes of training the first misses the mean grey of most images: where there is next to nothing but noise,
    an error in it is an error a hundred times as large in the image."""

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **UnetRecipe.choices,
        "prediction": ("epsilon", "v_prediction"),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_divisor(self)


def _check_divisor(recipe: UnetRecipe) -> None:
    if recipe.n_timesteps % recipe.sample_steps:  # the scheduler steps down by a whole number of timesteps
        refuse("sample_steps", recipe.sample_steps, f"a divisor of n_timesteps={recipe.n_timesteps}")


def uniform_timesteps(recipe: UnetRecipe) -> DrawTimes:
    """Return the draw of training timesteps, int64 [n] in 0 .. n_timesteps - 1, all as likely."""
    last = recipe.n_timesteps - 1
    return lambda n, draw: (stratified(n, draw) * (last + 1)).long().clamp(0, last)


def ask_for_noise(recipe: NoiseRecipe, device: torch.device) -> Ask:
    """Return the task of a batch: z_t = sqrt(a_t) z + sqrt(1 - a_t) eps, and eps or v is wanted (equation 14)."""
    levels = _Levels(recipe, device)

    def ask(batch: Batch) -> Task:
        level = levels.at(batch.t)
        target = target_of(recipe.prediction, batch.clean, batch.noise, level)
        return Task(level.signal * batch.clean + level.noise * batch.noise, batch.t, target)

    return ask


class _Levels:
    """Signal and noise at timesteps."""

    def __init__(self, recipe: NoiseRecipe, device: torch.device) -> None:
        self._alpha_bar = torch.from_numpy(alphas_cumprod(recipe)).float().to(device)
        self._gain = torch.ones((1, 1, 1), device=device)  # the space has unit variance

    def at(self, t: torch.Tensor) -> Level:
        """Return the level of timesteps, int64 [n]."""
        return level_at(self._alpha_bar[t], self._gain)


class NoiseGenerator(DenoisingGenerator):
    """A network from whose output the noise is read."""

    def __init__(self, recipe: NoiseRecipe, network: Unet, space: Space, device: torch.device) -> None:
        """As `DenoisingGenerator` takes them."""
        super().__init__(recipe, network, space, device)
        self._prediction, self._levels = recipe.prediction, _Levels(recipe, device)

    def _eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return eps_of(self._prediction, self.network(z_t, t), z_t, self._levels.at(t))

    def _denoised(self, noise: torch.Tensor) -> torch.Tensor:
        """DDIM without fresh noise (eta 0), from the last timestep on (arXiv 2305.08891, section 3.3)."""
        from diffusers import DDIMScheduler  # seconds to import

        alpha_bar, reach = self.alphas_cumprod, self.space.reach
        scheduler = DDIMScheduler(
            num_train_timesteps=len(alpha_bar),
            trained_betas=1 - alpha_bar / np.concatenate([[1.0], alpha_bar[:-1]]),
            prediction_type="epsilon",
            timestep_spacing="trailing",
            clip_sample=reach is not None,
            clip_sample_range=1.0 if reach is None else reach,
        )
        scheduler.set_timesteps(self.recipe.sample_steps)
        z = noise
        for t in scheduler.timesteps:
            eps = self._eps(z, t.to(self.device).expand(len(z)))
            z = scheduler.step(eps, t, z, eta=0.0, use_clipped_model_output=True, return_dict=False)[0]
        return z
