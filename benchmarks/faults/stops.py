"""Ctrl-C and SIGTERM: a run ends within ten seconds, says how to go on, and the same command does."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counts import Count
from benchmarks.faulted.runs import OPTIONS, RUN, STORE, differing, digests, end, left_over, run, start
from benchmarks.rows import Row, at_most

WORDS = [*OPTIONS, "attack=[knn,loss]", "launch.checkpoint_seconds=3600"]
"""No checkpoint is due by the clock: what is kept is kept because the run was asked to end."""
_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
_GO_ON = "the same command goes on from there"
_WITHIN_SEC = 10.0


def measure(options: argparse.Namespace) -> list[Row]:
    """The count, and how long the slowest end took."""
    count, took = Count(), [0.0]
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        calm = run(root / "calm", WORDS)
        if not count.check(calm.code == 0, f"undisturbed: code {calm.code}: {calm.told[-300:]}"):
            return count.rows("SIGINT, SIGTERM")
        draw = random.Random(1)  # noqa: S311  # when to stop
        for number in range(options.stops):
            how = [signal.SIGINT, signal.SIGTERM][number % 2]
            here, at = (
                root / f"stopped {number}",
                1.0 + (calm.seconds - 1.0) * (number + draw.random()) / options.stops,
            )
            process = start(here, WORDS)
            time.sleep(at)
            os.kill(process.pid, how)
            stopped = end(process)
            took.append(stopped.seconds)
            right = stopped.code == _CODES[how] and _GO_ON in " ".join(stopped.told.split())
            right = (right or stopped.code == 0) and stopped.seconds <= _WITHIN_SEC  # 0: it was at its end
            again = run(here, WORDS)
            other = differing(digests(here / RUN, here / STORE), digests(root / "calm" / RUN, root / "calm" / STORE))
            count.differing |= {f"stop {number}: {one}" for one in other}
            whole = again.code == 0 and not other and not left_over(here) and "Traceback" not in stopped.told
            told = f"{how.name} after {at:.1f} s: code {stopped.code} {stopped.seconds:.1f} s later"
            told += f", then {again.code}, {len(other)} differ"
            count.check(right and whole, told)
    return [
        *count.rows("SIGINT, SIGTERM"),
        at_most("SIGINT, SIGTERM: seconds to the end", max(took), "s", _WITHIN_SEC),
    ]


BENCHMARK = Benchmark(
    "faults",
    "stops",
    "Ctrl-C and SIGTERM at random moments: how soon a run ends, and the same command again",
    measure,
    {"stops": 2},
    "2 stops",
    (Option("--stops", 8, {"type": int, "metavar": "N", "help": "how many"}),),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
