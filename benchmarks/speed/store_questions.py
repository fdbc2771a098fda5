"""What a store's answers cost where its artefacts are large: `python -m benchmarks.speed.store_questions`.

A store of the releases of eight shadows, random bytes of 256 px, written through the store itself; at `--gib 5` they
are of the official size, 10,000 images each. A run asks its store hundreds of times: here every question is about one
of them, by a process that knows of no file yet, as one that has just started. Beside it a pass that reads and hashes
every byte once.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.rows import Row, at_most
from benchmarks.sides import Side, side_by_side
from harness import artefact
from harness.data.edition_release import RELEASED_FILE
from harness.store import Store
from harness.verified import SETTLED_NS
from harness.writing import save_array

KIND, SHADOWS, SIDE = "release", 8, 256
QUESTIONS = 50  # about each release
KNOWN, VERIFIED = 0.05, 1.2  # of one pass: where a note stands for the files, and where they are read anew


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: all questions of a process, by the notes and asked to verify, beside one pass; and bytes read."""
    images = max(1, round(options.gib * 2**30 / SHADOWS / SIDE**2))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        _fill(Store(root), images)
        time.sleep(SETTLED_NS / 1e9 + 0.1)  # until then nothing is noted
        _ask(Store(root))  # the process that reads, and leaves its notes
        one_pass = Side("read and hash every byte once", lambda: _pass(root))
        limit = f"{SHADOWS} releases of {images:,} images of {SIDE} px, {QUESTIONS} questions about each"
        rows = []
        for job, store, reach in (
            ("store questions of a warm run", Store(root), 1 / KNOWN),
            ("store questions, store.verify=true", Store(root, verify=True), 1 / VERIFIED),
        ):
            ours = Side("ours", partial(_ask, store))
            rows.append(side_by_side(job, ours, [one_pass], reach, apart=_apart, limit=limit))
        rows += [
            at_most("bytes read in a warm run, of all", _read_of_all(Store(root)), "ratio", KNOWN),
            at_most("bytes read, store.verify=true", _read_of_all(Store(root, verify=True)), "ratio", VERIFIED),
        ]
    return rows


def _fill(store: Store, images: int) -> None:
    rng = np.random.default_rng(0)

    def make(folder: Path) -> Mapping[str, int]:
        save_array(folder / RELEASED_FILE, rng.integers(256, size=(images, SIDE, SIDE), dtype=np.uint8))
        return {"images": images}

    for number in range(SHADOWS):
        store.get(KIND, str(number), make)


def _ask(store: Store) -> int:
    """Every question, by a process that has just started; how many were answered."""
    artefact.forget()
    names = [str(number) for number in range(SHADOWS)]
    return sum(store.find(KIND, name) is not None for _ in range(QUESTIONS) for name in names) // QUESTIONS


def _pass(root: Path) -> int:
    """Every byte of every release, hashed; how many there were."""
    found = 0
    for path in sorted((root / KIND).glob(f"*/{RELEASED_FILE}")):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        found += 1
    return found


def _apart(ours: int, theirs: int) -> float:
    return abs(ours - theirs)


def _read_of_all(store: Store) -> float:
    """What a process reads for all its questions, over the bytes of all releases."""
    files = list((store.root / KIND).glob(f"*/{RELEASED_FILE}"))
    before = _bytes_read()
    _ask(store)
    return (_bytes_read() - before) / sum(path.stat().st_size for path in files)


def _bytes_read() -> int:
    """That this process asked the system for until now, out of its cache or not."""
    return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])


BENCHMARK = Benchmark(
    "speed",
    "store_questions",
    "what finding large artefacts in a store costs, beside reading every byte once",
    measure,
    options=(
        Option("--gib", 1.0, {"type": float, "metavar": "N", "help": "of all releases; 5 is the official size"}),
    ),
    quick={"gib": 0.05},
    quick_about="releases of 0.05 GiB",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
