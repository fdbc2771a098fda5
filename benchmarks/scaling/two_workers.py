"""The simulation held against what it simulates: equal small trainings over two local workers, by the clock.

What jobs and workers take is measured in two shorter runs, one before and one after the run that is simulated, never
in that one itself; they are trainings of other members.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.benchmark import OVERRIDE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY
from benchmarks.rows import Row, at_least, at_most, skipped
from harness.errors import InputError
from harness.seeds import rng_of
from shadow_models.one_training import KEPT_EVERY_SEC

if TYPE_CHECKING:
    from benchmarks.simulated.cluster import Load

APART, EFFICIENT = 0.15, 0.9  # asked for: of the simulated makespan from the measured one; of the workers' time
_DRAWS = 20  # of which job takes which of the measured times


def measure(options: argparse.Namespace) -> list[Row]:
    """How far the simulated makespan is from the measured one, and how busy the two workers were."""
    if find_spec("simpy") is None:
        return [skipped("two workers", "needs the package simpy: pip install '.[test]'")]
    from benchmarks.simulated.cluster import Site, simulate
    from benchmarks.simulated.facts import disk_speed, load_of
    from benchmarks.simulated.trainings import WORKERS, head_seconds, overheads, planned, timed

    n, few = options.trainings, 2 * WORKERS
    if n < WORKERS:
        raise InputError(f"--trainings {n}: {WORKERS} or more, one a worker.")
    with tempfile.TemporaryDirectory(prefix="scaling-") as name:
        stores = [Path(name, part) for part in ("before", "measured", "after")]
        jobs = [planned(few if store.name != "measured" else n, options.override, store) for store in stores]
        before, run, after = (timed(one, KEPT_EVERY_SEC) for one in jobs)
        loads = [load_of(one.store, skip=WORKERS)[0] for one in (before, after)]
        load = loads[0]._replace(
            train_sec=[*loads[0].train_sec, *loads[1].train_sec],
            release_sec=[*loads[0].release_sec, *loads[1].release_sec],
        )
        cost = overheads([before, after], load, *head_seconds(jobs[0]))
        site = Site(
            WORKERS, cost.start_sec, 0.0, cost.head_sec, cost.found_sec, disk_speed(stores[0]), KEPT_EVERY_SEC
        )
        simulated = [simulate(load, n, site, rng_of(0, "two workers", draw)).makespan_sec for draw in range(_DRAWS)]
        alone = load_of(run.store, skip=WORKERS)[0]
    told, useful = float(np.mean(simulated)), n * _each(alone) / WORKERS / run.seconds
    detail = {"simulated_sec": told, "measured_sec": run.seconds, "start_sec": cost.start_sec, "trainings": n}
    figure = f"{n} equal trainings, {WORKERS} workers: simulated {told:.1f} s, measured {run.seconds:.1f} s"
    ratio = told / run.seconds
    return [
        at_most(f"{figure}; apart", abs(ratio - 1.0), "ratio", APART, ratio=ratio, **detail),
        at_least("measured efficiency: training and releasing, of the workers' time", useful, "ratio", EFFICIENT),
        Row("a training and its release, in the runs before and after", _each(load), "s"),
        Row("a worker's start", cost.start_sec, "s"),
        Row("the head, a job", 1000 * (cost.head_sec + cost.found_sec), "ms"),
    ]


def _each(load: Load) -> float:
    """Seconds of one job."""
    return float(np.mean(load.train_sec) + np.mean(load.release_sec))


BENCHMARK = Benchmark(
    "scaling",
    "two_workers",
    "the simulated makespan of equal trainings over two local workers beside the measured one, and its efficiency",
    measure,
    options=(
        Option("--trainings", 8, {"type": int, "metavar": "N", "help": "of the run that is measured and simulated"}),
        replace(OVERRIDE, default=["shadow.steps=100", "shadow.n_images=64"]),
    ),
    quick={"trainings": 4, "override": [*TINY]},
    quick_about="4 trainings of 30 steps, 16 px",
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
