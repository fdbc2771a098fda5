"""Noise levels, and how a network's output is read as noise.

With channel gains g (standard deviation of each channel of z) a channel c at timestep t has signal sqrt(a_t)
g_c and noise sqrt(1 - a_t). Each channel is scaled to unit variance on its own before the network sees it,
and the network predicts the v of that scaled channel: v-prediction (Salimans and Ho 2022, arXiv 2202.00512,
section 4) with a noise level per channel, the same as the preconditioning of EDM (arXiv 2206.00364, table 1)
with sigma_data = g_c.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Levels(Protocol):
    """The options that say which noise levels there are."""

    @property
    def n_timesteps(self) -> int:
        """How many."""

    @property
    def schedule(self) -> str:
        """The law of alpha-bar: "linear" or "cosine"."""


class TimedLevels(Levels, Protocol):
    """And those that say how often each is trained."""

    @property
    def time_sampling(self) -> str:
        """`lognormal` in sigma or `uniform` in the timestep."""

    @property
    def time_mean(self) -> float:
        """Of log sigma."""

    @property
    def time_sd(self) -> float:
        """Of log sigma."""


def alphas_cumprod(recipe: Levels) -> NDArray[np.float64]:
    """Return alpha-bar, float64 [n_timesteps], of the recipe's schedule, falling in (0, 1)."""
    n = recipe.n_timesteps
    if recipe.schedule == "linear":  # Ho et al. 2020: 1e-4 to 0.02 over 1000 steps, scaled to other counts
        beta = np.linspace(0.1 / n, 20 / n, n)
    else:  # Nichol and Dhariwal 2021, equation 17; their clip at 0.999 keeps alpha-bar above zero
        level = np.cos((np.arange(n + 1) / n + 0.008) / 1.008 * math.pi / 2) ** 2
        beta = np.minimum(1 - level[1:] / level[:-1], 0.999)
    return np.cumprod(1 - beta, dtype=np.float64)


def sigmas_of(alpha_bar: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sigma = sqrt((1 - a) / a), float64, noise over signal, rising with t."""
    rising: NDArray[np.float64] = np.sqrt((1 - alpha_bar) / alpha_bar)
    return rising


class Level(NamedTuple):
    """Signal and noise share of every channel after scaling to unit variance; signal^2 + noise^2 = 1."""

    signal: torch.Tensor
    """float32 [n, c, 1, 1]"""
    noise: torch.Tensor
    """float32 [n, c, 1, 1]"""
    spread: torch.Tensor
    """Standard deviation of z_t before that scaling, float32 [n, c, 1, 1]."""


def level_at(alpha_bar: torch.Tensor, gain: torch.Tensor) -> Level:
    """Return the level for alpha-bar of each image, float32 [n], and gains, float32 [c, 1, 1]."""
    a = alpha_bar[:, None, None, None]
    spread = (a * gain**2 + (1 - a)).sqrt()
    return Level(signal=a.sqrt() * gain / spread, noise=(1 - a).sqrt() / spread, spread=spread)


def target_of(prediction: str, clean: torch.Tensor, noise: torch.Tensor, level: Level) -> torch.Tensor:
    """Return the output wanted, [n, c, h', w'], for clean data and noise, both of unit variance."""
    return noise if prediction == "epsilon" else level.signal * noise - level.noise * clean


def eps_of(prediction: str, output: torch.Tensor, scaled: torch.Tensor, level: Level) -> torch.Tensor:
    """Return the noise, [n, c, h', w'], in the scaled z_t: eps = noise z + signal v."""
    return output if prediction == "epsilon" else level.noise * scaled + level.signal * output


def stratified(n: int, generator: torch.Generator) -> torch.Tensor:
    """Draw uniform numbers, float32 [n] in [0, 1), rising.

    One in each n-th of the interval: same density, less variance (Kingma et al. 2021, arXiv 2107.00630).
    """
    return (torch.arange(n) + torch.rand(n, generator=generator)) / n


class TimeSampler(NamedTuple):
    """Draws training timesteps."""

    sampling: str
    log_sigmas: torch.Tensor
    """float32 [T], rising"""
    mean: float
    sd: float

    def draw(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Return timesteps, int64 [n] in 0..T-1; stratified, so that one batch covers the noise levels."""
        u = stratified(n, generator)
        last = len(self.log_sigmas) - 1
        if self.sampling == "uniform":
            return (u * (last + 1)).long().clamp(0, last)
        normal = math.sqrt(2) * torch.erfinv((2 * u - 1).clamp(-0.999999, 0.999999))
        return torch.searchsorted(self.log_sigmas, self.mean + self.sd * normal).clamp(0, last)


def time_sampler(recipe: TimedLevels) -> TimeSampler:
    """Return the sampler of training timesteps that the recipe asks for."""
    log_sigmas = torch.from_numpy(np.log(sigmas_of(alphas_cumprod(recipe)))).float()
    return TimeSampler(recipe.time_sampling, log_sigmas, recipe.time_mean, recipe.time_sd)
