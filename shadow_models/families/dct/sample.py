"""Sampling from a generator of `dct`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from shadow_models.diffusion import sigmas_of
from shadow_models.seeds import seed_of

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]: ...


@torch.no_grad()
def sample_dct(
    generator: _Sampled,
    n_images: int,
    *,
    seed: int,
    batch: int = 64,
    report: Callable[[int, int], None] | None = None,
) -> NDArray[np.uint8]:
    """Draw a release, uint8 [n_images, size, size], with the recipe's sampler.

    The noise of image i depends on (seed, i) alone, so the batch size changes an image by no more
    than the rounding of floats. `report(done, n_images)` is called after every batch.
    """
    release = []
    for start in range(0, n_images, batch):
        stop = min(start + batch, n_images)
        noise = _Noise(generator.recipe, seed, start, stop)
        release.append(generator.decode(_denoise(generator, noise)))
        if report is not None:
            report(stop, n_images)
    return np.concatenate(release)


def sampling_timesteps(recipe: DctRecipe, alpha_bar: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the falling timesteps, int64 [at most sample_steps], nearest to the noise levels of EDM.

    sigma_i = (max^(1/rho) + i / (n - 1) (min^(1/rho) - max^(1/rho)))^rho: arXiv 2206.00364, equation 5.
    """
    sigmas = sigmas_of(alpha_bar)
    high, low = (np.clip(s, sigmas[0], sigmas[-1]) for s in (recipe.sample_sigma_max, recipe.sample_sigma_min))
    ramp = np.linspace(high ** (1 / recipe.sample_rho), low ** (1 / recipe.sample_rho), recipe.sample_steps)
    nearest = np.abs(np.log(sigmas)[:, None] - recipe.sample_rho * np.log(ramp)[None]).argmin(0)
    return np.unique(nearest)[::-1].astype(np.int64)


class _Noise:
    """The noise of images start .. stop - 1: each image has a random generator of its own."""

    def __init__(self, recipe: DctRecipe, seed: int, start: int, stop: int) -> None:
        self._shape = (recipe.n_channels, recipe.grid, recipe.grid)
        self._draws = [torch.Generator().manual_seed(seed_of(seed, "image", i)) for i in range(start, stop)]

    def next(self) -> torch.Tensor:
        """Draw standard normal noise, float32 [stop - start, c, h', w'], on the CPU."""
        return torch.stack([torch.randn(self._shape, generator=draw) for draw in self._draws])


def _denoise(generator: _Sampled, noise: _Noise) -> torch.Tensor:
    """Run the reverse process to clean z, [n, c, h', w'], on the generator's device."""
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
    scheduler.set_timesteps(timesteps=sampling_timesteps(recipe, alpha_bar).tolist())
    top = alpha_bar[int(scheduler.timesteps[0])]
    gain = generator.codec.gain
    # Start from the spread that noised data has at this level, per channel; 1 at the usual, very noisy start.
    z: torch.Tensor = noise.next().to(generator.device) * (top * gain**2 + (1 - top)).sqrt()
    for t in scheduler.timesteps:
        eps = generator.eps(z, t.expand(len(z)))
        if recipe.sample_clip:
            eps = _clipped(generator, z, eps, alpha_bar[int(t)])
        fresh = noise.next() if recipe.sampler == "sde-dpm++" else None
        z = scheduler.step(eps, t, z, variance_noise=fresh, return_dict=False)[0]
    return z


def _clipped(generator: _Sampled, z: torch.Tensor, eps: torch.Tensor, a: float) -> torch.Tensor:
    """Return the noise that goes with the clean estimate once its pixels are clipped to the grey range."""
    clean = generator.codec.clip((z - (1 - a) ** 0.5 * eps) / a**0.5)
    consistent: torch.Tensor = (z - a**0.5 * clean) / (1 - a) ** 0.5
    return consistent
