"""Kill -9 at any moment of a whole run, and the same command again: the bytes of an undisturbed one, little lost."""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counts import Count
from benchmarks.faulted.runs import (
    KEPT_EVERY_SEC,
    OPTIONS,
    RUN,
    STORE,
    differing,
    digests,
    end,
    left_over,
    run,
    start,
    two_at_once,
)  # fmt: skip
from benchmarks.rows import Row

WORDS = [*OPTIONS, "attack=[knn,ssim,loss]"]
_CALM = "calm"
_A_STEP_SEC = 1.0  # beyond the interval: the step that is under way, and writing


def measure(options: argparse.Namespace) -> list[Row]:
    """A row of all, and one for each that failed."""
    count = Count()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        calm = [start(root / name, WORDS) for name in (_CALM, "calm, too")]
        seconds = max(_undisturbed(one, count) for one in calm)
        if count.failures:
            return count.rows("kill -9")
        draw = random.Random(0)  # noqa: S311  # when to kill
        moments = [seconds * (number + draw.random()) / options.kills for number in range(options.kills)]
        two_at_once(lambda number, at: _killed(root, number, at, count), range(options.kills), moments)
    return count.rows("kill -9", KEPT_EVERY_SEC + _A_STEP_SEC)


def _undisturbed(process: subprocess.Popen[str], count: Count) -> float:
    """Seconds that it takes, beside another one as all will be."""
    ended = end(process)
    count.check(ended.code == 0, f"undisturbed: code {ended.code}: {ended.told[-300:]}")
    return ended.seconds


def _killed(root: Path, number: int, at_sec: float, count: Count) -> None:
    here = root / f"killed {number}"
    process = start(here, WORDS)
    time.sleep(at_sec)
    now = time.time()
    os.killpg(process.pid, signal.SIGKILL)
    end(process)
    count.lost_sec.append(_lost_sec(here, now))
    again = run(here, WORDS)
    other = differing(digests(here / RUN, here / STORE), digests(root / _CALM / RUN, root / _CALM / STORE))
    count.differing |= {f"kill {number}: {one}" for one in other}
    left = left_over(here)
    right = again.code == 0 and not other and not left
    count.check(right, f"killed after {at_sec:.1f} s: code {again.code}, {len(other)} differ, left {left}")


def _lost_sec(folder: Path, now: float) -> float:
    """Since its last checkpoint, of the training that lost most; of one that has none yet, since it began."""
    begun = (folder / STORE / "generator").glob(".making-*")
    kept = {path.name.split("-")[1]: path.stat().st_mtime for path in begun}
    for path in (folder / STORE / "checkpoint").glob("*/step-*/state.json"):
        key = path.parts[-3]
        kept[key] = max(kept.get(key, 0.0), path.stat().st_mtime)
    return max((now - since for since in kept.values()), default=0.0)


BENCHMARK = Benchmark(
    "faults",
    "kills",
    "kill -9 at random moments of a whole run, and the same command again",
    measure,
    {"kills": 2},
    "2 kills",
    (Option("--kills", 30, {"type": int, "metavar": "N", "help": "how many"}),),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
