"""What can be wrong with a run's disk, and how it is mended: full, read-only, closed, gone, slow; from the start, or
midway."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.faulted.disks import (
    OF_OTHERS,
    disk,
    fill,
    heeding_modes,
    make_read_only,
    make_writable,
    resize,
    slow_fsync,
)
from benchmarks.faulted.runs import OPTIONS, ROOT, RUN, STORE, Ended, end, start

DISK = "disk"
WORDS = [*OPTIONS, "attack=[knn,loss]", "shadow.steps=60", "launch.workers=1"]
_ROOM = 2**28  # bytes of a disk that is large enough
_SLOW_SEC = 0.03
_POLL_SEC = 0.02


class Calm(NamedTuple):
    """An undisturbed run: what it ended with, and how many bytes its store and its folder took."""

    digests: Mapping[str, str]
    bytes: Mapping[str, int]


@dataclass(frozen=True)
class Started:
    """How a run is started. refused: it may end with a refusal; on_disk: what of it, STORE or RUN, lies on the disk
    that the fault is of; before: what starts it; modules: a folder for their path; tmp: for temporary files;
    midway: a kind of artefact, and what happens once the store has one."""

    refused: bool = False
    on_disk: str | None = None
    before: Sequence[str] = ()
    modules: Path | None = None
    tmp: Path | None = None
    midway: tuple[str, Callable[[], None]] | None = None

    def path(self, name: str) -> str:
        """Where its STORE or RUN lies."""
        return f"{DISK}/{name}" if name == self.on_disk else name

    @property
    def words(self) -> list[str]:
        """Its options."""
        return [*WORDS, f"store.root={self.path(STORE)}", f"out={self.path(RUN)}"]

    @property
    def environment(self) -> dict[str, str]:
        """What is added to it."""
        path = {} if self.modules is None else {"PYTHONPATH": os.pathsep.join([str(self.modules), ROOT])}
        return path if self.tmp is None else {**path, "TMPDIR": str(self.tmp)}


Fault = Callable[[Path, Calm], Iterator[Started]]
"""Puts a disk into its state and gives the run that meets it, then mends it and gives the same run again."""


def small(what: str, share: float) -> Fault:
    """The disk has room for a share of what will lie there."""

    def fault(here: Path, calm: Calm) -> Iterator[Started]:
        with disk(here / DISK, int(share * calm.bytes[what])):
            yield Started(refused=True, on_disk=what)
            resize(here / DISK, _ROOM)
            yield Started(on_disk=what)

    return fault


def filled(kind: str) -> Fault:
    """Others fill the store's disk midway."""

    def fault(here: Path, calm: Calm) -> Iterator[Started]:
        del calm
        with disk(here / DISK, _ROOM):
            yield Started(refused=True, on_disk=STORE, midway=(kind, lambda: fill(here / DISK)))
            (here / DISK / OF_OTHERS).unlink()
            yield Started(on_disk=STORE)

    return fault


def read_only(what: str, kind: str | None = None) -> Fault:
    """The disk is read-only; kind: from midway on."""

    def fault(here: Path, calm: Calm) -> Iterator[Started]:
        del calm
        (here / DISK).mkdir(parents=True)
        if kind is None:
            make_read_only(here / DISK)
        midway = None if kind is None else (kind, lambda: make_read_only(here / DISK))
        try:
            yield Started(refused=True, on_disk=what, midway=midway)
        finally:
            make_writable(here / DISK)
        yield Started(on_disk=what)

    return fault


def finished_read_only(here: Path, calm: Calm) -> Iterator[Started]:
    """A finished store serves a run although nobody can write to it."""
    del calm
    ended(here, Started(on_disk=STORE))
    make_read_only(here / DISK)
    try:
        yield Started(on_disk=STORE)
    finally:
        make_writable(here / DISK)
    yield Started(on_disk=STORE)


def closed(kind: str | None, mode: int) -> Fault:
    """A folder of the store may not be written to, or not even be looked into; kind: that of its artefacts, once the
    first is there; None for the whole store, from the start."""

    def fault(here: Path, calm: Calm) -> Iterator[Started]:
        del calm
        before, folder = heeding_modes(), here / STORE / (kind or "")
        if kind is None:
            folder.mkdir(parents=True)
            folder.chmod(mode)
        midway = None if kind is None else (kind, lambda: folder.chmod(mode))
        yield Started(refused=True, before=before, midway=midway)
        folder.chmod(0o700)
        yield Started(before=before)

    return fault


def unreadable(here: Path, calm: Calm) -> Iterator[Started]:
    """A file of a finished artefact can no more be read: it is as good as damaged."""
    del calm
    ended(here, Started())
    shutil.rmtree(here / STORE / "scores")
    sorted((here / STORE / "release").glob("*/images.npy"))[0].chmod(0)
    yield Started(before=heeding_modes())
    yield Started(before=heeding_modes())


def gone(kind: str) -> Fault:
    """Somebody deletes the store midway."""

    def fault(here: Path, calm: Calm) -> Iterator[Started]:
        del calm
        yield Started(refused=True, midway=(kind, lambda: shutil.rmtree(here / STORE, ignore_errors=True)))
        yield Started()

    return fault


def slow(here: Path, calm: Calm) -> Iterator[Started]:
    """Each file takes its time to be safe on its disk."""
    del calm
    yield Started(modules=slow_fsync(here / "slow", _SLOW_SEC))
    yield Started()


def no_temporary_place(here: Path, calm: Calm) -> Iterator[Started]:
    """The disk of temporary files is full."""
    del calm
    with disk(here / "tmp", 2**16):
        fill(here / "tmp")
        yield Started(tmp=here / "tmp")
        yield Started(tmp=here / "tmp")


class Met(NamedTuple):
    """A run that has ended; in_time: whether what happens midway came before its end."""

    ended: Ended
    in_time: bool


def ended(here: Path, how: Started) -> Met:
    """A run from its start to its end, and what happens midway."""
    process, in_time = start(here, how.words, how.environment, before=how.before), True
    if how.midway is not None:
        kind, happens = how.midway
        folder = here / how.path(STORE) / kind
        while process.poll() is None and not any(folder.glob("[!.]*")):
            time.sleep(_POLL_SEC)
        happens()
        in_time = process.poll() is None
    return Met(end(process), in_time)


FAULTS: Mapping[str, Fault] = {
    **{f"room for {share:.0%} of the store": small(STORE, share) for share in (0.02, 0.3, 0.6, 0.9)},
    **{f"room for {share:.0%} of the run's folder": small(RUN, share) for share in (0.1, 0.8)},
    **{f"disk filled after the first {kind}": filled(kind) for kind in ("pool", "generator", "release", "scores")},
    "store read-only": read_only(STORE),
    **{f"store read-only after the first {kind}": read_only(STORE, kind) for kind in ("generator", "scores")},
    "run's folder read-only": read_only(RUN),
    "finished store read-only": finished_read_only,
    "store may not be written to": closed(None, 0o500),
    "store may not be looked into": closed(None, 0),
    **{f"{kind} closed after the first": closed(kind, 0) for kind in ("generator", "release")},
    "file that may not be read": unreadable,
    **{f"store deleted after the first {kind}": gone(kind) for kind in ("generator", "release")},
    "slow disk": slow,
    "disk of temporary files full": no_temporary_place,
}
