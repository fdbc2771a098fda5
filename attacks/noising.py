"""Forward noising with fixed noises: x_t = sqrt(a_t) x + sqrt(1 - a_t) noise (arXiv 2006.11239, eq. 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from attacks.base import Images

if TYPE_CHECKING:
    import torch

    from shadow_models.denoiser import Denoiser

BATCH_IMAGES = 64  # images a network call; no option, because it does not change a score


def check_timesteps(timesteps: Sequence[int], n_timesteps: int) -> None:
    """Raise ValueError unless every timestep is one of a model's n_timesteps."""
    last = n_timesteps - 1
    if not timesteps or min(timesteps) < 0 or max(timesteps) > last:
        raise ValueError(f"Timesteps {list(timesteps)} must lie in 0 to {last}, the model's own.")


def check_seed(seed: int) -> None:
    """Raise ValueError for a seed that cannot seed."""
    if seed < 0:
        raise ValueError(f"noise_seed={seed} must be 0 or more.")


def batches(model: Denoiser, candidates: Images) -> Iterator[tuple[slice, torch.Tensor]]:
    """The candidates in the model's space, [b, c, h, w], a batch at a time with its place in the whole."""
    for start in range(0, len(candidates), BATCH_IMAGES):
        rows = slice(start, start + BATCH_IMAGES)
        yield rows, model.encode(candidates[rows])


def fixed_noise(like: torch.Tensor, seed: int, index: int) -> torch.Tensor:
    """Standard normal noise [1, c, h, w] that depends on (seed, index) alone.

    The same for every image and every model: its luck cancels when losses are compared.
    """
    import torch  # torch only where a network is called: release attacks start without it

    values = np.random.default_rng([seed, index]).standard_normal(tuple(like.shape[1:]))
    return torch.as_tensor(values, dtype=like.dtype, device=like.device)[None]


def noised(model: Denoiser, x: torch.Tensor, noise: torch.Tensor, timestep: int) -> torch.Tensor:
    """x_t for x [b, c, h, w] and noise [1 or b, c, h, w]."""
    signal = float(model.alphas_cumprod[timestep])
    return signal**0.5 * x + (1.0 - signal) ** 0.5 * noise


def predicted_noise(model: Denoiser, x_t: torch.Tensor, timestep: int) -> torch.Tensor:
    """eps(x_t, t) for a whole batch at one timestep."""
    import torch

    return model.eps(x_t, torch.full((len(x_t),), timestep, dtype=torch.int64, device=x_t.device))
