"""The main job, cold and again: `python -m benchmarks.speed.main_job`.

Runs `python -m harness.run attack=knn` in an empty folder and measures wall-clock seconds and the peak memory
of all its processes together, then runs it once more and checks that nothing was trained, sampled or changed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.rows import Row, at_most, command

_POLL_SEC = 0.5
COLD_SEC, AGAIN_SEC, MEMORY_GIB = 360.0, 6.0, 4.0


class Run(NamedTuple):
    """One run of the command: wall seconds, peak memory of its process tree (GiB)."""

    seconds: float
    peak_gib: float


def _run(folder: Path, overrides: list[str]) -> Run:
    started = time.perf_counter()
    with (folder / "out.txt").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.run", *overrides], cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _memory_gib(process.pid))
            time.sleep(min(_POLL_SEC, 0.05 + (time.perf_counter() - started) / 50))
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise SystemExit(f"The run failed ({process.returncode}):\n{(folder / 'out.txt').read_text()}")
    return Run(seconds, peak)


def _memory_gib(pid: int) -> float:
    """Proportional set size of the process and all below it: shared pages are counted once."""
    total = 0
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in tree:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**30


def _store(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (folder / "store").rglob("meta.json")}


def _numbers(folder: Path) -> dict[str, bytes]:
    names = ("results.json", "scores.csv", "submission.csv", "leaderboard.csv")
    return {name: path.read_bytes() for name in names for path in (folder / "runs").glob(f"*/{name}")}


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: cold, its memory, again, and what the second run changed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cold = _run(folder, options.override)
        artefacts, numbers = _store(folder), _numbers(folder)
        again = _run(folder, options.override)
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


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("override", nargs="*", default=["attack=knn"], help="options of harness.run")
    sys.exit(command("Time and memory of the main job, cold and again.", measure, arguments))
