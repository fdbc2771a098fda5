"""The simulation held against what it simulates: equal small trainings over two local workers, by the clock.

Predicted, then done: what the simulation is told of jobs, of a worker's start, of the head and of the disk is
measured in trainings of other seeds and of another number, in stores of their own, and its makespan is known before
the run that it is about begins. Two trainings at a time may slow each other, so it is told of jobs that two workers
did side by side. Tellings come before, between and after the runs: how far they are apart says how steady the machine
was.

Efficiency asks for more than workers that are busy: the seconds of the same trainings one at a time, half of them
before the run and half after, over twice the run's makespan, processes that start and libraries that they import
among it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.benchmark import OVERRIDE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY
from benchmarks.rows import Row, skipped
from harness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.simulated.trainings import Ran, Told


def measure(options: argparse.Namespace) -> list[Row]:
    """How far the farthest of the simulated makespans is from the measured one, and the efficiency of the first."""
    if find_spec("simpy") is None:
        return [skipped("two workers", "needs the package simpy: pip install '.[test]'")]
    from benchmarks.simulated.agreement import judged
    from benchmarks.simulated.trainings import WORKERS

    if min(*options.trainings, options.told_by) < 2 * WORKERS:
        raise InputError(f"--trainings and --told-by want numbers from {2 * WORKERS}, two a worker.")
    if len({options.told_by, *options.trainings}) <= len(options.trainings):
        raise InputError("--trainings and --told-by want numbers that all differ.")
    with tempfile.TemporaryDirectory(prefix="scaling-") as name:
        return judged(_Here(options.told_by, options.override, Path(name)), options.trainings)


@dataclass
class _Here:
    """This machine. Each telling has seeds and stores of its own, as each run has."""

    told_by: int
    words: Sequence[str]
    folder: Path
    seeds: Iterator[int] = field(default_factory=lambda: count(1000))

    def told(self) -> Told:
        from benchmarks.simulated.trainings import told_by

        seed = next(self.seeds)
        root = self.folder / f"told-{seed}"
        root.mkdir()
        return told_by(self.told_by, [*self.words, f"seed={seed}"], root)

    def alone(self, n_jobs: int, half: int) -> Sequence[float]:
        from benchmarks.simulated.trainings import planned, seconds_alone, shortest

        words = [*self.words, f"seed={n_jobs}"]
        jobs = planned(n_jobs, words, self.folder / f"alone-{half}")
        return seconds_alone(jobs[half::2], shortest(1, words, self.folder / f"short-{half}")[0])

    def run(self, n_jobs: int) -> Ran:
        from benchmarks.simulated.trainings import planned, ran

        return ran(planned(n_jobs, [*self.words, f"seed={n_jobs}"], self.folder / f"run-{n_jobs}"))


BENCHMARK = Benchmark(
    "scaling",
    "two_workers",
    "makespans of equal trainings over two local workers, simulated and then measured, and their efficiency",
    measure,
    options=(
        Option(
            "--trainings",
            [8, 5],
            {"type": int, "nargs": "+", "metavar": "N", "help": "of each run that is predicted and then measured"},
        ),
        Option("--told-by", 6, {"type": int, "metavar": "N", "help": "trainings by which the simulation is told"}),
        replace(OVERRIDE, default=["shadow.steps=500", "shadow.n_images=64"]),
    ),
    quick={"trainings": [5], "told_by": 4, "override": [*TINY]},
    quick_about="5 trainings of 30 steps, 16 px, told by 4",
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
