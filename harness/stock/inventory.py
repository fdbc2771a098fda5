"""What lies in a store, looked at and not read: artefacts, left-overs of killed runs, locks that are held."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from harness.artefact import META, read_meta
from harness.bounded import listed
from harness.errors import InputError
from harness.places import shown
from harness.stock.locks import locks_in
from harness.store import ANSWERS, JOBS, KINDS, LOCKS, NOTES, SALT
from harness.store.locks import MARK
from harness.store.uses import RUNS, Use
from harness.writing import left_behind

CHECKPOINT, LOG = "checkpoint", "log"
_YOUNG_SEC = 86_400.0
FOLDERS = sorted(KINDS - {ANSWERS, CHECKPOINT, JOBS, LOCKS, LOG, NOTES, RUNS, SALT})
"""The kinds of which an artefact is a folder."""


class Item(NamedTuple):
    """An artefact. made: seconds since 1970; damaged: files that are seen to be missing, or none that we write."""

    use: Use
    path: Path
    n_bytes: int
    made: float
    damaged: tuple[str, ...]

    @property
    def name(self) -> str:
        """As sentences call it."""
        return "/".join(self.use)


class LeftOver(NamedTuple):
    """What a killed run left, or what belonged to an artefact that is not there any more.

    what: "checkpoint" of a training that did not end, "half-made" artefact, "lock", "log" or "note"; of: the
    artefact's key.
    """

    what: str
    path: Path
    n_bytes: int
    made: float
    of: str


class Inventory(NamedTuple):
    """All of it. locks: of artefacts, that a process holds now; is_mirror: whether it is laid out as a mirror,
    without what every store has that something was made in."""

    root: Path
    items: dict[Use, Item]
    left: list[LeftOver]
    locks: list[str]
    is_mirror: bool = False

    @property
    def n_bytes(self) -> int:
        """Of artefacts and left-overs."""
        return sum(one.n_bytes for one in self.items.values()) + sum(one.n_bytes for one in self.left)


def inventory_of(root: Path) -> Inventory:
    """Look into a store. Raises InputError where there is none, and for a folder in it that is a link."""
    if not root.is_dir() or not any((root / kind).is_dir() for kind in KINDS):
        raise InputError(
            f"--root {shown(root)} is no store; give the folder that store.root= named, by default store."
        )
    for kind in sorted(KINDS):
        if (root / kind).is_symlink():
            raise InputError(f"The store's folder {kind} is a link, and links in a store are not followed.")
    items = {one.use: one for one in (*_folders(root), *_answers(root))}
    locks = [*locks_in(root / LOCKS)]
    held = sorted(one.of for one in locks if one.held)
    unheld = [_left_over("lock", one.path, "") for one in locks if not one.held]
    mirror = bool(items) and not (root / LOCKS).exists() and not (root / RUNS).exists()
    return Inventory(root, items, [*_left(root, items, held), *unheld], held, mirror)


def _folders(root: Path) -> Iterator[Item]:
    for kind in FOLDERS:
        for path in _entries(root / kind):
            if not path.name.startswith(".") and (path.is_dir() or path.is_symlink()):
                with suppress(FileNotFoundError):  # another run has just replaced it
                    yield _folder(Use(kind, path.name), path)


def _folder(use: Use, path: Path) -> Item:
    made, n_bytes, damaged = path.lstat().st_mtime, 0, [META]
    if not path.is_symlink():
        with suppress(OSError):
            present, odd, _ = listed(path)
            n_bytes = sum(one.st_size for one in present.values())
            with suppress(InputError):
                meta = read_meta(path)
                if meta is not None:
                    damaged = [*odd, *(name for name in meta.files if name not in present)]
                    made = present[META].st_mtime
    return Item(use, path, n_bytes, made, tuple(sorted(damaged)))


def _answers(root: Path) -> Iterator[Item]:
    for path in _entries(root / ANSWERS):
        if not path.name.startswith("."):
            with suppress(FileNotFoundError):
                status = path.lstat()
                yield Item(Use(ANSWERS, path.name), path, status.st_size, status.st_mtime, ())


def _left(root: Path, items: dict[Use, Item], held: Sequence[str]) -> Iterator[LeftOver]:
    # Between machines nobody sees the system's locks of another: there, what is young or locked may be in the making.
    between, young = (root / LOCKS / MARK).exists(), time.time() - _YOUNG_SEC
    for kind in (*FOLDERS, ANSWERS, NOTES, RUNS, SALT):
        for path in left_behind(root / kind) if (root / kind).is_dir() else []:
            left = _left_over("half-made", path, "")
            if not between or (
                left.made < young and not any(f"-{one.partition('/')[2]}-" in path.name for one in held)
            ):
                yield left
    for path in _entries(root / CHECKPOINT):
        yield _left_over(CHECKPOINT, path, path.name)
    keys = {use.key for use in items} | {path.name for path in _entries(root / CHECKPOINT)}
    for path in _entries(root / LOG):
        if path.stem not in keys:
            yield _left_over("log", path, path.stem)
    names = {"-".join(use) for use in items}
    for path in _entries(root / NOTES):
        if not path.name.startswith(".") and path.name.rpartition("-")[0] not in names:
            yield _left_over("note", path, "")


def _left_over(what: str, path: Path, of: str) -> LeftOver:
    made, n_bytes = 0.0, 0
    with suppress(OSError):
        status = path.lstat()
        made, n_bytes = status.st_mtime, status.st_size
        if path.is_dir() and not path.is_symlink():
            files = listed(path).files.values()
            n_bytes = sum(one.st_size for one in files)
            made = max([made, *(one.st_mtime for one in files)])
    return LeftOver(what, path, n_bytes, made, of)


def _entries(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(folder.iterdir())
    return []
