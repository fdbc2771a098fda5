"""Several processes at one training: `accelerate launch -m harness.run ...` starts the same command so many times.

The first of them is the run: it plans, keeps the store, draws releases and attacks. The others wait to be told of a
training, take part in it, and write nothing. Where one fails, `accelerate launch` ends the others.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from types import FrameType
from typing import Any

from harness.errors import InputError
from harness.jobs.ending import cut_off_in_time
from harness.jobs.one_thread import one_thread
from harness.several import is_first, n_processes, number_of
from shadow_models.recipe import Recipe

__all__ = ["follow", "is_first", "leading", "n_processes", "tell_others", "workers_beside"]
_PATIENCE = timedelta(days=365)  # between two trainings: whoever launched sees whether a process is alive


def workers_beside(workers: int | None) -> int | None:
    """`launch.workers` as it holds here: where processes train together, the first one does all other jobs, too.

    Raises InputError where others were asked for.
    """
    if n_processes() == 1:
        return workers
    if workers:
        raise InputError(
            f"launch.workers={workers} starts processes of its own, and {n_processes()} were started here to train "
            "each generator together; leave it out, or start harness.run without accelerate."
        )
    return 0


@contextmanager
def leading() -> Iterator[None]:
    """In the first process: the others end once the body has ended well."""
    if n_processes() == 1:
        yield
        return
    try:
        yield
    except SystemExit as end:
        if not end.code:
            _dismiss()
        raise
    _dismiss()


def tell_others(job: object, recipe: Recipe, device: str) -> None:
    """In the first process, right before a training: the others begin it, too. Without effect in one process.

    device: of the first one; the others take theirs of its kind. Raises InputError for a family that trains in one.
    """
    if n_processes() == 1:
        return
    if not recipe.shares_training:
        raise InputError(
            f"Generators of the family {recipe.name} are trained in one process, and this command was started in "
            f"{n_processes()}; start harness.run without accelerate."
        )
    _said((job, device))


def follow(take_part: Callable[[Any, str], None]) -> int:
    """In every other process: take_part(job, device) in each training that the first one begins, until that is done.

    Returns the exit code. Signals reach every process, and the first one decides what becomes of it: it keeps its
    state while the others still train, and they end when it has.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _wait_for_the_first)
    with one_thread(), cut_off_in_time():
        while (told := _said(None)) is not None:
            job, device = told
            take_part(job, f"cuda:{number_of('LOCAL_RANK', 0)}" if device.startswith("cuda") else device)
    _leave()
    return 0


def _wait_for_the_first(number: int, frame: FrameType | None) -> None:
    """The first one hears of it, too; `cut_off_in_time` sees to the end."""
    del number, frame


def _dismiss() -> None:
    _said(None)
    _leave()


def _said(told: tuple[object, str] | None) -> Any:
    """What the first process says, in all of them."""
    import torch.distributed as dist  # seconds to import

    words = [told]
    dist.broadcast_object_list(words, src=0, group=_group())
    return words[0]


@cache
def _group() -> Any:
    """The processes, on the CPU: a GPU would spin for as long as it waits."""
    import torch
    import torch.distributed as dist

    on_gpu = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(on_gpu, timeout=_PATIENCE)
    return dist.new_group(backend="gloo", timeout=_PATIENCE)


def _leave() -> None:
    import torch.distributed as dist

    dist.destroy_process_group()
