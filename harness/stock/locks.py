"""The locks in a store: which somebody holds, and which are left of the killed, or of versions that kept every
file."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from harness.store.held_folder import BEGUN, OWNER
from harness.store.locks import FLOCKED, HELD
from harness.store.owners import MOST_BYTES, owner_of
from harness.writing import FILE_MODE, remove

_SILENT_SEC = 3600.0
"""Seconds without a beat, by this machine's clock, after which the lock of another machine is taken for left: longer
than anybody's patience, for no two clocks agree."""


class FoundLock(NamedTuple):
    """A lock by its path; of: the artefact; held: whether somebody has it."""

    path: Path
    of: str
    held: bool


def locks_in(folder: Path) -> Iterator[FoundLock]:
    """All of a store's folder of locks."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in paths:
        with suppress(OSError):
            if path.name.startswith(BEGUN):
                if time.time() - path.lstat().st_mtime > _SILENT_SEC:
                    yield FoundLock(path, "", False)
            elif path.suffix in (FLOCKED, HELD) and not path.is_symlink():
                of = path.stem.replace("-", "/", 1)
                yield FoundLock(path, of, _is_flocked(path) if path.suffix == FLOCKED else _is_kept(path))


def drop_lock(path: Path) -> None:
    """Take away a lock that nobody holds; one that somebody has just taken stays."""
    if path.suffix != FLOCKED:
        remove(path)
        return
    with suppress(OSError, Timeout), FileLock(path, mode=FILE_MODE).acquire(blocking=False):
        path.unlink()


def _is_flocked(path: Path) -> bool:
    """To see it, it is asked for along with others, and given back at once."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_kept(path: Path) -> bool:
    record = path / OWNER
    with record.open("rb") as file:
        owner = owner_of(file.read(MOST_BYTES))
    return (owner is None or not owner.is_gone) and time.time() - record.lstat().st_mtime < _SILENT_SEC
