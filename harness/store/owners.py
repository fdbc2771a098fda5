"""Whose a lock is: a record that its owner keeps fresh, and that others judge without asking any clock but their own.

A record names machine, process and a random token, and changes with every beat. An owner on this machine is gone as
soon as its process is. One on another is given up once its record has stayed the same for as long as it said, by the
watch of whoever waits: no time of two machines is ever compared, so a clock that is wrong does not matter.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

BEAT_SEC = 5.0
"""Seconds between two beats of an owner that lives."""
PATIENCE_SEC = 60.0
"""Seconds without a beat after which an owner counts as gone: twelve beats, for a process that holds Python's own
lock in a long call, or waits for a slow disk, beats late."""
MOST_BYTES = 4096


class Owner(NamedTuple):
    """host: a name for machine, its start and the table of processes; start: of the process, in ticks since that."""

    host: str
    pid: int
    start: int
    token: str
    patience: float

    def told(self) -> bytes:
        """The record, another one with every call and of the same length."""
        return json.dumps({**self._asdict(), "beat": secrets.token_hex(8)}).encode()

    @property
    def is_gone(self) -> bool:
        """Whether it is known to be: its process was on this machine, and is no more."""
        return self.host == this_host() and _start_of(self.pid) != self.start


def this_process(patience: float) -> Owner:
    """An owner that is this process, with a token of its own."""
    return Owner(this_host(), os.getpid(), _start_of(os.getpid()) or 0, secrets.token_hex(16), patience)


def owner_of(record: bytes) -> Owner | None:
    """Whom a record names; None for one that is half written, or none of ours."""
    with suppress(ValueError):
        match json.loads(record):
            case {"host": str(host), "pid": int(pid), "start": int(start), "token": str(token),
                  "patience": int() | float() as patience}:  # fmt: skip
                return Owner(host, pid, start, token, float(patience))
    return None


class Watch:
    """What somebody who waits has seen of records, and since when. patience: for one that says none of its own."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._seen: dict[str, tuple[bytes, float]] = {}

    def gives_up(self, name: str, record: bytes) -> bool:
        """Whether the owner of the record counts as gone."""
        owner, now = owner_of(record), time.monotonic()
        if owner is not None and owner.is_gone:
            return True
        before = self._seen.get(name)
        if before is None or before[0] != record:
            self._seen[name] = record, now
            return False
        return now - before[1] >= (self._patience if owner is None else owner.patience)


class Beats:
    """A thread that calls `beat` every so often until it answers that there is nothing left to keep, or is ended."""

    def __init__(self, beat: Callable[[], bool], every_sec: float) -> None:
        self._beat, self._every, self._ended = beat, every_sec, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="beats of a lock")
        self._thread.start()

    def end(self) -> None:
        """No beat comes after this."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            with suppress(OSError):  # a disk or a network that does not answer for once
                if not self._beat():
                    return


@cache
def this_host() -> str:
    """A name for this machine since it was started, and for the processes that this one can see; 32 hex digits."""
    told = [platform.node()]
    for path in ("/etc/machine-id", "/proc/sys/kernel/random/boot_id"):
        with suppress(OSError):
            told.append(Path(path).read_text(encoding="ascii", errors="replace"))
    with suppress(OSError):  # two containers of one machine know nothing of each other's processes
        told.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]


def _start_of(pid: int) -> int | None:
    """When a process was started, in ticks since this machine was; None where there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self").exists() else 0
    fields = told.rpartition(")")[2].split()  # a program's name may hold anything
    return None if fields[0] in "ZX" else int(fields[19])
