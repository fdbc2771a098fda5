"""A small run as a user starts it, disturbed or not, and the bytes that it ends with."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

RUN, STORE = "run", "store"
KEPT_EVERY_SEC = 1.0
OPTIONS = (
    "data=phantom",
    "data.size=16",
    "data.patients=16",
    "data.slices=1",
    "shadow.block=2",
    "shadow.channels=[8,16]",
    "shadow.steps=1500",
    "shadow.n_images=64",
    "shadow.count=4",
    "launch.workers=2",
    f"launch.checkpoint_seconds={KEPT_EVERY_SEC}",
    "device=cpu",
    f"store.root={STORE}",
    f"out={RUN}",
)
"""Of a whole run in which trainings take longer than the time between two checkpoints."""
_SAME = ("results.json", "scores.csv", "submission.csv", "leaderboard.csv")
_LIMIT_SEC = 600.0
_ROOT = str(Path(__file__).parents[2])  # of this checkout: benchmarks are not installed


class Ended(NamedTuple):
    """A run that has ended: its exit code, what it printed, seconds since it was started (or, where it was sent a
    signal, since that)."""

    code: int
    told: str
    seconds: float


def start(
    folder: Path, words: Sequence[str], environment: Mapping[str, str] | None = None, module: str = "harness.run"
) -> subprocess.Popen[str]:
    """`python -m MODULE words` in a folder of its own, and in a group of processes of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(  # noqa: S603  # our own module, words of the benchmarks
        [sys.executable, "-P", "-m", module, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": _ROOT} | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> Ended:
    """Wait for its end."""
    started = time.monotonic()
    try:
        told, _ = process.communicate(timeout=_LIMIT_SEC)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        told, _ = process.communicate()
        told += f"\n(killed after {_LIMIT_SEC:g} s)"
    return Ended(process.returncode, told, time.monotonic() - started)


def run(folder: Path, words: Sequence[str], environment: Mapping[str, str] | None = None) -> Ended:
    """From its start to its end."""
    return end(start(folder, words, environment))


def bytes_of(folder: Path, run: str = RUN) -> dict[str, str]:
    """A digest of each file of a finished run that must not differ, `results.json` without its seconds."""
    found = {}
    for name in _SAME:
        path = folder / run / name
        if path.is_file():
            found[name] = hashlib.sha256(_told(path)).hexdigest()
    return found


def artefacts_of(folder: Path, store: str = STORE) -> dict[str, str]:
    """A digest of every artefact's files, as the store says them, by kind and key."""
    found = {}
    for meta in sorted((folder / store).glob("*/*/meta.json")):
        files = json.loads(meta.read_text(encoding="utf-8"))["files"]
        told = json.dumps(files, sort_keys=True)
        found["/".join(meta.parts[-3:-1])] = hashlib.sha256(told.encode()).hexdigest()
    return found


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    """The names under which two folders hold different bytes, or one of them nothing."""
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def left_over(folder: Path, store: str = STORE) -> list[str]:
    """What should not be there after a finished run: half artefacts, checkpoints."""
    root = folder / store
    half = [path for path in root.rglob(".*") if path.name.startswith((".making", ".writing", ".replaced"))]
    return sorted(str(path.relative_to(folder)) for path in [*half, *(root / "checkpoint").glob("*")])


def _told(path: Path) -> bytes:
    if path.name == "scores.csv" or path.suffix == ".csv":
        lines = path.read_text(encoding="utf-8").splitlines()
        dropped = [i for i, name in enumerate(lines[0].split(",")) if "seconds" in name]
        if not dropped:
            return path.read_bytes()
        return "\n".join(
            ",".join(c for i, c in enumerate(line.split(",")) if i not in dropped) for line in lines
        ).encode()
    return json.dumps(_without_seconds(json.loads(path.read_text(encoding="utf-8"))), sort_keys=True).encode()


def _without_seconds(told: object) -> object:
    if isinstance(told, dict):
        return {name: _without_seconds(value) for name, value in told.items() if "seconds" not in name}
    return [_without_seconds(one) for one in told] if isinstance(told, list) else told
