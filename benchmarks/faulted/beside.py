"""Damage of what lies in a store beside its artefacts: checkpoints, records of runs, the salt, notes.

A record or a salt that is deleted is not tried: nothing says that there was one.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faulted.counts import Count
from benchmarks.faulted.damaging import HOW, How, cut_short, damaging, flipped
from harness.artefact import forget
from harness.data.pseudonyms import Salt
from harness.stock.runs import runs_of
from harness.stock.verify import damaged_salt
from harness.store import NOTES, SALT, Store
from harness.store.uses import RUNS, read_record
from harness.verified import SETTLED_NS, WORTH_BYTES

_TIMES = 20
_INSIDE = (flipped, cut_short)


def look_at_checkpoints(store: Path, count: Count, draw: random.Random) -> None:
    """Every file of the latest checkpoint of every training: what is damaged is refused when it is read."""
    from shadow_models.checkpoint import CheckpointError, read_checkpoint  # torch

    for folder in sorted((store / "checkpoint").glob("*")):
        latest = sorted(folder.glob("step-*"))[-1:]
        for path in [path for place in latest for path in sorted(place.iterdir())]:
            run = json.loads((latest[0] / "state.json").read_text(encoding="utf-8"))["run"]
            for how in HOW:
                name = f"checkpoint's {path.name} {how.__name__}"
                with count.trying(name), damaging(path, how, draw):
                    try:
                        read_checkpoint(folder, run)
                        found = False
                    except CheckpointError:
                        found = True
                    count.check(found, f"{name}: not found")


def look_at_records(store: Path, count: Count, draw: random.Random) -> None:
    """Every record of a run, several times: one that is damaged says nothing."""
    for path in sorted((store / RUNS).glob("*.json")):
        for how in _INSIDE:
            for _ in range(_TIMES):
                before, name = read_record(path), f"record of a run {how.__name__}"
                with count.trying(name), damaging(path, how, draw):
                    found = path in runs_of(store, ()).unread or read_record(path) == before
                    count.check(found, f"{name}: not found")


def look_at_salt(here: Path, count: Count, draw: random.Random) -> None:
    """That of a new store, several times: one that is damaged is told, or its secret is the same."""
    store = Store(here / "salted")
    secret, path = Salt.of(store).secret, Salt.place(store.root)
    for how in _INSIDE:
        for _ in range(_TIMES):
            with count.trying(f"{SALT} {how.__name__}"), damaging(path, how, draw):
                right = damaged_salt(store.root) is not None or Salt.read(store.root).secret == secret
                count.check(right, f"{SALT} {how.__name__}: not found")


def look_at_notes(here: Path, count: Count, draw: random.Random) -> None:
    """A new store's note of a large artefact, several times: whatever it says, a damaged file is found."""
    store = Store(here / "noted")

    def make(folder: Path) -> None:
        (folder / "x").write_bytes(draw.randbytes(WORTH_BYTES))

    made = store.get("release", "k", make)
    old = time.time() - 2 * SETTLED_NS / 1e9
    os.utime(made.folder / "x", (old, old))
    time.sleep(SETTLED_NS / 1e9 + 0.1)
    whole = _found_anew(store)
    notes = sorted((store.root / NOTES).glob("*.json"))
    if not count.need(whole and len(notes) == 1, f"no note of a large artefact that is whole: {len(notes)}"):
        return
    for how in HOW:
        for _ in range(_TIMES):
            name = f"note {how.__name__} and its artefact's file flipped"
            with count.trying(name), _both(notes[0], made.folder / "x", how, draw):
                count.check(not _found_anew(store), f"{name}: not found")


@contextmanager
def _both(note: Path, file: Path, how: How, draw: random.Random) -> Iterator[None]:
    """A note is damaged, and the file that it vouches for; what is found damaged loses its note."""
    said = note.read_bytes()
    try:
        with damaging(note, how, draw, restored=False), damaging(file, flipped, draw):
            yield
    finally:
        note.write_bytes(said)


def _found_anew(store: Store) -> bool:
    """Whether a process that knows nothing yet finds the artefact whole."""
    forget()
    return store.damage("release", "k") == []
