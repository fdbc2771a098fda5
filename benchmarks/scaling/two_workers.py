"""The simulation held against what it simulates: equal small trainings over two local workers, by the clock.

What the simulation is told of jobs and of a worker's start is read from every second job of the run, in the order in
which they were finished, and it has to say how long all of them took; then from the others. Others' work on the
machine so meets what is measured and what is simulated alike.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.benchmark import OVERRIDE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY
from benchmarks.rows import Row, at_least, at_most, skipped
from harness.errors import InputError
from harness.seeds import rng_of
from shadow_models.one_training import KEPT_EVERY_SEC

APART, EFFICIENT = 0.15, 0.9  # asked for: of the simulated makespan from the measured one; of the workers' time
_DRAWS = 20  # of which job takes which of the measured times


def measure(options: argparse.Namespace) -> list[Row]:
    """How far the simulated makespan is from the measured one, and how busy the two workers were."""
    if find_spec("simpy") is None:
        return [skipped("two workers", "needs the package simpy: pip install '.[test]'")]
    from benchmarks.simulated.cluster import Site, simulate
    from benchmarks.simulated.facts import disk_speed
    from benchmarks.simulated.trainings import WORKERS, head_seconds, planned, timed

    n = options.trainings
    if n < 2 * WORKERS:
        raise InputError(f"--trainings {n}: {2 * WORKERS} or more, two a worker.")
    with tempfile.TemporaryDirectory(prefix="scaling-") as name:
        jobs = planned(n, options.override, Path(name, "store"))
        run = timed(jobs, KEPT_EVERY_SEC)
        head_sec, found_sec = head_seconds(jobs)
        disk = disk_speed(Path(name))
        halves = [(run.part(number), run.start_sec(number)) for number in range(WORKERS)]
    simulated = []
    for load, start_sec in halves:
        site = Site(WORKERS, start_sec, 0.0, head_sec, found_sec, disk, KEPT_EVERY_SEC)
        draws = [simulate(load, n, site, rng_of(0, "two workers", draw)).makespan_sec for draw in range(_DRAWS)]
        simulated.append(float(np.mean(draws)))
    ratios = [one / run.seconds for one in simulated]
    each = float(np.mean([load.job_sec for load, _ in halves]))
    told = " and ".join(f"{one:.1f}" for one in simulated)
    figure = f"{n} equal trainings, {WORKERS} workers: measured {run.seconds:.1f} s, simulated by each half {told} s"
    return [
        at_most(
            f"{figure}; the farther one apart", max(abs(one - 1) for one in ratios), "ratio", APART, ratios=ratios
        ),
        at_least(
            "measured efficiency: training and releasing, of the workers' time",
            n * each / WORKERS / run.seconds,
            "ratio",
            EFFICIENT,
        ),
        Row("a training and its release", each, "s"),
        Row("a worker's start", float(np.mean([start_sec for _, start_sec in halves])), "s"),
        Row("the head, a job", 1000 * (head_sec + found_sec), "ms"),
    ]


BENCHMARK = Benchmark(
    "scaling",
    "two_workers",
    "the simulated makespan of equal trainings over two local workers beside the measured one, and its efficiency",
    measure,
    options=(
        Option("--trainings", 8, {"type": int, "metavar": "N", "help": "of the run that is measured and simulated"}),
        replace(OVERRIDE, default=["shadow.steps=250", "shadow.n_images=64"]),
    ),
    quick={"trainings": 4, "override": [*TINY]},
    quick_about="4 trainings of 30 steps, 16 px",
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
