"""`reconstruction`: noise a candidate, let the generator restore it, compare."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attacks.base import Access, TargetShape
from attacks.noising import (
    check_seed,
    check_timesteps,
    clean,
    fixed_noise,
    noised,
    predicted_noise,
    predicted_of_noised,
)
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.similarity import ssim_pairs
from attacks.view import Observed, View

if TYPE_CHECKING:
    import torch


@register("reconstruction")
@dataclass(frozen=True)
class Reconstruction(ObservingAttack):
    """Distance of x to the mean of n restorations from x_t by DDIM (arXiv 2010.02502, eq. 12, sigma = 0).

    timestep: how far x is noised; n_results: restorations averaged; n_steps: DDIM steps of each;
    compare: `l2` (score: -log of the root mean square difference, grey levels) or `ssim` (score: the SSIM).
    noise_seed: which noises.
    Network calls a candidate: n_results * n_steps.
    """

    timestep: int = 200
    n_results: int = 10
    n_steps: int = 2
    compare: str = "l2"
    noise_seed: int = 0

    observes: ClassVar[Access] = Access.MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.compare not in ("l2", "ssim"):
            raise ValueError(f"compare={self.compare!r} is unknown to reconstruction; choose l2 or ssim.")
        if self.n_results < 1 or self.n_steps < 1:
            raise ValueError("n_results and n_steps must be at least 1.")
        check_seed(self.noise_seed)

    def check(self, shape: TargetShape) -> None:
        """As the base: timesteps must be the model's."""
        check_timesteps([self.timestep], shape.n_timesteps)

    def observe(self, view: View) -> Observed:
        """The score by one model, float64 [n]."""
        check_timesteps([self.timestep], len(view.denoiser.alphas_cumprod))
        mean = np.zeros(view.candidates.shape)
        for index in range(self.n_results):
            restored = ddim_restored(view, self.timestep, self.n_steps, self.noise_seed, index)
            mean += view.denoiser.decode(restored) / self.n_results
        if self.compare == "l2":
            rms = np.sqrt(((mean - view.candidates) ** 2).mean(axis=(1, 2)))
            return -np.log(np.maximum(rms, 1e-3))
        return ssim_pairs(view.candidates, np.round(mean).astype(np.uint8))


def ddim_restored(view: View, timestep: int, n_steps: int, seed: int, index: int) -> torch.Tensor:
    """The candidates noised to `timestep` and led back to clean in evenly spaced deterministic steps.

    float [n, c, h, w] in the model's space. Made once a view, by whichever attack asks first.
    """

    def restore() -> torch.Tensor:
        model, x = view.denoiser, clean(view)
        x_t = noised(model, x, fixed_noise(x, seed, index), timestep)
        times = [int(t) for t in np.linspace(timestep, 0, n_steps + 1).round()]
        for now, then in itertools.pairwise(times):
            signal = float(model.alphas_cumprod[now])
            # The last step lands on the clean image, alpha-bar 1, not on step 0's trace of noise.
            signal_then = float(model.alphas_cumprod[then]) if then > 0 else 1.0
            first = now == timestep  # the step that the losses have asked for, too
            noise = predicted_of_noised(view, now, seed, index) if first else predicted_noise(model, x_t, now)
            x_0 = (x_t - (1.0 - signal) ** 0.5 * noise) / signal**0.5
            x_t = signal_then**0.5 * x_0 + (1.0 - signal_then) ** 0.5 * noise
        return x_t

    return view.remember(("restored", timestep, n_steps, seed, index), restore)
