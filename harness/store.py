"""The content-addressed store: the only place that decides whether a stage runs, and the only one on disk.

`store/<kind>/<key>/` holds one artefact; the key hashes everything that decides its content. It is written
beside and renamed into place with `meta.json` (sha256 of each file) last, so a half-written one cannot be seen.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from harness.errors import HarnessWarning

META = "meta.json"
# Files that this process has read and found whole: inode, size, times of writing and of change, and digest then.
_verified: dict[Path, tuple[int, int, int, int, str]] = {}


def content_key(**decides: Any) -> str:
    """The key of whatever `decides` (JSON values only) decides: 32 hex digits."""
    text = json.dumps(decides, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Artefact:
    """One finished artefact: its folder, its facts (what the maker returned) and the seconds it took."""

    folder: Path
    facts: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class Store:
    """A folder of artefacts. Several processes and runs may share one."""

    root: Path

    def folder(self, kind: str, key: str) -> Path:
        """Where the artefact is or would be."""
        return self.root / kind / key

    def find(self, kind: str, key: str) -> Artefact | None:
        """The finished artefact, its files verified, or None. A damaged one counts as missing, with a warning."""
        folder = self.folder(kind, key)
        try:
            meta = json.loads((folder / META).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            meta = {"files": {META: "unreadable"}}
        damaged = _damaged(folder, meta["files"])
        if damaged:
            warnings.warn(
                HarnessWarning(f"Store: {kind}/{key} is damaged ({', '.join(damaged)}) and is made again."),
                stacklevel=2,
            )
            return None
        return Artefact(folder, meta["facts"], meta["seconds"])

    def get(self, kind: str, key: str, make: Callable[[Path], Mapping[str, Any] | None]) -> Artefact:
        """The artefact, made by `make(empty folder)` if it is not there; one maker a key at a time.

        `make` returns facts for `meta.json` (JSON values) or None. If it raises, nothing is kept.
        """
        found = self.find(kind, key)
        if found is not None:
            return found
        with self.lock(kind, key):
            found = self.find(kind, key)  # another run may have made it while this one waited
            if found is not None:
                return found
            final = self.folder(kind, key)
            # Of a fixed name: what a killed run left is cleared away; the lock says that it is nobody's now.
            with replaced_folder(final, final.with_name(f".making-{key}")) as beside:
                started = time.perf_counter()
                facts = dict(make(beside) or {})
                seconds = time.perf_counter() - started
                files = {
                    str(path.relative_to(beside)): _sha256(path)
                    for path in sorted(beside.rglob("*"))
                    if path.is_file()
                }
                meta = {"kind": kind, "key": key, "seconds": seconds, "facts": facts, "files": files}
                write_durably(beside / META, json.dumps(meta, indent=1))
        return Artefact(final, facts, seconds)

    def lock(self, kind: str, key: str) -> FileLock:
        """The lock of one key, across processes."""
        locks = self.root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        return FileLock(locks / f"{kind}-{key}.lock")


@contextmanager
def replaced_folder(final: Path, beside: Path | None = None) -> Iterator[Path]:
    """An empty folder to write into, which takes the place of `final` once the body has ended well, and never before.

    beside: where it is written, in the same parent; by default under a name of this process. Nothing is left of it
    where the body raises, and `final` stays as it was.
    """
    own, aside = (final.with_name(f".{what}-{final.name}-{os.getpid()}") for what in ("writing", "replaced"))
    beside = own if beside is None else beside
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        yield beside
        try:
            if final.exists():
                final.rename(aside)
            beside.rename(final)
        except BaseException:
            if aside.exists() and not final.exists():
                aside.rename(final)
            raise
    finally:
        for left in (beside, aside):
            shutil.rmtree(left, ignore_errors=True)


def replace_file(path: Path, text: str) -> None:
    """Write a text file, UTF-8, that is there as a whole or as it was before."""
    beside = path.with_name(f".{path.name}.part")
    try:
        write_durably(beside, text)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def digest_of(paths: Iterable[Path]) -> str:
    """A hash of source files, for keys that must change with the code that makes the content."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write an npy file. Unlike `numpy.save`, a full disk is told by its errno, not by a bare count of bytes."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        file.write(np.ascontiguousarray(array).data)
        file.flush()
        os.fsync(file.fileno())


def write_durably(path: Path, text: str) -> None:
    """Write text and see it on the disk: a full disk is an error here, not a short file later."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _damaged(folder: Path, files: Mapping[str, str]) -> list[str]:
    """The files whose content is not the one written; those that were so a moment ago are not read again."""
    return [name for name, digest in files.items() if not _is_whole(folder / name, digest)]


def _is_whole(path: Path, digest: str) -> bool:
    try:
        stat = path.stat()
        seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, digest)
        if _verified.get(path) == seen:
            return True
        if _sha256(path) != digest:
            return False
    except FileNotFoundError:  # before or between the two: another run is replacing it
        return False
    _verified[path] = seen
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
