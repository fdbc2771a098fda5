"""Who uses what of a store: noted while a run is under way, kept once it has ended.

`runs/<name>.asked` grows by a line with each artefact that a run asks for. Who writes it holds its lock for as long
as the run lives, and the system takes it back from the killed. At its end `runs/<name>.json` says the same for good,
and last a sha256 of what it says: what a run needs must not hang on a letter that a disk has changed.
The name stands for the folder of the results: the same command again takes up the first and replaces the second.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from harness.bounded import digest, json_of, read_text
from harness.errors import InputError
from harness.writing import FILE_MODE, replace_file
from shadow_models.sealed import SEAL, as_sealed, sealed

RUNS, ASKED, ENDED = "runs", ".asked", ".json"
_SCHEMA = 1
_UNSEALED = {"schema", "folder", "file", "manifest", "at", "asked"}  # of records from before they had a digest
_MOST_BYTES = 256_000_000
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Use(NamedTuple):
    """An artefact by what it is and its key."""

    kind: str
    key: str


class Record(NamedTuple):
    """What a store says of a run.

    folder: of its results, where they were written; asked: what it asked the store for; at: seconds since 1970, of
    its end, or of the last that it asked for; manifest: its name and sha256, None of a run that has not ended.
    """

    folder: Path
    asked: frozenset[Use]
    at: float
    manifest: tuple[str, str] | None


class Asked:
    """What one run has asked for, in memory and, as soon as there is a store, in its file there."""

    def __init__(self, place: Callable[[], Path], root: Path, folder: Path) -> None:
        self._place, self._root = place, root  # place: makes the folder of all records
        self._folder = Path(os.path.abspath(folder))  # noqa: PTH100  # as it is called, links in it kept
        self._name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:32]
        self._asked: set[Use] = set()
        self._unwritten: list[object] = [{"folder": str(self._folder)}]
        self._descriptor: int | None = None
        self._writes = True

    def add(self, use: Use) -> None:
        """Note it, before it is looked for: whoever clears away looks at these notes after taking something away."""
        if use not in self._asked:
            self._asked.add(use)
            self._unwritten.append("/".join(use))
            if self._writes and self._root.is_dir():
                self._write()

    def end(self, manifest: Path) -> None:
        """The run has ended well, and its results lie beside this manifest: say so for good."""
        written = manifest.name, digest(manifest, "The manifest")
        before = read_record(self._root / RUNS / f"{self._name}{ENDED}")
        if before is not None and before.manifest == written:  # results that were left as they are need what they did
            self._asked |= before.asked
        there = sorted(use for use in self._asked if (self._root / use.kind / use.key).exists())
        said = {
            "schema": _SCHEMA,
            "folder": str(self._folder),
            "file": written[0],
            "manifest": written[1],
            "at": time.time(),
            "asked": ["/".join(use) for use in there],
        }
        with suppress(OSError):  # a store that is only read: nobody clears it away, either
            replace_file(self._place() / f"{self._name}{ENDED}", sealed(said), private=True)
            self._drop()

    def close(self) -> None:
        """Let go. What a run that has not ended asked for stays noted, if any of it is there."""
        if self._writes and self._descriptor is not None and self._unwritten:
            self._write()  # the disk was full, and may not be now
        noted = read_record(self._root / RUNS / f"{self._name}{ASKED}")  # of an interrupted one before it, too
        if noted is not None and not any((self._root / use.kind / use.key).exists() for use in noted.asked):
            self._drop()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self) -> None:
        try:
            if self._descriptor is None:
                self._descriptor = _opened(self._place() / f"{self._name}{ASKED}")
            # After what did not fit as a whole there may stand half a line, and all is said again.
            lines = "".join(f"\n{json.dumps(one)}" for one in self._unwritten) + "\n"
            if os.write(self._descriptor, lines.encode()) == len(lines):
                self._unwritten.clear()
        except OSError as error:  # a full disk has room again at some time; one that is only read has none
            self._writes = error.errno in _FULL

    def _drop(self) -> None:
        """Take the file away, unless another run with the same results holds it."""
        if self._descriptor is not None:
            with suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                (self._root / RUNS / f"{self._name}{ASKED}").unlink(missing_ok=True)


def _opened(path: Path) -> int:
    while True:
        descriptor = os.open(path, _FLAGS, FILE_MODE)
        try:
            with suppress(BlockingIOError):  # somebody looks whether it is held
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except OSError:  # a file system without locks
            return descriptor
        os.close(descriptor)  # it was cleared away between the two


_under_way: dict[Path, Asked] = {}


@contextmanager
def noting(root: Path, asked: Asked, manifest: str) -> Iterator[None]:
    """Within it, what this process asks the store for is noted, and where it ends well, kept."""
    before = _under_way.get(root)
    _under_way[root] = asked
    try:
        yield
        asked.end(asked._folder / manifest)
    finally:
        asked.close()
        if before is None:
            del _under_way[root]
        else:
            _under_way[root] = before


def note_use(root: Path, kind: str, key: str) -> None:
    """This process has a use for an artefact, be it there or not."""
    if (asked := _under_way.get(root)) is not None:
        asked.add(Use(kind, key))


def read_record(path: Path) -> Record | None:
    """A run's record, of either kind; None where it is none that we write, or has just gone."""
    try:
        status = path.lstat()
        text = read_text(path, _MOST_BYTES, "The record", links=False)
        if path.suffix == ENDED:
            return _ended(text)
        return _not_ended(text.splitlines(), status.st_mtime)
    except (OSError, InputError, ValueError):
        return None


def is_under_way(path: Path) -> bool:
    """Whether a process holds a run's notes."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def says_nothing(path: Path) -> bool:
    """Whether a file of notes is as its run began it: no line was ever written, and no process holds it."""
    try:
        text = read_text(path, _MOST_BYTES, "The record", links=False)
    except InputError:
        return False
    whole_lines = text.strip("\n").count("\n") + (text[-1:] == "\n" and bool(text.strip("\n")))
    return path.suffix == ASKED and not whole_lines and not is_under_way(path)


def _ended(text: str) -> Record | None:
    said = json_of(text, "The record")
    if not isinstance(said, dict) or not (as_sealed(text) if SEAL in said else said.keys() == _UNSEALED):
        return None
    match said:
        case {"schema": 1, "folder": str(folder), "manifest": str(manifest), "at": int() | float() as at,
              "asked": list(asked), "file": str(file)}:  # fmt: skip
            return Record(Path(folder), _uses(asked), float(at), (file, manifest))
    return None


def _not_ended(lines: list[str], at: float) -> Record | None:
    said = []
    for line in lines:
        with suppress(InputError):  # the last line of a killed run
            said.append(json_of(line, "A line"))
    folder = next(
        (one["folder"] for one in said if isinstance(one, dict) and isinstance(one.get("folder"), str)), None
    )
    return None if folder is None else Record(Path(folder), _uses(said), at, None)


def _uses(said: Iterable[object]) -> frozenset[Use]:
    pairs = [one.split("/") for one in said if isinstance(one, str)]
    return frozenset(Use(*pair) for pair in pairs if len(pair) == 2)
