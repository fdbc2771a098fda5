"""Writing: a folder or a file is the new one or the old one, and no name that others can guess is written through.

Whatever is begun lies beside its final place, under a random name that is made exclusively: a link that somebody put
there before is neither followed nor taken. What a killed run left so is cleared away by the next one.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

FOLDER_MODE, FILE_MODE = 0o700, 0o600
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where a disk has no room."""
_BEGUN = re.compile(r"\.(making|replaced|writing)-.+")


@contextmanager
def replaced_folder(final: Path, *, private: bool = False) -> Iterator[Path]:
    """An empty folder to write into, which takes the place of `final` once the body has ended well, and never before.

    Nobody else can look into it or write there until then. Nothing is left of it where the body raises, and `final`
    stays as it was. private: nobody else can afterwards, either, as in a store, where the caller holds the lock of
    `final`; otherwise the umask decides.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    mark = f".making-{final.name}" if private else f".writing-{_short(final)}"
    replaced = f".replaced-{_short(final)}"
    _clear_left(final.parent, (mark, replaced), locked=private)
    beside, aside = (final.with_name(f"{start}-{secrets.token_hex(8)}") for start in (mark, replaced))
    beside.mkdir(mode=FOLDER_MODE)  # fails where anything has that name, be it a link that shows nowhere
    beside.chmod(FOLDER_MODE)  # whatever the umask took away
    descriptor = os.open(beside, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _lock(descriptor)
        yield beside
        if private:
            make_private(beside)
        else:
            beside.chmod(0o777 & ~_umask())
        try:
            if os.path.lexists(final):
                final.rename(aside)
            beside.rename(final)
        except BaseException:
            if os.path.lexists(aside) and not os.path.lexists(final):
                aside.rename(final)
            raise
    finally:
        os.close(descriptor)
        for left in (beside, aside):
            remove(left)


def replace_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text file, UTF-8, that is there as a whole or as it was before; one that was there keeps its mode.

    private: it is for no other eyes, as all that a store holds. Where `path` is a link, it is replaced, and what
    it shows is not.
    """
    mark = f".writing-{_short(path)}"
    _clear_left(path.parent, (mark,), locked=False)
    beside = path.with_name(f"{mark}-{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            _lock(descriptor)
            _write_through(file, text)
            os.fchmod(descriptor, FILE_MODE if private else _mode_of(path))
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _mode_of(path: Path) -> int:
    """The mode of a file that is there, or that of a new one."""
    with suppress(FileNotFoundError):
        before = path.lstat().st_mode
        if stat.S_ISREG(before):
            return stat.S_IMODE(before)
    return 0o666 & ~_umask()


def write_durably(path: Path, text: str) -> None:
    """Write a new text file and see it on the disk: a full disk is an error here, not a short file later.

    Raises FileExistsError where anything has that name.
    """
    with path.open("x", encoding="utf-8", newline="") as file:
        _write_through(file, text)


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a new npy file. Unlike `numpy.save`, a full disk is told by its errno, not by a bare count of bytes."""
    with path.open("xb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        file.write(np.ascontiguousarray(array).data)
        file.flush()
        os.fsync(file.fileno())


def synchronise(path: Path) -> None:
    """See a file on the disk, or the names in a folder: what a power cut could otherwise take back."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_through(file: TextIO, text: str) -> None:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())


def make_private(folder: Path) -> None:
    """Let nobody else into a folder of ours and all that is in it, whatever the umask was when it was made."""
    folder.chmod(FOLDER_MODE)
    for at, folders, files in os.walk(folder):
        for name in folders:
            Path(at, name).chmod(FOLDER_MODE)
        for name in files:
            if not Path(at, name).is_symlink():
                Path(at, name).chmod(FILE_MODE)


def close(folder: Path) -> bool:
    """Let nobody else into a folder; whether that is so now: its owner may be another, its disk may know no modes.

    What its owner may not, such as write there, stays so.
    """
    with suppress(OSError):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o077:
            folder.chmod(mode & FOLDER_MODE)
    return not stat.S_IMODE(folder.stat().st_mode) & 0o077


def open_to_writing(folder: Path) -> bool:
    """Whether others may put something into a folder and take away what is there."""
    mode = folder.stat().st_mode
    return bool(mode & 0o022) and not mode & stat.S_ISVTX


def remove(path: Path) -> None:
    """Take away a folder with all that is in it, or a file, or a link and not what it shows; never raises."""
    if path.is_dir() and not path.is_symlink():
        with suppress(RecursionError):  # folders in one another by the thousand: left where they are
            shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def take_away(folder: Path) -> Path:
    """Rename a folder, which nobody then finds by its name, and say to what; the caller removes that.

    The caller holds the lock of `folder`, and whoever writes there next clears away what a killed one left.
    """
    aside = folder.with_name(f".replaced-{_short(folder)}-{secrets.token_hex(8)}")
    folder.rename(aside)
    return aside


def left_behind(parent: Path) -> list[Path]:
    """What killed runs began in a folder and left there, whoever holds no lock of it."""
    found: list[os.DirEntry[str]] = []
    with suppress(OSError), os.scandir(parent) as entries:
        found = [entry for entry in entries if _BEGUN.fullmatch(entry.name)]
    return [Path(entry) for entry in found if _is_nobodys(Path(entry))]


def _clear_left(parent: Path, marks: tuple[str, ...], *, locked: bool) -> None:
    """Take away what a killed run of ours left; locked: nobody can be writing there now."""
    ours = re.compile(f"({'|'.join(map(re.escape, marks))})(-[0-9a-f]{{16}})" + ("?" if locked else ""))
    found: list[os.DirEntry[str]] = []
    with suppress(PermissionError), os.scandir(parent) as entries:  # where one may write but not look
        found = [entry for entry in entries if ours.fullmatch(entry.name)]
    for entry in found:
        if locked or (entry.stat(follow_symlinks=False).st_uid == os.geteuid() and _is_nobodys(Path(entry))):
            remove(Path(entry))


def _lock(descriptor: int) -> None:
    """Say that somebody is writing there, for as long as it is open: the system takes it back from the killed."""
    with suppress(OSError):  # a file system without such locks: then nothing is ever cleared away there
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_nobodys(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _short(path: Path) -> str:
    """A stand-in for a name that may be as long as a name can be."""
    return hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]


def _umask() -> int:
    before = os.umask(0o077)
    os.umask(before)
    return before
