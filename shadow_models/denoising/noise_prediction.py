"""DDPM: the network predicts the noise (arXiv 2006.11239); DDIM samples (arXiv 2010.02502)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from shadow_models.denoising.generator import DenoisingGenerator
from shadow_models.denoising.learner import Task
from shadow_models.diffusion import alphas_cumprod, stratified

if TYPE_CHECKING:
    from shadow_models.denoising.batches import Batch, DrawTimes
    from shadow_models.denoising.learner import Ask
    from shadow_models.denoising.unet import UnetRecipe


def uniform_timesteps(recipe: UnetRecipe) -> DrawTimes:
    """Return the draw of training timesteps, int64 [n] in 0 .. n_timesteps - 1, all as likely."""
    last = recipe.n_timesteps - 1
    return lambda n, draw: (stratified(n, draw) * (last + 1)).long().clamp(0, last)


def ask_for_noise(recipe: UnetRecipe, device: torch.device) -> Ask:
    """Return the task of a batch: z_t = sqrt(a_t) z + sqrt(1 - a_t) eps, and eps is wanted (equation 14)."""
    alpha_bar = torch.from_numpy(alphas_cumprod(recipe)).float().to(device)

    def ask(batch: Batch) -> Task:
        a = alpha_bar[batch.t][:, None, None, None]
        return Task(a.sqrt() * batch.clean + (1 - a).sqrt() * batch.noise, batch.t, batch.noise)

    return ask


class NoiseGenerator(DenoisingGenerator):
    """A network that predicts the noise."""

    def _eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        predicted: torch.Tensor = self.network(z_t, t)
        return predicted

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
