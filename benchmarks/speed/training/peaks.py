"""What a GPU can do, measured: matrix products and copies."""

from __future__ import annotations

from collections.abc import Callable

_SIDE = 8192
_REPEATS = 20


def multiplied_per_second(device: str) -> float:
    """Operations of bfloat16 products of square matrices of normal numbers."""
    import torch

    first, second = (torch.randn(_SIDE, _SIDE, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * _SIDE**3 / _seconds(lambda: first @ second)


def copied_bytes_per_second(device: str) -> float:
    """Bytes read and written by copies of 4 GiB within the device."""
    import torch

    here = torch.ones(2**32, dtype=torch.uint8, device=device)
    there = torch.empty_like(here)
    return 2 * here.numel() / _seconds(lambda: there.copy_(here))


def _seconds(work: Callable[[], object]) -> float:
    """Of one call, in the middle of several."""
    import torch

    times = []
    for _ in range(_REPEATS + 3):
        began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        began.record()
        work()
        ended.record()
        torch.cuda.synchronize()
        times.append(began.elapsed_time(ended) / 1000)
    return sorted(times[3:])[_REPEATS // 2]
