"""The locks in a store: which somebody holds, and which are left of the killed, or of versions that kept every
file."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from harness.store.held_folder import BEGUN, OWNER, HeldFolder
from harness.store.locks import FLOCKED, HELD
from harness.store.owners import MOST_BYTES, PATIENCE_SEC, owner_of
from harness.writing import FILE_MODE, remove

_SILENT_SEC = 3600.0
"""Seconds without a beat, by this machine's clock, after which the lock of another machine is named as left; before
it goes it is watched (`drop_locks`), for no two clocks agree."""
_POLL_SEC = 1.0


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


def drop_locks(paths: Sequence[Path]) -> list[Path]:
    """Take away locks that were found without an owner, but for those that have one by now, which it returns.

    Whose owner was on another machine is watched for as long as that one had said, before its lock goes: no two
    clocks are compared to decide it, and it is taken away as whoever waits for it would do, never by its name alone.
    """
    folders = [path for path in paths if path.suffix != FLOCKED]
    kept = [path for path in paths if path.suffix == FLOCKED and not _dropped_file(path)]
    seen = {path: _record(path) for path in folders}
    watched = {path: HeldFolder(path) for path in folders}
    until = {path: time.monotonic() + _patience(record) for path, record in seen.items()}
    while watched:
        for path, lock in [*watched.items()]:
            if lock.free_if_gone() or (not seen[path] and until[path] <= time.monotonic() and _dropped_bare(path)):
                del watched[path]
            elif _record(path) != seen[path] or until[path] + _POLL_SEC < time.monotonic():
                del watched[path]
                kept.append(path)
        if watched:
            time.sleep(min(_POLL_SEC, *(max(0.0, until[path] - time.monotonic()) + 0.01 for path in watched)))
    return kept


def _dropped_file(path: Path) -> bool:
    try:
        with FileLock(path, mode=FILE_MODE).acquire(blocking=False):
            path.unlink()
    except (OSError, Timeout):
        return not path.exists()
    return True


def _dropped_bare(path: Path) -> bool:
    """One in which nobody has written who it is."""
    with suppress(OSError):
        if not (path / OWNER).exists():
            remove(path)
            return True
    return False


def _record(path: Path) -> bytes:
    """What a lock says of its owner; nothing where there is none."""
    with suppress(OSError), (path / OWNER).open("rb") as file:
        return file.read(MOST_BYTES)
    return b""


def _patience(record: bytes) -> float:
    """For how long a record is watched, seconds."""
    owner = owner_of(record)
    return PATIENCE_SEC if owner is None else min(owner.patience, _SILENT_SEC)


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
    owner = owner_of(_record(path))
    return (owner is None or not owner.is_gone) and time.time() - (path / OWNER).lstat().st_mtime < _SILENT_SEC
