"""How many jobs a machine does at a time, and which device each has."""

from __future__ import annotations

import os


def gpus_here() -> int:
    """The GPUs that torch sees."""
    import torch  # only where something is to be computed: a repeated run never gets here

    return int(torch.cuda.device_count())


def processes_here(device: str) -> int:
    """A process for each GPU, or for each core; device: the option."""
    if device != "cpu" and (gpus := gpus_here()):
        return gpus
    return len(os.sched_getaffinity(0))


def device_of(wanted: str, rank: int) -> str:
    """What a process computes on; wanted: the option, rank: the process's number."""
    if wanted != "auto":
        return wanted
    gpus = gpus_here()
    return f"cuda:{rank % gpus}" if gpus else "cpu"
