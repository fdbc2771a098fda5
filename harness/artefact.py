"""What lies in a store, read as if somebody else had written it: whole, and nothing but plain files of ours."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from harness.bounded import digest, json_of, listed, read_text
from harness.errors import InputError
from harness.verified import Stamp, settled
from shadow_models.sealed import SEAL, as_sealed, sealed

META = "meta.json"
_MOST_META_BYTES = 64_000_000


class Meta(NamedTuple):
    """What `meta.json` says: facts of the maker, seconds that it took, and sha256 of each file by its name."""

    facts: dict[str, Any]
    seconds: float
    files: dict[str, str]


class _Whole(NamedTuple):
    """A file that was whole; may_be_noted: whether it had settled before it was read; read: by this process."""

    stamp: Stamp
    may_be_noted: bool
    read: bool


_NOTHING: Mapping[str, Stamp] = {}
_verified: dict[Path, _Whole] = {}  # files that this process has read and found whole, or that a note vouches for
_metas: dict[Path, tuple[Stamp, Meta]] = {}  # what this process has read of artefacts, and of which file


def read_meta(folder: Path) -> Meta | None:
    """The meta of an artefact; None where there is no artefact; InputError where it lacks one, or has none of ours.

    Its file is not read again as long as it is the same.
    """
    try:
        of_folder, of_file = folder.lstat(), (folder / META).lstat()
    except (FileNotFoundError, NotADirectoryError):
        if folder.is_dir() and not (folder / META).exists():  # it is put there last, but before the folder is
            raise InputError(f"{META} is missing") from None
        return None
    if stat.S_ISLNK(of_folder.st_mode):
        raise InputError(f"{folder.name} is a link")
    seen = _stamp(of_file, "")
    if folder not in _metas or _metas[folder][0] != seen:
        _metas[folder] = seen, _read_meta(folder)
    return _metas[folder][1]


def meta_text(kind: str, key: str, meta: Meta) -> str:
    """The text of `meta.json`: whose it is, what it says, and last a sha256 of all that stands before."""
    said = {"kind": kind, "key": key, "seconds": meta.seconds, "facts": meta.facts, "files": meta.files}
    return sealed(said)


def _read_meta(folder: Path) -> Meta:
    text = read_text(folder / META, _MOST_META_BYTES, "The artefact's", links=False)
    return meta_of(text, folder.parent.name, folder.name)


def meta_of(text: str, kind: str, key: str, *, sealed: bool = False) -> Meta:
    """What the text of a `meta.json` says; InputError for one that is not this artefact's, or not as it was written.

    sealed: one without a digest of its own, from before there was one, is refused, too.
    """
    meta = json_of(text, META)
    match meta:
        case {"facts": dict(facts), "seconds": int() | float() as seconds, "files": dict(files)}:
            named = (meta.get("kind"), meta.get("key")) == (kind, key) and (SEAL in meta or not sealed)
            if named and _as_written(text, meta) and all(isinstance(value, str) for value in files.values()):
                return Meta(facts, float(seconds), files)
    raise InputError(f"{META} is none that we write")


def _as_written(text: str, meta: Mapping[str, Any]) -> bool:
    """Whether every byte is as it was written; of one from before there was a seal only the names are known."""
    if SEAL in meta:
        return as_sealed(text)
    return meta.keys() == {"kind", "key", "seconds", "facts", "files"}


class Look(NamedTuple):
    """What a look at an artefact found.

    damaged: what is not as it was written, by name; whole: stamps of files that are and may be noted; read: whether
    any was read for it.
    """

    damaged: list[str]
    whole: dict[str, Stamp]
    read: bool


def damage(folder: Path, files: Mapping[str, str]) -> list[str]:
    """What is not as it was written, by name: a file that is missing or another, one outside, a link, a pipe.

    Files that were whole a moment ago are not read again.
    """
    return look(folder, files, lambda: _NOTHING).damaged


def look(
    folder: Path, files: Mapping[str, str], noted: Callable[[], Mapping[str, Stamp]], *, anew: bool = False
) -> Look:
    """As `damage`; noted: asked for stamps of files that need not be read, where this process knows of none.

    anew: no note counts, nor what this process took from one; only what it has read.
    """
    try:
        present, odd, _ = listed(folder)
    except OSError:
        return Look([META], {}, False)
    damaged, whole, read = sorted(odd), {}, False
    for name, expected in files.items():
        if name in odd:
            continue
        if name not in present:
            damaged.append(name)
            continue
        path, seen = folder / name, _stamp(present[name], expected)
        known = _verified.get(path)
        if known is None or known.stamp != seen or (anew and not known.read):
            by_note = not anew and noted().get(name) == seen
            found = _Whole(seen, settled(seen), not by_note)  # asked before it is read
            if not by_note:
                read = True
                if not _reads_as(path, expected):
                    damaged.append(name)
                    _verified.pop(path, None)
                    continue
            _verified[path] = found
        if _verified[path].may_be_noted:
            whole[name] = seen
    return Look(damaged, whole, read)


def forget() -> None:
    """Know of no file that it is whole, as a process does that has just started."""
    _verified.clear()
    _metas.clear()


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


def _stamp(status: os.stat_result, expected: str) -> Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, expected


def _reads_as(path: Path, expected: str) -> bool:
    try:
        return _sha256(path) == expected
    except (FileNotFoundError, InputError):  # another run is replacing it, or somebody has put something else there
        return False


def _sha256(path: Path) -> str:
    return digest(path, "The file")
