"""Takes away what no run needs, one artefact at a time: away from its name first, then from the disk."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filelock import Timeout

from harness.stock.inventory import LOG, Item
from harness.stock.locks import drop_lock
from harness.stock.needs import Unneeded
from harness.store import ANSWERS, NOTES, Store
from harness.store.uses import ASKED, RUNS, Use, is_under_way, read_record
from harness.writing import remove, take_away


class Pruned(NamedTuple):
    """What was taken away, in bytes, and by name what stays, for a process works on it or has just asked for it."""

    n_bytes: int
    n_artefacts: int
    kept: list[str]


class _UnderWay:
    """What the runs that are under way have asked for by now; a file is read again once it has grown."""

    def __init__(self, root: Path) -> None:
        self._folder = root / RUNS
        self._read: dict[Path, tuple[int, frozenset[Use]]] = {}

    def ask_for(self, use: Use) -> bool:
        return any(use in self._asked(path) for path in self._folder.glob(f"*{ASKED}"))

    def _asked(self, path: Path) -> frozenset[Use]:
        if not is_under_way(path):
            return frozenset()
        with suppress(FileNotFoundError):
            size = path.stat().st_size
            if self._read.get(path, (-1, None))[0] != size:
                record = read_record(path)
                self._read[path] = size, record.asked if record is not None else frozenset()
            return self._read[path][1]
        return frozenset()


def prune(store: Store, goes: Unneeded) -> Pruned:
    """Take it away. Raises OSError where the store cannot be written to; nothing is half there then."""
    n_bytes, n_artefacts, kept = 0, 0, []
    under_way = _UnderWay(store.root)
    for item in goes.items:
        if _take(store, item, under_way):
            n_bytes, n_artefacts = n_bytes + item.n_bytes, n_artefacts + 1
        else:
            kept.append(item.name)
    for left in goes.left:
        if left.of and any(under_way.ask_for(Use(kind, left.of)) for kind in ("generator", "release")):
            kept.append(f"{left.what} {left.of}")
            continue
        if left.what == "lock":
            drop_lock(left.path)
        else:
            remove(left.path)
        n_bytes += left.n_bytes
    for run in goes.runs:
        if not (run.place.suffix == ASKED and is_under_way(run.place)):
            run.place.unlink(missing_ok=True)
    return Pruned(n_bytes, n_artefacts, kept)


def drop(store: Store, use: Use) -> bool:
    """Take an artefact away, whoever may need it; False where a process works on it now."""
    path = store.folder(*use)
    if use.kind == ANSWERS:
        path.unlink(missing_ok=True)
        return True
    try:
        with store.lock(*use, wait=False):
            remove(path if path.is_symlink() else take_away(path))
            _drop_beside(store, use)
    except (FileNotFoundError, Timeout):  # another was faster, or is at it
        return False
    return True


def _take(store: Store, item: Item, under_way: _UnderWay) -> bool:
    """As `drop`, unless a run that is under way needs it.

    A run notes what it needs before it looks for it. Here it is renamed before the notes are read: either the note is
    seen, and it is put back, or the run has looked after that and makes it again.
    """
    if under_way.ask_for(item.use):
        return False
    path = store.folder(*item.use)
    if item.use.kind == ANSWERS or path.is_symlink():
        return drop(store, item.use)
    try:
        with store.lock(*item.use, wait=False):
            aside = take_away(path)
            if under_way.ask_for(item.use):
                aside.rename(path)
                return False
            remove(aside)
            _drop_beside(store, item.use)
    except (FileNotFoundError, Timeout):
        return False
    return True


def _drop_beside(store: Store, use: Use) -> None:
    """The note that vouches for it, and its log."""
    for note in (store.root / NOTES).glob(f"{use.kind}-{use.key}-*.json"):
        remove(note)
    if use.kind in ("generator", "release"):
        remove(store.root / LOG / f"{use.key}.txt")
