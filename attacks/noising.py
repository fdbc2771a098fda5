"""Forward noising with fixed noises, x_t = sqrt(a_t) x + sqrt(1 - a_t) noise (arXiv 2006.11239, eq. 4), and the
network's answers to it, each asked for once a view however many attacks want it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from attacks.view import CountedModel, Observed, View

if TYPE_CHECKING:
    import torch

BATCH_IMAGES = 32  # images a network call, at most; no option, because it does not change a score
ROUND_IMAGES = 8 * BATCH_IMAGES  # images asked about at once: at most one batch in eight is not full
_T = TypeVar("_T")


@dataclass(frozen=True)
class Noising:
    """How candidates are noised: to which timestep, with fixed noise (seed, index)."""

    timestep: int
    seed: int
    index: int


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


def noised(model: CountedModel, x: torch.Tensor, noise: torch.Tensor, timestep: int | torch.Tensor) -> torch.Tensor:
    """x_t for x [n, c, h, w] and noise [1 or n, c, h, w], at one timestep or each at its own, int64 [n]."""
    import torch

    signal = np.asarray(model.alphas_cumprod)[np.atleast_1d(np.asarray(timestep))]
    kept, added = (torch.as_tensor(share**0.5).to(x)[:, None, None, None] for share in (signal, 1.0 - signal))
    return kept * x + added * noise


def predicted_noise(model: CountedModel, x_t: torch.Tensor, timestep: int | torch.Tensor) -> torch.Tensor:
    """eps(x_t, t) for all of x_t [n, c, h, w], at one timestep or each at its own, int64 [n]; a batch at a time."""
    import torch

    times = torch.as_tensor(timestep, dtype=torch.int64, device=x_t.device).expand(len(x_t))
    # Full batches, as ever: of other sizes, odd ones above all, the last bits of an answer are others.
    parts = zip(torch.split(x_t, BATCH_IMAGES), torch.split(times, BATCH_IMAGES), strict=True)
    return torch.cat([model.eps(*part) for part in parts])


def predicted_of_noised(view: View, timestep: int, seed: int, index: int) -> torch.Tensor:
    """eps(x_t, t) of the candidates under fixed noise (seed, index), [n, c, h, w]. Made once a view."""
    return predicted_of_noised_each(view, [Noising(timestep, seed, index)])[0]


def predicted_of_noised_each(view: View, noisings: Sequence[Noising]) -> list[torch.Tensor]:
    """The same under each noising. Those not yet asked about are asked together: images of several share a call."""
    import torch

    model, x = view.denoiser, clean(view)

    def ask(missing: Sequence[Noising]) -> Sequence[torch.Tensor]:
        noise = torch.cat([fixed_noise(x, one.seed, one.index) for one in missing]).repeat_interleave(len(x), dim=0)
        times = torch.tensor([one.timestep for one in missing]).repeat_interleave(len(x))
        x_t = noised(model, x.repeat(len(missing), 1, 1, 1), noise, times)
        return torch.split(predicted_noise(model, x_t, times), len(x))

    return view.remember_each(noisings, ask)


def predicted_of_clean(view: View, timestep: int) -> torch.Tensor:
    """eps(x, t) of the candidates as they are, [n, c, h, w]. Made once a view."""
    return view.remember(("clean", timestep), lambda: predicted_noise(view.denoiser, clean(view), timestep))


def noised_errors(view: View, noisings: Sequence[Noising]) -> Observed:
    """|noise - eps(x_t, t)|^2 of each candidate under each noising, mean over elements: float64 [noisings, n].

    Candidates under several noisings share a network call.
    """
    x = clean(view)
    found = []
    for some in rounds(noisings, len(x)):
        for noising, answer in zip(some, predicted_of_noised_each(view, some), strict=True):
            residual = answer - fixed_noise(x, noising.seed, noising.index)
            found.append(np.asarray((residual.double() ** 2).flatten(1).mean(dim=1).cpu().numpy(), dtype=np.float64))
    return np.stack(found)


def rounds(asked: Sequence[_T], n_images: int) -> Iterator[Sequence[_T]]:
    """Questions about n images each, so many at a time that their batches are full and their answers still few."""
    step = max(1, ROUND_IMAGES // n_images)
    return (asked[start : start + step] for start in range(0, len(asked), step))
