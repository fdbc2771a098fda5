"""Is there room for what is to be trained? Asked before hours of it, not after."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.errors import HarnessWarning, InputError
from harness.jobs.launchers.base import Launcher
from harness.jobs.pace import facts_of_network
from harness.jobs.train import BYTES, GeneratorJob, SurrogateJob
from harness.store import Store

_STATES = 4  # of a checkpoint, in sizes of the weights: they, their average, two moments of AdamW
_AT_ONCE = 2  # checkpoints: the new one is whole before the old one goes
_OF_TRAINING = 8  # sizes of the weights in memory: a checkpoint's, gradients, and what is written
_PROCESS = 700 * 2**20  # bytes that a worker takes before it does anything: torch, diffusers
_MEMORY = Path("/proc/meminfo")


def check_room(jobs: Sequence[GeneratorJob | SurrogateJob], store: Store, launcher: Launcher) -> None:
    """InputError where the store's disk has too little left for these trainings and releases; a remark where memory
    has, for as many at a time as the launcher does where it does them here.

    Releases are known to the byte; weights are as large as those of the same network which the store has, and count
    nothing before there are any. Pages that the system reads into spare memory count as free.
    """
    if not jobs:
        return
    at_a_time = min(launcher.at_a_time, len(jobs))
    weights = [_weights(job, store) for job in jobs]
    releases = sum(job.n_images * job.recipe.size**2 for job in jobs if isinstance(job, GeneratorJob))
    largest = max(weights)
    needed = releases + sum(weights) + at_a_time * _AT_ONCE * _STATES * largest
    with suppress(OSError):  # a disk that does not say
        free = shutil.disk_usage(_made(store.root.absolute())).free
        if free < needed:
            raise InputError(
                f"The store's disk has {_told(free)} free, and {len(jobs)} trainings with their releases take about "
                f"{_told(needed)}; make room, or give another place with store.root=DIR."
            )
    free_memory, each = _free_memory(), _PROCESS + _OF_TRAINING * largest
    if launcher.on_this_machine and free_memory is not None and free_memory < at_a_time * each:
        fits = max(1, int(free_memory // each))
        warnings.warn(
            HarnessWarning(
                f"{_told(free_memory)} of memory are free, and {at_a_time} trainings at a time take "
                f"about {_told(at_a_time * each)}: launch.workers={fits} is safer."
            ),
            stacklevel=2,
        )


def _weights(job: GeneratorJob | SurrogateJob, store: Store) -> int:
    """Bytes of a generator of the job's network, by one that the store has; 0 where it has none."""
    return max((int(facts.get(BYTES, 0)) for facts in facts_of_network(store, "generator", job.recipe)), default=0)


def _made(folder: Path) -> Path:
    """The folder, or the nearest above it that is there: a new store lies on its disk."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _free_memory() -> int | None:
    """Bytes that programs can have without others being swapped out; None where the system does not say."""
    with suppress(OSError, ValueError):
        for line in _MEMORY.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _told(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
