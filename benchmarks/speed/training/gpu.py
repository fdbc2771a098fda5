"""One shadow on a GPU, what of the machine's arithmetic it uses, and what compiling costs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from unittest import mock

from attacks.base import Images
from benchmarks.rows import Row
from benchmarks.sides import Side, side_by_side
from benchmarks.speed.training.as_good import AS_GOOD, losses_apart
from benchmarks.speed.training.peaks import copied_bytes_per_second, multiplied_per_second
from benchmarks.speed.training.plain_loop import train_plainly

if TYPE_CHECKING:
    import torch

    from shadow_models.families.ddpm import DdpmRecipe

_REACH = 4.0
_WARM = 0.5  # of the steps, that are not timed: the first of ours compile, those of either look for fast kernels


class _Steady(NamedTuple):
    """A trained network; seconds: of all steps at the pace of the last ones; lost: before, over that pace."""

    network: torch.nn.Module
    seconds: float
    lost: float
    gib: float


class _Clock:
    """The pace of the last steps, with the device's work in it."""

    def __init__(self) -> None:
        import torch

        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        self._times = [(0, time.perf_counter())]

    def __call__(self, done: int, total: int) -> None:
        """After a step, or every few."""
        import torch

        if done < _WARM * total and done < total:
            return
        if len(self._times) == 1 or done == total:
            torch.cuda.synchronize()
            self._times.append((done, time.perf_counter()))

    def read(self, network: torch.nn.Module) -> _Steady:
        """Once all steps are done."""
        import torch

        (_, began), (warm, middle), (last, ended) = self._times
        pace = (ended - middle) / (last - warm)
        return _Steady(network, last * pace, middle - began - warm * pace, torch.cuda.max_memory_allocated() / 2**30)


def on_gpu(about: str, recipe: DdpmRecipe, members: Images, files: list[Path], device: str) -> list[Row]:
    """The row of one process, images a second of either side, and what that is of the device's peaks."""
    found: dict[str, _Steady] = {}

    def ours() -> _Steady:
        from shadow_models import accelerator
        from shadow_models.train import train

        clock = _Clock()
        with mock.patch.object(accelerator, "COMPILED_FROM", 0):  # as the thousands of steps of a whole training
            generator = train(members, recipe, seed=0, device=device, report=clock)
        found["ours"] = clock.read(cast("Any", generator).network)
        return found["ours"]

    def peer() -> _Steady:
        clock = _Clock()
        found["peer"] = clock.read(train_plainly(files, recipe, device, clock))
        return found["peer"]

    row = side_by_side(
        f"shadow training on a GPU, {about}",
        Side(f"{recipe.precision}, compiled", ours, seconds=lambda steady: steady.seconds),
        [Side("plain loop of diffusers' example", peer, seconds=lambda steady: steady.seconds)],
        _REACH,
        apart=lambda ours, peer: losses_apart([ours.network], peer.network, recipe, members, device),
        within=AS_GOOD,
        repeats=1,
        limit="the convolutions of the UNet, forth and back",
    )
    images = recipe.steps * recipe.batch
    speeds = [Row(f"{row.name}: {side.name}", images / side.seconds, "images/s") for side in row.sides]
    memory = [Row(f"{row.name}: {name}, memory", one.gib, "GiB") for name, one in found.items()]
    lost = Row(f"{row.name}: before the pace is reached", found["ours"].lost, "s")
    return [row, *speeds, *memory, lost, *_shares(row, found["ours"].network, recipe, images, device)]


def _shares(row: Row, network: torch.nn.Module, recipe: DdpmRecipe, images: int, device: str) -> list[Row]:
    """What the device can do, measured, and how much of it the training does."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    image = torch.zeros(1, 1, recipe.size, recipe.size, device=device)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network(image, torch.zeros(1, dtype=torch.int64, device=device))
    peak = multiplied_per_second(device)
    name = torch.cuda.get_device_name(device)
    rows = [
        Row(f"{name}: matrix products, bfloat16", peak / 1e12, "TFLOP/s"),
        Row(f"{name}: copies, read and written", copied_bytes_per_second(device) / 1e12, "TB/s"),
    ]
    for side in row.sides:
        done = 3 * counter.get_total_flops() * images / side.seconds  # the way back is twice the way forth
        rows.append(Row(f"{row.name}: {side.name}, of the products' peak", done / peak, "ratio"))
    return rows
