"""A small run as a user starts it, disturbed or not, and the bytes that it ends with."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import InputError
from harness.run.differences import timeless_results
from harness.stock.inventory import inventory_of
from harness.stock.verify import verified

RUN, STORE = "run", "store"
KEPT_EVERY_SEC = 1.0
OPTIONS = (
    "data=phantom",
    "data.size=16",
    "data.patients=16",
    "data.slices=1",
    "shadow.block=2",
    "shadow.channels=[8,16]",
    "shadow.steps=150",
    "shadow.n_images=64",
    "shadow.count=4",
    "launch.workers=2",
    f"launch.checkpoint_seconds={KEPT_EVERY_SEC}",
    "device=cpu",
    f"store.root={STORE}",
    f"out={RUN}",
)
"""Of a whole run in which trainings take longer than the time between two checkpoints."""
_SAME = (
    "results.json", "scores.csv", "submission.csv", "baseline_winner_2023.csv", "baseline_knn_top_half.csv",
    "contact_sheet.png",
)  # fmt: skip
LIMIT_SEC = 600.0
"""Until a run that does not end is killed."""
_verifying = threading.Lock()  # what is remembered of files that were read is one for all threads
ROOT = str(Path(__file__).parents[2])  # of this checkout: benchmarks are not installed


class Ended(NamedTuple):
    """A run that has ended: its exit code, what it printed, seconds since it was started (or, where it was sent a
    signal, since that)."""

    code: int
    told: str
    seconds: float


def start(
    folder: Path,
    words: Sequence[str],
    environment: Mapping[str, str] | None = None,
    module: str = "harness.run",
    before: Sequence[str] = (),
) -> subprocess.Popen[str]:
    """`python -m MODULE words` in a folder of its own, and in a group of processes of its own. before: a program with
    its words that starts it."""
    folder.mkdir(parents=True, exist_ok=True)
    # A shell's job in the background ignores it, and so would the run; threads cannot say what is heard.
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(  # noqa: S603  # our own module, words of the benchmarks
        [*before, sys.executable, "-P", "-m", module, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": ROOT} | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait(process: subprocess.Popen[str], seconds: float) -> None:
    """So long, or until it has ended."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def end(process: subprocess.Popen[str]) -> Ended:
    """Wait for its end."""
    started = time.monotonic()
    try:
        told, _ = process.communicate(timeout=LIMIT_SEC)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        told, _ = process.communicate()
        told += f"\n(killed after {LIMIT_SEC:g} s)"
    return Ended(process.returncode, told, time.monotonic() - started)


def run(folder: Path, words: Sequence[str], environment: Mapping[str, str] | None = None) -> Ended:
    """From its start to its end."""
    return end(start(folder, words, environment))


def two_at_once(function: Callable[..., None], *arguments: Iterable[Any]) -> None:
    """function for each, as `map` gives its arguments: a run has a process a core for a part of its time alone."""
    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(function, *arguments):
            pass


def digests(run: Path, store: Path | None = None) -> dict[str, str]:
    """The sha256 of each file of a finished run that must not differ, `results.json` without its seconds; and of each
    artefact of a store, whose files are all read, by kind and key. A damaged one is like no other."""
    found = {}
    for name in _SAME:
        if (run / name).is_file():
            content = (run / name).read_bytes()
            found[name] = hashlib.sha256(timeless_results(content) if name == "results.json" else content).hexdigest()
    for meta in () if store is None else sorted(store.glob("*/*/meta.json")):
        told = json.dumps(json.loads(meta.read_text(encoding="utf-8"))["files"], sort_keys=True)
        found["/".join(meta.parts[-3:-1])] = hashlib.sha256(told.encode()).hexdigest()
    return found | {name: f"damaged {secrets.token_hex()}" for name in ([] if store is None else damaged(store))}


def damaged(store: Path) -> list[str]:
    """The artefacts of a store, by kind and key, that are not as they were written; none where there is no store."""
    with _verifying:
        try:
            return [one.item.name for one in verified(inventory_of(store)) if one.damaged]
        except InputError:
            if store.is_dir() and any(store.iterdir()):
                raise
            return []


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    """The names under which two folders hold different bytes, or one of them nothing."""
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def left_over(folder: Path, store: str = STORE) -> list[str]:
    """What should not be there after a finished run: half artefacts, checkpoints."""
    root = folder / store
    half = [path for path in root.rglob(".*") if path.name.startswith((".making", ".writing", ".replaced"))]
    return sorted(str(path.relative_to(folder)) for path in [*half, *(root / "checkpoint").glob("*")])
