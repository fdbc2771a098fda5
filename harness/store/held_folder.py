"""A lock that is a folder: for file systems between machines, where `flock` may hold on each machine alone.

Who wants it writes its record into a folder of its own and renames that to the lock's name, which succeeds for one of
them and only where nothing stands there; NFS, Lustre, SMB and local disks all promise that much. Who has it rewrites
the record every few seconds. It is taken away, by the owner or from one that is gone, by whoever is the first to
create the file `over-0` inside, asked for by the folder's descriptor and so in this very folder, whatever has its
name by then; `over-1` is for whoever finds the first gone, and so on. So of many who find an owner gone one takes the
lock away, and then all begin anew.

An owner that was only silent, such as one that was stopped for longer than it had said, learns of it when it asks
(`lost`). No lock between machines can do more: what it guards must bear two at once, as the store does.

filelock 4 has locks of this kind, too. Its lease is never taken from the dead where a disk cannot exchange two names
in one step, NFS for one; its lock for readers and writers leaves a tree of files behind for each key.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from filelock import Timeout

from harness.store.owners import BEAT_SEC, MOST_BYTES, PATIENCE_SEC, Beats, Watch, owner_of, this_process
from harness.writing import FILE_MODE, FOLDER_MODE, remove

OWNER, OVER = "owner", "over-"
BEGUN = (".begun-", ".ended-")
"""How what a killed process leaves beside locks begins: a lock that was not yet one, and one that was none any
more."""
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY}
_GONE = {errno.ENOENT, errno.ESTALE}
_FIRST_PAUSE_SEC, _LONGEST_PAUSE_SEC = 0.02, 1.0


class HeldFolder:
    """The lock at a place; `take` it and `give_back`. beat, patience: seconds, as `owners` has them."""

    def __init__(self, place: Path, beat: float | None = None, patience: float | None = None) -> None:
        self._place = place
        self._beat_sec = BEAT_SEC if beat is None else beat
        self._me = this_process(PATIENCE_SEC if patience is None else patience)
        self._watch = Watch(self._me.patience)
        self._descriptor: int | None = None
        self._beats: Beats | None = None

    def take(self, *, wait: bool) -> None:
        """Take it, once it is free; without `wait`, raises filelock's Timeout where somebody has it."""
        pause = _FIRST_PAUSE_SEC
        while not self._taken():
            if self._freed():
                continue
            if not wait:
                raise Timeout(str(self._place))
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE_SEC, pause * 1.3)
        self._beats = Beats(self._beat, self._beat_sec)

    def free_if_gone(self) -> bool:
        """Take it away from an owner that is gone, as far as was seen in all calls of this; whether nobody has it."""
        return self._freed()

    @property
    def lost(self) -> bool:
        """Whether somebody else took it away meanwhile, or is about to."""
        descriptor = self._descriptor
        return descriptor is None or _there(descriptor, f"{OVER}0") or not self._stands(descriptor)

    def give_back(self) -> None:
        """Let others have it; without effect where it was lost."""
        if self._beats is not None:
            self._beats.end()
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            try:
                if self._is_first(descriptor, 0) and self._stands(descriptor):
                    self._take_away()
            finally:
                os.close(descriptor)

    def _taken(self) -> bool:
        descriptor = self._opened()
        if descriptor is not None:  # spares the attempt
            os.close(descriptor)
            return False
        begun = self._place.with_name(f"{BEGUN[0]}{secrets.token_hex(8)}")
        begun.mkdir(mode=FOLDER_MODE)
        try:
            _write(begun / OWNER, self._me.told(), None)
            try:
                begun.rename(self._place)
            except OSError as error:
                if error.errno not in _TAKEN | {errno.ENOENT}:
                    raise
            # By what stands there, not by the answer: a server may be asked twice where its first answer was lost.
            return self._is_mine()
        finally:
            if self._descriptor is None:
                remove(begun)

    def _is_mine(self) -> bool:
        descriptor = self._opened()
        if descriptor is None:
            return False
        owner = owner_of(_read(descriptor, OWNER) or b"")
        if owner is not None and owner.token == self._me.token:
            self._descriptor = descriptor
            return True
        os.close(descriptor)
        return False

    def _freed(self) -> bool:
        """Take the lock away from an owner that is gone; whether it is worth another attempt at once."""
        descriptor = self._opened()
        if descriptor is None:
            return True
        try:
            record = _read(descriptor, OWNER)
            if not self._watch.gives_up(OWNER, record or b""):
                return False
            n = 0
            while (record := _read(descriptor, f"{OVER}{n}")) is not None:
                if not self._watch.gives_up(f"{OVER}{n}", record):
                    return False
                n += 1
            if not self._is_first(descriptor, n) or not self._stands(descriptor):
                return False
            self._take_away()
        finally:
            os.close(descriptor)
        return True

    def _is_first(self, descriptor: int, n: int) -> bool:
        """Whether this process is the one that may take the folder away. One without a record is away already."""
        try:
            _write(Path(f"{OVER}{n}"), self._me.told(), descriptor)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno in _GONE:
                return False
            raise
        return _there(descriptor, OWNER)

    def _stands(self, descriptor: int) -> bool:
        """Whether the folder has the lock's name."""
        there = self._opened()
        if there is None:
            return False
        try:
            return os.path.samestat(os.fstat(there), os.fstat(descriptor))
        finally:
            os.close(there)

    def _take_away(self) -> None:
        aside = self._place.with_name(f"{BEGUN[1]}{secrets.token_hex(8)}")
        with suppress(FileNotFoundError):
            self._place.rename(aside)
            (aside / OWNER).unlink(missing_ok=True)  # first: see `_is_first`
            remove(aside)

    def _beat(self) -> bool:
        descriptor = self._descriptor
        if descriptor is None or not _there(descriptor, OWNER):
            return False
        file = os.open(OWNER, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
        try:
            os.pwrite(file, self._me.told(), 0)
        finally:
            os.close(file)
        return True

    def _opened(self) -> int | None:
        try:
            return os.open(self._place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise


def _write(path: Path, record: bytes, folder: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(path, flags, FILE_MODE, dir_fd=folder)
    try:
        os.write(file, record)
    finally:
        os.close(file)


def _read(folder: int, name: str) -> bytes | None:
    """What a file of the folder holds; None where it is not there. Opened anew: a client of NFS asks its server
    then."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise
    try:
        return os.read(file, MOST_BYTES)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise
    finally:
        os.close(file)


def _there(folder: int, name: str) -> bool:
    return _read(folder, name) is not None
