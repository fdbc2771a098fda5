"""Ours and its peers side by side in one run: one job, the same inputs, the same machine at the same time.

Times are only ever compared within such a run: others' work on the machine then meets all sides alike, and each
side's figure is that of its fastest repeat, for such work only adds.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Group
from rich.table import Table
from rich.text import Text

from benchmarks.rows import Row, SideFigures
from harness.evaluation.estimate_text import number

_POLL_SEC = 0.002
Difference = Callable[[Any, Any], float]


@dataclass(frozen=True)
class Side:
    """One way of doing the job. share: the part of the job that `work` does; its seconds stand for the whole.

    seconds: of the job, read from what `work` gave, where the clock must not run all the time.
    """

    name: str
    work: Callable[[], Any]
    share: float = 1.0
    seconds: Callable[[Any], float] | None = None


class _Run(NamedTuple):
    seconds: float
    peak_mib: float
    result: Any


def side_by_side(
    job: str,
    ours: Side,
    peers: Sequence[Side],
    reach: float,
    *,
    apart: Difference | None = None,
    within: float = 0.0,
    threads: int = 1,
    repeats: int = 3,
    limit: str = "",
) -> Row:
    """The job done by every side in turn, `repeats` times: how many times ours takes the fastest peer needs.

    apart: (our result, the peer's) -> how far they differ, where that can be asked; the row holds where the ratio
    reaches `reach` and no peer is farther than `within`. threads: that every side may use. limit: what bounds the
    job, in words.
    """
    sides = [ours, *peers]
    runs: list[list[_Run]] = [[] for _ in sides]
    with limited_threads(threads):
        for _ in range(repeats):
            for side, found in zip(sides, runs, strict=True):
                found.append(_timed(side))
    fastest = [min(run.seconds for run in found) / side.share for side, found in zip(sides, runs, strict=True)]
    mine = runs[0][-1].result
    differences = [None, *(None if apart is None else apart(mine, found[-1].result) for found in runs[1:])]
    figures = tuple(
        SideFigures(
            side.name, seconds, min(run.peak_mib for run in found), seconds / fastest[0], side.share, difference
        )
        for side, seconds, found, difference in zip(sides, fastest, runs, differences, strict=True)
    )
    ratio = min(fastest[1:]) / fastest[0]
    agrees = all(one is None or one <= within for one in differences)
    nearest = figures[1 + fastest[1:].index(min(fastest[1:]))].name
    detail = {"within": within, "limit": limit, "threads": threads}
    return Row(job, ratio, "times", reach, ratio >= reach and agrees, nearest, detail, sides=figures)


class limited_threads:  # noqa: N801  # a context manager, called as threadpoolctl's
    """So many threads for BLAS, OpenMP, torch and numba within it."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def __enter__(self) -> None:
        import numba
        import torch
        from threadpoolctl import threadpool_limits

        self._before = torch.get_num_threads(), numba.get_num_threads()
        torch.set_num_threads(self.threads)
        numba.set_num_threads(self.threads)
        self._pools = threadpool_limits(self.threads)

    def __exit__(self, *_: object) -> None:
        import numba
        import torch

        self._pools.restore_original_limits()
        torch.set_num_threads(self._before[0])
        numba.set_num_threads(self._before[1])


HEAD = ("job", "side", "s", "MiB", "times ours", "asked", "apart")


def side_cells(row: Row) -> list[list[str]]:
    """A line a side, as the columns of `HEAD` have it: its seconds, its memory beyond what lay there before, ..."""
    verdict = {None: "", True: "", False: ", no"}[row.holds]
    return [
        [
            row.name if place == 0 else "",
            side.name + (f" (of {side.share:.2g})" if side.share != 1.0 else ""),
            number(side.seconds),
            f"{side.peak_mib:.0f}",
            "" if place == 0 else number(side.times_ours),
            f"{row.reach:g}{verdict}" if place == 0 else "",
            "" if side.apart is None else f"{side.apart:.2g}",
        ]
        for place, side in enumerate(row.sides)
    ]


def limits_of(rows: Sequence[Row]) -> list[str]:
    """What bounds each job, a sentence each, where that was said."""
    return [f"{row.name}: {row.detail['limit']}." for row in rows if row.sides and row.detail.get("limit")]


def shown_sides(rows: Sequence[Row]) -> Group:
    """A line a side, how many times ours it takes among them; below, what bounds each job, where that was said."""
    table = Table(*HEAD, box=None, padding=(0, 2, 0, 0))
    for row in rows:
        for *before, asked, apart in side_cells(row):
            table.add_row(*before, Text(asked, style="red" if row.holds is False else ""), apart)
    return Group(table, *map(Text, limits_of(rows)))


def _timed(side: Side) -> _Run:
    """Wall seconds, and the most memory of the process beyond what it held before, MiB."""
    gc.collect()
    before, peak, done = _resident(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SEC):
            peak[0] = max(peak[0], _resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.perf_counter()
    result = side.work()
    seconds = time.perf_counter() - started
    peak[0] = max(peak[0], _resident())
    done.set()
    watcher.join()
    seconds = seconds if side.seconds is None else side.seconds(result)
    return _Run(seconds, max(peak[0] - before, 0) / 2**20, result)


def _resident() -> int:
    """Bytes of this process in memory; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    if not statm.is_file():
        return 0
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
