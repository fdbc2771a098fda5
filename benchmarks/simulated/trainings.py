"""Equal small trainings, done by local workers as a run does them, and what of it a simulation needs to know."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from benchmarks.simulated.cluster import Load
from harness.config.settings import Settings, composed
from harness.data.pool import Pool, load_pool
from harness.experiment.executor import Executor
from harness.jobs.launch import Launcher
from harness.jobs.train import GeneratorJob
from harness.jobs.work import Work
from harness.planning.make import make_plan
from harness.store import Store

WORKERS = 2
USUAL = ("data=phantom", "shadow.start=nothing", "device=cpu")
_TRIVIAL, _OFTEN = 40, 5


class Timed(NamedTuple):
    """Trainings and releases by two workers that began with them: seconds of the clock, and the store they lie in."""

    n_jobs: int
    seconds: float
    store: Store


class Overheads(NamedTuple):
    """Seconds of a worker until it trains as ever after; of the head to hand out a job, and to find its results."""

    start_sec: float
    head_sec: float
    found_sec: float


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
    with closing(Launcher(WORKERS, "cpu", kept_every_sec)) as launcher:
        started = time.perf_counter()
        Executor(store, launcher, Console(quiet=True)).train(jobs)
        return Timed(len(jobs), time.perf_counter() - started, store)


def overheads(calibrated: Sequence[Timed], load: Load, head_sec: float, found_sec: float) -> Overheads:
    """What calibrating runs took beyond the jobs themselves, which is the workers' start."""
    each = sum(load.train_sec) / len(load.train_sec) + sum(load.release_sec) / len(load.release_sec)
    extra = [
        one.seconds - one.n_jobs * found_sec - one.n_jobs / WORKERS * (each + WORKERS * head_sec)
        for one in calibrated
    ]
    return Overheads(max(sum(extra) / len(extra), 0.0), head_sec, found_sec)


def head_seconds(jobs: Sequence[GeneratorJob]) -> tuple[float, float]:
    """Of the head: for a job that is handed out and does nothing, and to find what it made, before and after."""
    store = Store(Path(jobs[0].store_root))
    with closing(Launcher(1, "cpu")) as launcher:
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
