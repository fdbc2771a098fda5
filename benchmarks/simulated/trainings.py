"""Equal small trainings, done by local workers as a run does them, and what of it a simulation is told.

Told is what was measured of trainings that no simulation is about: of other seeds, in a store of their own, in
workers that had begun. A worker's start is measured directly: how much longer the shortest of trainings takes the
workers with which they begin than the same workers afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from rich.console import Console

from benchmarks.simulated.cluster import Load, Site, simulate
from benchmarks.simulated.facts import disk_speed, load_of
from benchmarks.timed import timed_training
from harness.config.settings import Settings, composed
from harness.data.pool import Pool, load_pool
from harness.experiment.executor import Executor
from harness.jobs.generators import GeneratorJob
from harness.jobs.launchers.base import Launcher
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.train import train_and_release
from harness.jobs.work import Work
from harness.planning.make import make_plan
from harness.seeds import rng_of
from harness.store import Store
from shadow_models.one_training import KEPT_EVERY_SEC
from shadow_models.recipe import Recipe

WORKERS = 2
USUAL = ("data=phantom", "shadow.start=nothing", "device=cpu")
_SHORTEST = ("shadow.steps=2", "shadow.n_images=2")
_TRIVIAL, _OFTEN = 40, 5
_DRAWS = 20  # of which job takes which of the measured times


class Ran(NamedTuple):
    """A run. seconds: its makespan, by the clock; job_sec: of its jobs but those with which a worker began."""

    seconds: float
    job_sec: float


class Told(NamedTuple):
    """What a simulation is told.

    load: of jobs that so many workers as there are `WORKERS` did side by side, begun before; recipe: theirs;
    start_sec: of a worker, from being asked for until it works at the usual pace: its process, its imports, and what
    a first training and release cost once; head_sec, found_sec: as in `Site`; bytes_a_sec: of the store's disk.
    """

    load: Load
    recipe: Recipe
    start_sec: float
    head_sec: float
    found_sec: float
    bytes_a_sec: float

    @property
    def job_sec(self) -> float:
        """Of a training and its release, on the average."""
        return self.load.job_sec

    @property
    def head_each_sec(self) -> float:
        """Of the head, for a job."""
        return self.head_sec + self.found_sec

    def makespan_sec(self, n_jobs: int) -> float:
        """Of a plan of so many such jobs over the local workers, once it is planned: the simulation's answer."""
        site = Site(WORKERS, self.start_sec, 0.0, self.head_sec, self.found_sec, self.bytes_a_sec, KEPT_EVERY_SEC)
        return fmean(
            simulate(self.load, n_jobs, site, rng_of(0, "two workers", draw)).makespan_sec for draw in range(_DRAWS)
        )


def told_by(n_jobs: int, words: Sequence[str], root: Path) -> Told:
    """Measure it now, by so many trainings. root: a new folder for stores; words: their seed among them."""
    jobs, short = planned(n_jobs, words, root / "told"), shortest(2 * WORKERS, words, root / "short")
    store = Store(root / "told")
    with closing(LocalLauncher(WORKERS, "cpu")) as launcher:
        start_sec = seconds_to_start(launcher, short[:WORKERS], short[WORKERS:])
        Executor(store, launcher, Console(quiet=True)).train(jobs)
    return Told(*load_of(store), start_sec, *head_seconds(jobs), disk_speed(root))


def seconds_to_start(launcher: Launcher, first: Sequence[GeneratorJob], again: Sequence[GeneratorJob]) -> float:
    """Of workers that have not begun: how much longer they take for the first jobs than for others like them."""
    seconds = []
    for jobs in (first, again):
        started = time.perf_counter()
        launcher.map(train_and_release, jobs, lambda message: None)
        seconds.append(time.perf_counter() - started)
    return max(seconds[0] - seconds[1], 0.0)


def seconds_alone(jobs: Sequence[GeneratorJob], first: GeneratorJob) -> list[float]:
    """Of each job, one at a time, by a worker that began with the first; the store must not hold any."""
    with closing(LocalLauncher(1, "cpu")) as launcher:
        launcher.map(timed_training, [first], lambda message: None)
        return launcher.map(timed_training, jobs, lambda message: None)


def ran(jobs: Sequence[GeneratorJob]) -> Ran:
    """Do them with workers that start for it, as a run does; the store must not hold any."""
    store = Store(Path(jobs[0].store_root))
    with closing(LocalLauncher(WORKERS, "cpu")) as launcher:
        started = time.perf_counter()
        Executor(store, launcher, Console(quiet=True)).train(jobs)
        seconds = time.perf_counter() - started
    begun, _ = load_of(store, slice(WORKERS, None))
    return Ran(seconds, begun.job_sec)


def planned(n_jobs: int, words: Sequence[str], root: Path) -> list[GeneratorJob]:
    """So many jobs that differ in their members and seeds alone."""
    settings, pool = _settings(n_jobs, words, root)
    return [*make_plan(settings, pool).generators[:n_jobs]]


def shortest(n_jobs: int, words: Sequence[str], root: Path) -> list[GeneratorJob]:
    """The shortest that go through all that those do."""
    return planned(n_jobs, [*words, *_SHORTEST], root)


def plan_seconds(n: int, words: Sequence[str], root: Path) -> float:
    """Of the head, for a plan of n shadows and the keys of all that it makes."""
    settings, pool = _settings(n, words, root)
    started = time.perf_counter()
    for job in make_plan(settings, pool).generators:
        _ = job.release_key
    return time.perf_counter() - started


def _settings(n: int, words: Sequence[str], root: Path) -> tuple[Settings, Pool]:
    settings = composed([*USUAL, *words, f"shadow.count={max(4, n + n % 2)}", f"store.root={root}"])
    return settings, load_pool(settings.data, Store(root))


def head_seconds(jobs: Sequence[GeneratorJob]) -> tuple[float, float]:
    """Of the head: for a job that is handed out and does nothing, and to find what it made, before and after."""
    store = Store(Path(jobs[0].store_root))
    with closing(LocalLauncher(1, "cpu")) as launcher:
        launcher.map(nothing, [0], lambda message: None)
        started = time.perf_counter()
        launcher.map(nothing, range(_TRIVIAL), lambda message: None)
        head_sec = (time.perf_counter() - started) / _TRIVIAL
    started = time.perf_counter()
    for _ in range(_OFTEN):
        for job in jobs:
            store.find("generator", job.key), store.find("release", job.release_key)
            store.find("release", job.release_key)
    return head_sec, (time.perf_counter() - started) / _OFTEN / len(jobs)


def nothing(job: int, work: Work) -> None:
    """The work of a job that has none."""
    del job, work
