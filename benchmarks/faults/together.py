"""Two, then eight runs at once on one store, with plans that overlap; and one of them killed while others wait."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counted import LOG, made_twice
from benchmarks.faulted.counts import Count
from benchmarks.faulted.runs import OPTIONS, RUN, differing, digests, end, run, start
from benchmarks.rows import Row

_PLANS = ("attack=[knn]", "attack=[knn,ssim]", "attack=[ssim,loss]", "attack=[knn,loss]")
"""They share their generators, releases and pool, and some observations and scores."""


def measure(options: argparse.Namespace) -> list[Row]:
    """A count of both numbers of runs, and of those where the first is killed in the midst of a training."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        calm = {
            plan: digests(_alone(root / f"calm {i}", plan) / RUN) for i, plan in enumerate(_PLANS[: options.plans])
        }
        for n in options.at_once:
            rows += _at_once(root / f"{n} at once", n, calm).rows(f"{n} runs at once on one store")
        rows += _at_once(root / "killed", 3, calm, kills=True).rows("3 runs at once, of which one is killed")
    return rows


def _alone(folder: Path, plan: str) -> Path:
    ended = run(folder, _words(plan, folder, "run"))
    if ended.code != 0:
        raise SystemExit(f"The undisturbed run failed ({ended.code}):\n{ended.told}")
    return folder


def _words(plan: str, root: Path, out: str) -> list[str]:
    own = [word for word in OPTIONS if not word.startswith(("out=", "store.root=", "launch.workers="))]
    return [*own, plan, f"store.root={root / 'store'}", f"out={out}", "launch.workers=1"]


def _at_once(root: Path, n: int, calm: dict[str, dict[str, str]], *, kills: bool = False) -> Count:
    count = Count()
    root.mkdir()
    log = root / "made.txt"
    log.touch()
    plans = [[*calm][i % len(calm)] for i in range(n)]
    told = {LOG: str(log)}
    runs = [
        start(root / str(i), _words(plan, root, "run"), told, module="benchmarks.faulted.counted")
        for i, plan in enumerate(plans)
    ]
    if kills:
        while runs[0].poll() is None and not any((root / "store" / "checkpoint").glob("*/step-*")):
            time.sleep(0.02)
        os.killpg(runs[0].pid, signal.SIGKILL)
        end(runs[0])
        runs[0] = start(root / "0", _words(plans[0], root, "run"), told, module="benchmarks.faulted.counted")
    for i, process in enumerate(runs):
        ended = end(process)
        other = differing(digests(root / str(i) / RUN), calm[plans[i]])
        count.differing |= {f"run {i}: {one}" for one in other}
        count.check(ended.code == 0 and not other, f"run {i} of {n}: code {ended.code}: {ended.told[-200:]}")
    count.twice = len(made_twice(log))
    return count


BENCHMARK = Benchmark(
    "faults",
    "together",
    "2 and 8 runs at once on one store: nothing is made twice, and each ends as it would alone",
    measure,
    {"at_once": [2], "plans": 2},
    "2 runs",
    (
        Option("--at-once", [2, 8], {"type": int, "nargs": "+", "metavar": "N", "help": "how many runs"}),
        Option("--plans", 4, {"type": int, "metavar": "N", "help": "how many different ones"}),
    ),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
