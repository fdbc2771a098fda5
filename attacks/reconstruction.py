"""`reconstruction`: noise a candidate, let the generator restore it, compare."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attacks.base import Access, Attack, Outlook, Scores, Target
from attacks.noising import batches, check_seed, check_timesteps, fixed_noise, noised, predicted_noise
from attacks.registry import register
from attacks.similarity import ssim_matrix

if TYPE_CHECKING:
    import torch

    from shadow_models.denoiser import Denoiser


@register("reconstruction")
@dataclass(frozen=True)
class Reconstruction(Attack):
    """Distance of x to the mean of n restorations from x_t by DDIM (arXiv 2010.02502, eq. 12, sigma = 0).

    timestep: how far x is noised; n_results: restorations averaged; n_steps: DDIM steps of each;
    distance: `l2` (score: -root mean square difference, grey levels) or `ssim` (score: the SSIM).
    Network calls a candidate: n_results * n_steps.
    """

    timestep: int = 200
    n_results: int = 10
    n_steps: int = 4
    distance: str = "l2"
    noise_seed: int = 0
    needs = Access.MODEL

    def __post_init__(self) -> None:
        if self.distance not in ("l2", "ssim"):
            raise ValueError(f"distance={self.distance!r} is unknown to reconstruction; choose l2 or ssim.")
        if self.n_results < 1 or self.n_steps < 1:
            raise ValueError("n_results and n_steps must be at least 1.")
        check_seed(self.noise_seed)

    def check(self, outlook: Outlook) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps([self.timestep], outlook.n_timesteps)

    def _score(self, target: Target) -> Scores:
        model = target.model
        assert model is not None  # `score` has skipped targets without one
        check_timesteps([self.timestep], len(model.alphas_cumprod))
        mean = np.zeros(target.candidates.shape)
        for rows, x in batches(model, target.candidates):
            for index in range(self.n_results):
                noise = fixed_noise(x, self.noise_seed, index)
                restored = self._ddim(model, noised(model, x, noise, self.timestep))
                mean[rows] += model.decode(restored) / self.n_results
        if self.distance == "l2":
            return -np.sqrt(((mean - target.candidates) ** 2).mean(axis=(1, 2)))
        restored_8bit = np.round(mean).astype(np.uint8)
        pairs = zip(target.candidates, restored_8bit, strict=True)
        return np.array([ssim_matrix(x[None], y[None])[0, 0] for x, y in pairs], dtype=np.float64)

    def _ddim(self, model: Denoiser, x_t: torch.Tensor) -> torch.Tensor:
        """Deterministic reverse from x_t at `timestep` to clean, in evenly spaced steps."""
        times = np.linspace(self.timestep, 0, self.n_steps + 1).round().astype(int)
        for now, then in itertools.pairwise(times):
            signal = float(model.alphas_cumprod[now])
            # The last step lands on the clean image, alpha-bar 1, not on step 0's trace of noise.
            signal_then = float(model.alphas_cumprod[then]) if then > 0 else 1.0
            noise = predicted_noise(model, x_t, int(now))
            clean = (x_t - (1.0 - signal) ** 0.5 * noise) / signal**0.5
            x_t = signal_then**0.5 * clean + (1.0 - signal_then) ** 0.5 * noise
        return x_t
