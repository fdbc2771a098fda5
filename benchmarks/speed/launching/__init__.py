"""What launching costs: `python -m benchmarks.speed.launching`.

Equal shadow trainings, each with one thread: half of them one at a time, by a worker that has begun, then all two
at a time by `launch=local` and by `launch=ray` (a Ray of this machine alone), then the other half one at a time.
Efficiency is the sum of the jobs' own seconds one at a time over twice the wall clock of all: 1 where launching
costs nothing and two jobs at a time do not slow each other. The clock runs from the call of `map` to its results,
so that processes that start, libraries that they import, and Ray's own start are counted.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.benchmark import OVERRIDE, Benchmark
from benchmarks.rows import Row, at_least, skipped
from benchmarks.timed import timed_training
from harness.config.launch_options import LaunchOptions, LocalLaunch, RayLaunch
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.jobs.generators import GeneratorJob
from harness.jobs.launchers.base import Launcher
from harness.jobs.launchers.making import make_launcher
from harness.planning.make import make_plan
from harness.planning.work import work_list
from harness.store import Store

_REACH = {"local": 0.9, "ray": 0.85}
_AT_A_TIME = 2
_USUAL = ("shadow.count=8", "shadow.start=nothing", "shadow.steps=600", "shadow.n_images=32")


class _Made(NamedTuple):
    """wall_seconds: of all jobs; own_seconds: of each; digests: of what they made, by file."""

    wall_seconds: float
    own_seconds: Sequence[float]
    digests: dict[str, str]


def measure(options: argparse.Namespace) -> list[Row]:
    """A row a launcher."""
    words = [*_USUAL, *options.override]
    if len(os.sched_getaffinity(0)) < _AT_A_TIME:
        return [skipped(_called(name), "this machine has one core") for name in _REACH]
    ways: list[LaunchOptions] = [LocalLaunch(workers=_AT_A_TIME)]
    has_ray = find_spec("ray") is not None
    if has_ray:
        ways.append(RayLaunch(workers=_AT_A_TIME))
    with TemporaryDirectory() as name:
        folder = Path(name)
        before = _alone(folder / "before", words, 0)
        made = {way.name: _made(way, folder / way.name, words) for way in ways}
        after = _alone(folder / "after", words, 1)
    alone = _Made(0.0, [*before.own_seconds, *after.own_seconds], before.digests | after.digests)
    rows = [_row(way, one, alone) for way, one in made.items()]
    return rows if has_ray else [*rows, skipped(_called("ray"), "Ray is not installed: pip install '.[ray]'")]


def _called(way: str) -> str:
    return f"efficiency of equal trainings, two at a time, launch={way}"


def _row(way: str, made: _Made, alone: _Made) -> Row:
    if made.digests != alone.digests:
        raise AssertionError(f"launch={way} made other artefacts than one job at a time did.")
    return at_least(
        _called(way),
        sum(alone.own_seconds) / (_AT_A_TIME * made.wall_seconds),
        "ratio",
        _REACH[way],
        trainings=len(made.own_seconds),
        wall_seconds=made.wall_seconds,
        one_at_a_time_own_seconds=list(alone.own_seconds),
        own_seconds=list(made.own_seconds),
        artefacts=len(made.digests),
    )


def _alone(root: Path, words: Sequence[str], half: int) -> _Made:
    """Every second training, one at a time, by a worker that has begun. half: 0 or 1, those that it does."""
    first = _jobs([*words, "shadow.steps=2", "shadow.n_images=2"], root / "first")[:1]
    jobs = _jobs(words, root)[half::2]
    with closing(make_launcher(LocalLaunch(workers=1), "cpu")) as launcher:
        launcher.map(timed_training, first, lambda message: None)
        return _timed(launcher, jobs, root)


def _made(launch: LaunchOptions, root: Path, words: Sequence[str]) -> _Made:
    """All trainings into a store of their own."""
    jobs = _jobs(words, root)
    with closing(make_launcher(launch, "cpu")) as launcher:
        return _timed(launcher, jobs, root)


def _jobs(words: Sequence[str], root: Path) -> Sequence[GeneratorJob]:
    settings = composed([*words, f"store.root={root}", "device=cpu"])
    pool = load_pool(settings.data, Store(settings.store_root), extra_apart=False)
    return work_list(settings, make_plan(settings, pool)).generators[: settings.shadow_count]


def _timed(launcher: Launcher, jobs: Sequence[GeneratorJob], root: Path) -> _Made:
    started = time.perf_counter()
    seconds = launcher.map(timed_training, jobs, lambda message: None)
    return _Made(time.perf_counter() - started, seconds, _digests(root))


def _digests(root: Path) -> dict[str, str]:
    """Of every file of generators and releases but what tells of seconds."""
    files = [path for kind in ("generator", "release") for path in sorted((root / kind).rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(root)): sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.name != "meta.json"
    }


BENCHMARK = Benchmark(
    "speed",
    "launching",
    "efficiency of equal trainings over two workers, launched here and through Ray",
    measure,
    options=(OVERRIDE,),
    quick={"override": ["shadow.count=4", "shadow.steps=2"]},
    quick_about="4 shadows of 2 steps",
)
