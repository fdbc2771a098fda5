"""What was read and found whole on this machine before: a note in the store, so that gigabytes are read once.

A file counts as whole where its inode, size, time of writing, time of change and digest are all those of the note.
No program can set the time of change: who writes to a file, or puts another in its place, moves it. What moves none
of these, a disk that rots, only reading finds: `store.verify=true`.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from harness.bounded import read_json
from harness.errors import InputError
from harness.writing import replace_file

Stamp = tuple[int, int, int, int, str]
"""Of a file that was whole: inode, size, times of writing and of change in ns, and its sha256 then."""
WORTH_BYTES = 2**20  # of all files together: what is smaller is read as fast as a note
SETTLED_NS = 2 * 10**9
"""A file that was changed less long ago is not noted: what is written within one tick of a disk's clock, two seconds
where it is coarsest, has the same times as before."""
_SCHEMA = 1
_MOST_BYTES = 1_000_000


def note_of(folder: Path, kind: str, key: str) -> Path:
    """Where the note about an artefact is or would be; folder: of all notes."""
    return folder / f"{kind}-{key}-{_machine()}.json"


def noted(note: Path) -> dict[str, Stamp]:
    """The stamps by file; none where there is no note, or one that we did not write."""
    try:
        match read_json(note, _MOST_BYTES, "The note", links=False):
            case {"schema": 1, "files": dict(files)}:
                return {name: _stamp(told) for name, told in files.items()}
    except (InputError, ValueError):
        pass
    return {}


def settled(stamp: Stamp) -> bool:
    """Whether the file was left alone long enough before now that its times tell of any change to come."""
    return max(stamp[2:4]) + SETTLED_NS <= time.time_ns()


def write_note(note: Path, stamps: Mapping[str, Stamp]) -> None:
    """Keep the stamps for later processes; where nothing can be written, such as on a read-only disk, they read."""
    if noted(note) == stamps:
        return
    with suppress(OSError):
        replace_file(note, json.dumps({"schema": _SCHEMA, "files": stamps}), private=True)


def drop_note(note: Path) -> None:
    """Nothing is known of that artefact any more."""
    with suppress(OSError):
        note.unlink()


def _stamp(told: object) -> Stamp:
    match told:
        case [int(inode), int(size), int(written), int(changed), str(digest)]:
            return inode, size, written, changed, digest
    raise ValueError("No stamp.")


@cache
def _machine() -> str:
    """A name for this machine, of 12 hex digits."""
    told = platform.node()
    with suppress(OSError):
        told += Path("/etc/machine-id").read_text(encoding="ascii", errors="replace")
    return hashlib.sha256(told.encode()).hexdigest()[:12]
