"""Forward noising with fixed noises, x_t = sqrt(a_t) x + sqrt(1 - a_t) noise (arXiv 2006.11239, eq. 4), and the
network's answers to it, each asked for once a view however many attacks want it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attacks.lowpass import low
from attacks.view import CountedModel, Observed, View

if TYPE_CHECKING:
    import torch

BATCH_IMAGES = 32  # images a network call; no option, because it does not change a score


def check_timesteps(timesteps: Sequence[int], n_timesteps: int) -> None:
    """Raise ValueError unless every timestep is one of a model's n_timesteps.

    Generators without timesteps are no denoisers: `skip` says so, which is no fault of an option.
    """
    if n_timesteps == 0:
        return
    last = n_timesteps - 1
    if not timesteps or min(timesteps) < 0 or max(timesteps) > last:
        raise ValueError(f"Timesteps {list(timesteps)} must lie in 0 to {last}, the model's own.")


def check_seed(seed: int) -> None:
    """Raise ValueError for a seed that cannot seed."""
    if seed < 0:
        raise ValueError(f"noise_seed={seed} must be 0 or more.")


def clean(view: View) -> torch.Tensor:
    """The candidates in the model's space, [n, c, h, w]. Made once a view."""
    return view.remember("clean", lambda: view.denoiser.encode(view.candidates))


def fixed_noise(like: torch.Tensor, seed: int, index: int) -> torch.Tensor:
    """Standard normal noise [1, c, h, w] that depends on (seed, index) alone.

    The same for every image and every model: its luck cancels when losses are compared.
    """
    import torch  # torch only where a network is called: release attacks start without it

    values = np.random.default_rng([seed, index]).standard_normal(tuple(like.shape[1:]))
    return torch.as_tensor(values, dtype=like.dtype, device=like.device)[None]


def noised(model: CountedModel, x: torch.Tensor, noise: torch.Tensor, timestep: int) -> torch.Tensor:
    """x_t for x [n, c, h, w] and noise [1 or n, c, h, w]."""
    signal = float(model.alphas_cumprod[timestep])
    return signal**0.5 * x + (1.0 - signal) ** 0.5 * noise


def predicted_noise(model: CountedModel, x_t: torch.Tensor, timestep: int) -> torch.Tensor:
    """eps(x_t, t) for all of x_t [n, c, h, w] at one timestep, a batch at a time."""
    import torch

    parts = [
        model.eps(part, torch.full((len(part),), timestep, dtype=torch.int64, device=part.device))
        for part in torch.split(x_t, BATCH_IMAGES)
    ]
    return torch.cat(parts)


def predicted_of_noised(view: View, timestep: int, seed: int, index: int) -> torch.Tensor:
    """eps(x_t, t) of the candidates under fixed noise (seed, index), [n, c, h, w]. Made once a view."""

    def ask() -> torch.Tensor:
        x = clean(view)
        return predicted_noise(
            view.denoiser, noised(view.denoiser, x, fixed_noise(x, seed, index), timestep), timestep
        )

    return view.remember(("noised", timestep, seed, index), ask)


def predicted_of_clean(view: View, timestep: int) -> torch.Tensor:
    """eps(x, t) of the candidates as they are, [n, c, h, w]. Made once a view."""
    return view.remember(("clean", timestep), lambda: predicted_noise(view.denoiser, clean(view), timestep))


def noised_errors(view: View, timestep: int, seed: int, index: int, lowpass: float | None = None) -> Observed:
    """|noise - eps(x_t, t)|^2 of each candidate, mean over elements: float64 [n]; lowpass: of both (`low`)."""
    residual = predicted_of_noised(view, timestep, seed, index) - fixed_noise(clean(view), seed, index)
    residual = low(residual, lowpass)
    return np.asarray((residual.double() ** 2).flatten(1).mean(dim=1).cpu().numpy(), dtype=np.float64)
