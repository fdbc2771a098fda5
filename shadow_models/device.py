"""Names of devices to torch devices."""

from __future__ import annotations

import torch


def resolve_device(name: str) -> torch.device:
    """Turn "auto", "cpu", "cuda", "cuda:1" or "mps" into a device; ValueError, one sentence, if not here.

    "auto" is the first of cuda, mps and cpu that this machine has.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and not index.isdigit()):
        raise ValueError(f"The device {name!r} is not known: give auto, cpu, cuda, cuda:N or mps.")
    if kind == "cuda" and (not torch.cuda.is_available() or int(index or 0) >= torch.cuda.device_count()):
        raise ValueError(
            f"The device {name!r} is not here ({torch.cuda.device_count()} CUDA devices): give auto or cpu."
        )
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ValueError("The device 'mps' is not here: give auto or cpu.")
    return torch.device(name)
