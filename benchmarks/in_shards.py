"""A release on disk looked at all at once and in shards, each way in a process of its own: seconds, memory, bytes."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attacks.knn import NearestNeighbour
from attacks.shards import kept_of_shards
from attacks.view import View
from benchmarks.made_up_release import Images
from benchmarks.rows import Row, at_most, skipped
from benchmarks.sides import limited_threads
from harness.jobs.shards import rows_of

SECONDS, MEMORY = 1.25, 0.5
_STATUS = Path("/proc/self/status")
_N_SHARDS, _REPEATS, _POLL_SEC = 10, 2, 0.002


class Looked(NamedTuple):
    """seconds: of looking; mib: the most memory of its own, without pages of files, beyond what it had before; None
    where the system does not tell."""

    seconds: float
    mib: float | None
    observed: bytes


def rows_in_shards(candidates: Images, release: Path, k: int) -> list[Row]:
    """Ten shards one after another beside all images at once, by a distance of which all are made."""
    found: dict[int, list[Looked]] = {1: [], _N_SHARDS: []}
    for _ in range(_REPEATS):
        for n_shards, those in found.items():
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as another:
                those.append(another.submit(look, candidates, release, k, n_shards).result())
    whole, sharded = found.values()
    seconds = [min(one.seconds for one in those) for those in (whole, sharded)]
    job = f"{k}-NN by principal components in {_N_SHARDS} shards, of all at once:"
    return [
        at_most(f"{job} seconds", seconds[1] / seconds[0], "ratio", SECONDS, all_and_shards=seconds),
        memory_row(f"{job} memory", whole, sharded),
        at_most(f"{job} observations that differ", len({one.observed for one in whole + sharded}) - 1, "count", 0),
    ]


def memory_row(name: str, whole: Sequence[Looked], sharded: Sequence[Looked]) -> Row:
    """The most memory in shards, of that of all at once."""
    told = [[one.mib for one in those if one.mib is not None] for those in (whole, sharded)]
    if not all(told):
        return skipped(name, "this system does not tell a process's own memory without pages of files (RssAnon).")
    mib = [max(those) for those in told]
    return at_most(name, mib[1] / max(mib[0], 1.0), "ratio", MEMORY, all_and_shards=mib)


def look(candidates: Images, release: Path, k: int, n_shards: int) -> Looked:
    """What `knn` observes of uint8 [m, h, w] in a file, here and in one thread; n_shards: 1 is all at once."""
    attack = NearestNeighbour(k=k, distance="pca")

    def view(first: int | None = None, last: int | None = None) -> View:
        return View(candidates, np.load(release, mmap_mode="r")[first:last])

    n = len(view().release)
    (kept,) = kept_of_shards([attack], n)
    assert kept is not None
    attack.observed(view(0, 2 * k))  # whatever is imported on the way
    before, peak, done = _own_bytes(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SEC):
            peak[0] = max(peak[0], _own_bytes() or 0)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    with limited_threads(1):
        started = time.perf_counter()
        if n_shards == 1:
            observed = attack.observed(view())
        else:
            parts = (kept.of(view(*one)) for one in rows_of(n, -(-n // n_shards)))
            observed = kept.observed(attack, view(), kept.together(parts))
        seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    return Looked(seconds, None if before is None else (peak[0] - before) / 2**20, observed.tobytes())


def _own_bytes() -> int | None:
    """Of this process in memory, pages of files left out; None where the system does not tell."""
    lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines() if _STATUS.is_file() else []
    return next((1024 * int(one.split()[1]) for one in lines if one.startswith("RssAnon:")), None)
