"""What launching costs: `python -m benchmarks.speed.launching`.

Equal shadow trainings, each with one thread: one at a time first, then two at a time by `launch=local` and by
`launch=ray` (a Ray of this machine alone). Efficiency is the sum of the jobs' own seconds one at a time over twice
the wall clock of all: 1 where launching costs nothing. The clock runs from the call of `map` to its results, so that
processes that start, libraries that they import, and Ray's own start are counted.
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
from harness.jobs.launchers.making import make_launcher
from harness.planning.make import make_plan
from harness.planning.work import work_list
from harness.store import Store

_REACH = {"local": 0.9, "ray": 0.85}
_AT_A_TIME = 2
_USUAL = ("shadow.count=8", "shadow.start=nothing", "shadow.steps=400", "shadow.n_images=32")


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
    with TemporaryDirectory() as folder:
        alone = _made(LocalLaunch(workers=1), Path(folder) / "alone", words)
        rows = [_row(LocalLaunch(workers=_AT_A_TIME), alone, Path(folder), words)]
        if find_spec("ray") is None:
            return [*rows, skipped(_called("ray"), "Ray is not installed: pip install '.[ray]'")]
        return [*rows, _row(RayLaunch(workers=_AT_A_TIME), alone, Path(folder), words)]


def _called(way: str) -> str:
    return f"efficiency of equal trainings, two at a time, launch={way}"


def _row(launch: LaunchOptions, alone: _Made, folder: Path, words: Sequence[str]) -> Row:
    made = _made(launch, folder / launch.name, words)
    if made.digests != alone.digests:
        raise AssertionError(f"launch={launch.name} made other artefacts than one job at a time did.")
    return at_least(
        _called(launch.name),
        sum(alone.own_seconds) / (_AT_A_TIME * made.wall_seconds),
        "ratio",
        _REACH[launch.name],
        trainings=len(made.own_seconds),
        wall_seconds=made.wall_seconds,
        one_at_a_time_own_seconds=list(alone.own_seconds),
        own_seconds=list(made.own_seconds),
        artefacts=len(made.digests),
    )


def _made(launch: LaunchOptions, root: Path, words: Sequence[str]) -> _Made:
    """All trainings into a store of their own."""
    settings = composed([*words, f"store.root={root}", "device=cpu"])
    pool = load_pool(settings.data, Store(settings.store_root), extra_apart=False)
    jobs = work_list(settings, make_plan(settings, pool)).generators[: settings.shadow_count]
    with closing(make_launcher(launch, "cpu")) as launcher:
        started = time.perf_counter()
        seconds = launcher.map(timed_training, jobs, lambda message: None)
        wall = time.perf_counter() - started
    return _Made(wall, seconds, _digests(root))


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
