"""Takes away what no run needs, one artefact at a time: away from its name first, then from the disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filelock import Timeout

from harness.stock.inventory import LOG, Item
from harness.stock.locks import drop_locks
from harness.stock.needs import Unneeded
from harness.stock.runs import KnownRun
from harness.store import ANSWERS, NOTES, Store
from harness.store.uses import ASKED, ENDED, RUNS, Record, Use, is_under_way, read_record, says_nothing
from harness.writing import remove, take_away


class Pruned(NamedTuple):
    """What was taken away, in bytes, and by name what stays: a process works on it, or a run asked for it since."""

    n_bytes: int
    n_artefacts: int
    kept: list[str]


class _Staying:
    """What runs have asked for by now, but for those that go; a record is read again once it is another."""

    def __init__(self, root: Path, going: Sequence[KnownRun]) -> None:
        self._folder = root / RUNS
        self._going = {run.place: run.record for run in going}
        self._read: dict[Path, tuple[tuple[int, ...], Record | None]] = {}

    def ask_for(self, use: Use) -> bool:
        # A run that ends writes its record before it takes its notes away: in this order one of them is seen.
        return any(self._asks(path, use) for ending in (ASKED, ENDED) for path in self._folder.glob(f"*{ending}"))

    def goes(self, run: KnownRun) -> bool:
        """Whether its record is as it was when it was decided that it goes."""
        return self._record(run.place) == run.record and not (run.place.suffix == ASKED and is_under_way(run.place))

    def _asks(self, path: Path, use: Use) -> bool:
        record = self._record(path)
        if record is None:  # what a run has begun to write, or could not, may be for anything
            return os.path.lexists(path) and not says_nothing(path)
        return use in record.asked and record != self._going.get(path)

    def _record(self, path: Path) -> Record | None:
        with suppress(FileNotFoundError):
            status = path.lstat()
            seen = status.st_ino, status.st_size, status.st_mtime_ns
            if self._read.get(path, ((), None))[0] != seen:
                self._read[path] = seen, read_record(path)
            return self._read[path][1]
        return None


def prune(store: Store, goes: Unneeded) -> Pruned:
    """Take it away. Raises OSError where the store cannot be written to; nothing is half there then."""
    n_bytes, n_artefacts, kept = 0, 0, []
    staying = _Staying(store.root, goes.runs)
    for item in goes.items:
        if _take(store, item, staying):
            n_bytes, n_artefacts = n_bytes + item.n_bytes, n_artefacts + 1
        else:
            kept.append(item.name)
    for left in goes.left:
        if left.of and any(staying.ask_for(Use(kind, left.of)) for kind in ("generator", "release")):
            kept.append(f"{left.what} {left.of}")
            continue
        if left.what != "lock":
            remove(left.path)
            n_bytes += left.n_bytes
    locks = {left.path: left for left in goes.left if left.what == "lock"}
    staying_locks = drop_locks([*locks])
    kept += [f"lock {path.stem.replace('-', '/', 1)}" for path in staying_locks]
    n_bytes += sum(left.n_bytes for path, left in locks.items() if path not in staying_locks)
    for run in goes.runs:
        if staying.goes(run):
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


def _take(store: Store, item: Item, staying: _Staying) -> bool:
    """As `drop`, unless a run needs it that is under way, or has ended since.

    A run notes what it needs before it looks for it. Here it is renamed before the notes are read: either the note is
    seen, and it is put back, or the run has looked after that and makes it again.
    """
    if staying.ask_for(item.use):
        return False
    path = store.folder(*item.use)
    if item.use.kind == ANSWERS or path.is_symlink():
        return drop(store, item.use)
    try:
        with store.lock(*item.use, wait=False):
            aside = take_away(path)
            if staying.ask_for(item.use):
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
