"""Sampling from a generator of `dct`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from shadow_models.diffusion import sigmas_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from shadow_models.families.dct import DctRecipe
    from shadow_models.families.dct.codec import Codec


class _Sampled(Protocol):
    """What sampling asks of a `DctGenerator`."""

    recipe: DctRecipe
    device: torch.device
    codec: Codec

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]: ...

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor: ...


def sampling_timesteps(recipe: DctRecipe, alpha_bar: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the falling timesteps, int64 [at most sample_steps], nearest to the noise levels of EDM.

    sigma_i = (max^(1/rho) + i / (n - 1) (min^(1/rho) - max^(1/rho)))^rho: arXiv 2206.00364, equation 5.
    """
    sigmas = sigmas_of(alpha_bar)
    high, low = (np.clip(s, sigmas[0], sigmas[-1]) for s in (recipe.sample_sigma_max, recipe.sample_sigma_min))
    ramp = np.linspace(high ** (1 / recipe.sample_rho), low ** (1 / recipe.sample_rho), recipe.sample_steps)
    nearest = np.abs(np.log(sigmas)[:, None] - recipe.sample_rho * np.log(ramp)[None]).argmin(0)
    return np.unique(nearest)[::-1].astype(np.int64)


@torch.no_grad()
def denoise(generator: _Sampled, draws: Sequence[torch.Generator]) -> torch.Tensor:
    """Run the reverse process to clean z, [n, c, h', w'], on the generator's device; draws: one an image."""
    from diffusers import DPMSolverMultistepScheduler  # seconds to import

    recipe, alpha_bar = generator.recipe, generator.alphas_cumprod
    scheduler = DPMSolverMultistepScheduler(
        num_train_timesteps=recipe.n_timesteps,
        trained_betas=1 - alpha_bar / np.concatenate([[1.0], alpha_bar[:-1]]),
        # DDIM is the first-order solver of this family: Lu et al. 2022, arXiv 2211.01095, section 4.
        solver_order=1 if recipe.sampler == "ddim" else 2,
        prediction_type="epsilon",
        algorithm_type="sde-dpmsolver++" if recipe.sampler == "sde-dpm++" else "dpmsolver++",
        final_sigmas_type="zero",
    )

    def noise() -> torch.Tensor:
        shape = (recipe.n_channels, recipe.grid, recipe.grid)
        return torch.stack([torch.randn(shape, generator=draw) for draw in draws])

    scheduler.set_timesteps(timesteps=sampling_timesteps(recipe, alpha_bar).tolist())
    top = alpha_bar[int(scheduler.timesteps[0])]
    gain = generator.codec.gain
    # Start from the spread that noised data has at this level, per channel; 1 at the usual, very noisy start.
    z: torch.Tensor = noise().to(generator.device) * (top * gain**2 + (1 - top)).sqrt()
    for t in scheduler.timesteps:
        eps = generator.eps(z, t.expand(len(z)))
        if recipe.sample_clip:
            eps = _clipped(generator, z, eps, alpha_bar[int(t)])
        fresh = noise() if recipe.sampler == "sde-dpm++" else None
        z = scheduler.step(eps, t, z, variance_noise=fresh, return_dict=False)[0]
    return z


def _clipped(generator: _Sampled, z: torch.Tensor, eps: torch.Tensor, a: float) -> torch.Tensor:
    """Return the noise that goes with the clean estimate once its pixels are clipped to the grey range."""
    clean = generator.codec.clip((z - (1 - a) ** 0.5 * eps) / a**0.5)
    consistent: torch.Tensor = (z - a**0.5 * clean) / (1 - a) ** 0.5
    return consistent
