"""Runs the harness as a user does, and measures the wall-clock time and the memory of all its processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from harness.errors import InputError

_POLL_SEC = 0.5
TINY = (
    "data.size=16",
    "shadow.block=2",
    "shadow.channels=[8,16]",
    "shadow.steps=30",
    "shadow.n_images=16",
    "shadow.count=4",
)
TINY_ABOUT = "16 px, training of 30 steps"


class Run(NamedTuple):
    """One run of the command: wall seconds, peak memory of its process tree (GiB)."""

    seconds: float
    peak_gib: float


def run_harness(folder: Path, words: list[str], module: str = "run", version: Path | None = None) -> Run:
    """`python -m harness.MODULE words` in the folder; SystemExit with its output where it fails.

    version: the checkout of another version of ours, which runs in place of this one.
    """
    if find_spec("psutil") is None:
        raise InputError("Memory is measured with psutil, which is not installed; install it, or the extra dev.")
    started = time.perf_counter()
    with (folder / "out.txt").open("w") as output:
        process = subprocess.Popen(  # noqa: S603  # our own modules, words of the benchmarks
            [sys.executable, "-P", "-m", f"harness.{module}", *words],
            cwd=folder,
            env=None if version is None else os.environ | {"PYTHONPATH": str(version)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        peak = 0.0
        try:
            while process.poll() is None:
                peak = max(peak, _memory_gib(process.pid))
                time.sleep(min(_POLL_SEC, 0.05 + (time.perf_counter() - started) / 50))
        finally:  # asked to end by a scheduler: nobody would hear of what the run did
            process.terminate()
            process.wait()
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise SystemExit(f"The run failed ({process.returncode}):\n{(folder / 'out.txt').read_text()}")
    return Run(seconds, peak)


def _memory_gib(pid: int) -> float:
    """Proportional set size of the process and all below it: shared pages are counted once."""
    import psutil  # here, for it comes with the extra "dev" and the list of benchmarks is for everybody

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
