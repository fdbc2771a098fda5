"""The members of every step, drawn from (seed, step)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import torch

from shadow_models.seeds import seed_of

if TYPE_CHECKING:
    import numpy as np
    from accelerate import Accelerator
    from numpy.typing import NDArray

DrawTimes = Callable[[int, torch.Generator], torch.Tensor]
Pair = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""(slices, noise of as many) -> which noise goes with each slice, int64 [n]."""


class Batch(NamedTuple):
    """What one optimiser step learns from."""

    clean: torch.Tensor
    """Members, float32 [b, c, h, w]."""
    t: torch.Tensor
    """A time of each, [b]."""
    noise: torch.Tensor
    """Standard normal, [b, ...]; like `clean` unless another shape was asked for."""


def views_of(
    members: NDArray[np.uint8], flip: bool, encode: Callable[[NDArray[np.uint8]], torch.Tensor]
) -> torch.Tensor:
    """Return the members encoded, float32 [views, n, c, h, w]: as they are, and mirrored if they may be."""
    return torch.stack([encode(view) for view in ([members, members[:, :, ::-1]] if flip else [members])])


class Batches:
    """Members, times and noise of every step: this process's share."""

    def __init__(
        self,
        views: torch.Tensor,
        batch: int,
        seed: int,
        draw_times: DrawTimes,
        accelerator: Accelerator,
        *,
        noise_shape: tuple[int, ...] | None = None,
        poisson: bool = False,
        pair: Pair | None = None,
    ) -> None:
        """Take the members, float32 [views, n, c, h, w], from `views_of`; they stay on the device from here on.

        noise_shape: of one slice's. poisson: draw every member on its own, `batch` of them on the average and none at
        times, so that nothing drawn for one hangs on who else is there. pair: which noise goes with which slice, of
        the whole batch, however many processes share it; default: as drawn.
        """
        self._poisson, self._pair = poisson, pair
        self._device = accelerator.device
        self._views, self._batch, self._seed, self._draw_times = views.to(self._device), batch, seed, draw_times
        self._noise_shape = tuple(views.shape[2:]) if noise_shape is None else noise_shape
        self._share = slice(accelerator.process_index, None, accelerator.num_processes)

    def at(self, step: int) -> Batch:
        """Return the batch of the step, on the device; drawn on the CPU, so that every device has the same."""
        draw = torch.Generator().manual_seed(seed_of(self._seed, "step", step))
        n_members = self._views.shape[1]
        if self._poisson:
            rows = torch.rand(n_members, generator=draw).lt(self._batch / n_members).nonzero()[:, 0]
        else:
            rows = torch.randint(n_members, (self._batch,), generator=draw)
        n = len(rows)
        views = torch.randint(len(self._views), (n,), generator=draw)
        t = self._times(n, draw)
        noise = torch.randn((n, *self._noise_shape), generator=draw)
        if self._pair is not None:
            noise = noise[self._pair(self._views[views, rows].cpu(), noise)]
        view, row, time, fresh = (self._there(one[self._share]) for one in (views, rows, t, noise))
        return Batch(self._views[view, row], time, fresh)

    def _there(self, drawn: torch.Tensor) -> torch.Tensor:
        """What was drawn, on the device; from pinned memory a GPU takes it before the last step has ended."""
        if self._device.type != "cuda":
            return drawn.to(self._device)
        return drawn.pin_memory().to(self._device, non_blocking=True)

    def _times(self, n: int, draw: torch.Generator) -> torch.Tensor:
        if not self._poisson:
            return self._draw_times(n, draw)
        # one by one: a draw of several spreads them, so that each would tell of the others
        return torch.cat([self._draw_times(1, draw) for _ in range(max(n, 1))])[:n]
