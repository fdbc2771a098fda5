"""Equal small trainings, done by local workers as a run does them, and what of it a simulation needs to know."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from benchmarks.simulated.cluster import Load
from benchmarks.simulated.facts import load_of, made
from harness.config.settings import Settings, composed
from harness.data.pool import Pool, load_pool
from harness.experiment.executor import Executor
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.train import GeneratorJob
from harness.jobs.work import Work
from harness.planning.make import make_plan
from harness.store import Store

WORKERS = 2
USUAL = ("data=phantom", "shadow.start=nothing", "device=cpu")
_TRIVIAL, _OFTEN = 40, 5


class Timed(NamedTuple):
    """Trainings and releases by two workers that began with them.

    began: seconds since 1970; seconds: until all were done; store: that they lie in, and nothing else.
    """

    n_jobs: int
    began: float
    seconds: float
    store: Store

    def part(self, number: int) -> Load:
        """Of every second job, in the order in which they were finished, without that with which a worker began."""
        return load_of(self.store, slice(WORKERS + number, None, WORKERS))[0]

    def start_sec(self, number: int) -> float:
        """How much later than after a job as in that part the first of it was finished: a worker's start."""
        first = made(self.store, "release")[number]
        return max(first.finished - self.began - self.part(number).job_sec, 0.0)


def planned(n_jobs: int, words: Sequence[str], root: Path) -> list[GeneratorJob]:
    """So many jobs that differ in their members and seeds alone."""
    settings, pool = _settings(n_jobs, words, root)
    return [*make_plan(settings, pool).generators[:n_jobs]]


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


def timed(jobs: Sequence[GeneratorJob], kept_every_sec: float) -> Timed:
    """Do them, with workers that start for it; the store must not hold any."""
    store = Store(Path(jobs[0].store_root))
    with closing(LocalLauncher(WORKERS, "cpu", kept_every_sec)) as launcher:
        began, started = time.time(), time.perf_counter()
        Executor(store, launcher, Console(quiet=True)).train(jobs)
        return Timed(len(jobs), began, time.perf_counter() - started, store)


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
