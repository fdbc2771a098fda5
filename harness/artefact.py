"""What lies in a store, read as if somebody else had written it: whole, and nothing but plain files of ours."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from harness.bounded import digest, listed, read_json
from harness.errors import InputError

META = "meta.json"
_MOST_META_BYTES = 64_000_000
# Files that this process has read and found whole: inode, size, times of writing and of change, and digest then.
_verified: dict[Path, tuple[int, int, int, int, str]] = {}


class Meta(NamedTuple):
    """What `meta.json` says: facts of the maker, seconds that it took, and sha256 of each file by its name."""

    facts: dict[str, Any]
    seconds: float
    files: dict[str, str]


def read_meta(folder: Path) -> Meta | None:
    """The meta of an artefact; None where there is none; InputError where it is not one that we write."""
    if not os.path.lexists(folder / META):
        return None
    if folder.is_symlink():
        raise InputError(f"{folder.name} is a link")
    meta = read_json(folder / META, _MOST_META_BYTES, "The artefact's", links=False)
    match meta:
        case {"facts": dict(facts), "seconds": int() | float() as seconds, "files": dict(files)}:
            if all(isinstance(value, str) for value in files.values()):
                return Meta(facts, float(seconds), files)
    raise InputError(f"{META} is none that we write")


def damage(folder: Path, files: Mapping[str, str]) -> list[str]:
    """What is not as it was written, by name: a file that is missing or another, one outside, a link, a pipe.

    Files that were whole a moment ago are not read again.
    """
    try:
        present, odd, _ = listed(folder)
    except OSError:
        return [META]
    return sorted(odd) + [
        name
        for name, expected in files.items()
        if name not in odd and not (name in present and _is_whole(folder / name, present[name], expected))
    ]


def is_plain(folder: Path) -> bool:
    """Whether a folder is one, no link to one, and holds but files and folders."""
    try:
        return not folder.is_symlink() and not listed(folder).odd
    except OSError:
        return False


def digests(folder: Path) -> dict[str, str]:
    """The sha256 of every file in a folder just made, by its name below it; ValueError for links and the like."""
    files, odd, _ = listed(folder)
    if odd:
        raise ValueError(f"An artefact is made of plain files; {', '.join(odd)} is something else.")
    return {name: _sha256(folder / name) for name in sorted(files, key=PurePosixPath)}


def _is_whole(path: Path, status: os.stat_result, expected: str) -> bool:
    seen = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, expected)
    if _verified.get(path) == seen:
        return True
    try:
        if _sha256(path) != expected:
            return False
    except (FileNotFoundError, InputError):  # another run is replacing it, or somebody has put something else there
        return False
    _verified[path] = seen
    return True


def _sha256(path: Path) -> str:
    return digest(path, "The file")
