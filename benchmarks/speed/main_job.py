"""The main job, cold and again: `python -m benchmarks.speed.main_job`.

Runs `python -m harness.run attack=knn` in an empty folder and measures wall-clock seconds and the peak memory
of all its processes together, then runs it once more and checks that nothing was trained, sampled or changed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.benchmark import OVERRIDE, Benchmark
from benchmarks.command import run_one
from benchmarks.measured import TINY, TINY_ABOUT, run_harness
from benchmarks.rows import Row, at_most

COLD_SEC, AGAIN_SEC, MEMORY_GIB = 360.0, 6.0, 4.0


def _store(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (folder / "store").rglob("meta.json")}


def _numbers(folder: Path) -> dict[str, bytes]:
    names = ("results.json", "scores.csv", "submission.csv", "leaderboard.csv")
    return {name: path.read_bytes() for name in names for path in (folder / "runs").glob(f"*/{name}")}


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: cold, its memory, again, and what the second run changed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cold = run_harness(folder, options.override)
        artefacts, numbers = _store(folder), _numbers(folder)
        again = run_harness(folder, options.override)
        made = len(set(_store(folder).items()) ^ set(artefacts.items()))
        changed = sum(_numbers(folder)[file] != content for file, content in numbers.items())
    detail = {"command": f"python -m harness.run {' '.join(options.override)}"}
    return [
        at_most("cold run", cold.seconds, "s", COLD_SEC, **detail),
        at_most("peak memory, all processes", cold.peak_gib, "GiB", MEMORY_GIB, **detail),
        at_most("same command again", again.seconds, "s", AGAIN_SEC, **detail),
        at_most("artefacts made by the second run", made, "count", 0, of=len(artefacts)),
        at_most("result files that differ", changed, "count", 0, of=len(numbers)),
    ]


BENCHMARK = Benchmark(
    "speed",
    "main_job",
    "time and memory of the main job, cold and again",
    measure,
    options=(replace(OVERRIDE, default=["attack=knn"]),),
    quick={"override": ["attack=knn", *TINY]},
    quick_about=TINY_ABOUT,
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
