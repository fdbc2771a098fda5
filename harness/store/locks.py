"""The lock of one key: `flock` where one kernel knows all who want it, a folder (`held_folder`) between machines.

Whoever opens a store takes the same kind: once a store has had folders for locks, a mark in it says so, and the
machine whose own disk it is on takes them, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, get_args

from filelock import FileLock

from harness.errors import InputError
from harness.store.file_systems import is_of_one_machine, type_of
from harness.store.held_folder import HeldFolder
from harness.writing import FILE_MODE

Kind = Literal["flock", "file"]
Way = Literal["auto", "flock", "file"]
WAYS: tuple[Way, ...] = get_args(Way)
MARK = "are-folders"
HELD, FLOCKED = ".held", ".lock"
"""How the name of a lock ends: of a folder, and of a file for `flock`."""


class Chosen(NamedTuple):
    """kind: of all locks of a store; why: in words, as a sentence goes on."""

    kind: Kind
    why: str


class Lock(Protocol):
    """A lock that is held. lost: whether somebody took it away from its owner, who was silent too long."""

    @property
    def lost(self) -> bool:
        """Whether it is nobody's or another's now."""


class _Flock(NamedTuple):
    locks: Path

    @property
    def lost(self) -> bool:
        """The kernel takes it from the dead alone; but who takes folders, which everybody is to, does not see it."""
        return (self.locks / MARK).exists()


def chosen(root: Path, locks: Path, way: Way) -> Chosen:
    """Which kind of lock a store takes; locks: its folder of them. InputError where one is asked for that it
    cannot."""
    marked = (locks / MARK).exists()
    if way == "flock" and marked:
        raise InputError(
            "store.lock=flock is asked for, and this store's locks are folders, for it was used from a file system "
            "between machines, or with store.lock=file. Leave it out, or, while no run uses the store, remove "
            f"{locks / MARK}."
        )
    if way != "auto":
        return Chosen(way, "as store.lock says")
    if marked:
        return Chosen("file", "as the store's own mark says")
    if is_of_one_machine(root):
        return Chosen("flock", f"for {type_of(root) or 'its file system'} is this machine's own")
    return Chosen("file", f"for {type_of(root)} may be between machines")


@contextmanager
def locked(locks: Path, name: str, kind: Kind, *, wait: bool = True) -> Iterator[Lock]:
    """Within it, nobody else has the lock of that name; without `wait`, raises filelock's Timeout for one that is
    held.

    Nothing of a lock stays behind. A file for `flock` is removed by its owner: filelock asks of each file that it has
    locked whether it still has a name, and begins anew where not.
    """
    if kind == "flock":
        path = locks / f"{name}{FLOCKED}"
        with FileLock(path, mode=FILE_MODE).acquire(blocking=wait):
            try:
                yield _Flock(locks)
            finally:
                with suppress(OSError):
                    path.unlink()
        return
    with suppress(FileExistsError):
        (locks / MARK).touch(FILE_MODE, exist_ok=False)
    held = HeldFolder(locks / f"{name}{HELD}")
    held.take(wait=wait)
    try:
        yield held
    finally:
        held.give_back()
