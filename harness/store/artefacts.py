"""The content-addressed store: the only place that decides whether a stage runs, and the only one on disk.

`store/<kind>/<key>/` holds one artefact; the key hashes everything that decides its content. It is written
beside and renamed into place with `meta.json` (sha256 of each file) last, so a half-written one cannot be seen. It
holds real slices and who was trained on: nobody else on the machine may look into it.
"""

from __future__ import annotations

import errno
import multiprocessing
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.artefact import META, Look, Meta, digests, look, meta_text, read_meta
from harness.errors import HarnessWarning, InputError
from harness.places import shown
from harness.store.elsewhere import elsewhere_of
from harness.store.fetched import note_fetched
from harness.store.locks import Chosen, Lock, chosen, locked
from harness.store.mirror import Mirror, mirror_of
from harness.store.uses import RUNS, Asked, note_use, noting
from harness.verified import WORTH_BYTES, Stamp, drop_note, note_of, noted, write_note
from harness.writing import FOLDER_MODE, FULL, close, open_to_writing, replaced_folder, write_durably

ANSWERS, JOBS, LOCKS, NOTES, SALT = "answers", "jobs", "locks", "verified", "salt"
# What a store's root holds, and nothing else, where the root is ours to close.
KINDS = {
    ANSWERS, "checkpoint", "generator", "given", JOBS, LOCKS, "log", "observation", "picture", "pool", "release",
    RUNS, "scores", "shard", NOTES, SALT,
}  # fmt: skip


@dataclass(frozen=True)
class Artefact:
    """One finished artefact: its folder, its facts (what the maker returned) and the seconds it took."""

    folder: Path
    facts: Mapping[str, Any]
    seconds: float


class _NothingError(Exception):
    """There is nothing to keep."""


class _LostError(Exception):
    """The lock was lost: what was made is for nobody."""


class _OfMakingError(Exception):
    """What making raised, apart from what a mirror does."""


@dataclass(frozen=True)
class Store:
    """A folder of artefacts. Several processes and runs may share one.

    verify: read every file anew, once a process; without, a large one that was found whole on this machine and that
    nobody touched since is taken as it is (`harness.verified`). A run's own process finds every artefact before a job
    uses it, and what it finds damaged is noted no more: jobs need not be told to read it again.
    """

    root: Path
    verify: bool = False

    def folder(self, kind: str, key: str) -> Path:
        """Where the artefact is or would be."""
        return self.root / kind / key

    def find(self, kind: str, key: str) -> Artefact | None:
        """The finished artefact, its files verified, or None. A damaged one counts as missing, with a warning."""
        folder = self.folder(kind, key)
        self._refuse_link(kind)
        note_use(self.root, kind, key)
        damaged = self.damage(kind, key)
        if damaged is None:
            return None
        if not damaged:
            meta = read_meta(folder)
            return None if meta is None else Artefact(folder, meta.facts, meta.seconds)
        told = ", ".join(map(shown, damaged[:3])) + (", ..." if len(damaged) > 3 else "")
        warnings.warn(HarnessWarning(f"Store: {kind}/{key} is damaged ({told}) and is made again."), stacklevel=2)
        return None

    def damage(self, kind: str, key: str) -> list[str] | None:
        """What of an artefact is not as it was written, by name of file; None where there is no artefact."""
        folder = self.folder(kind, key)
        try:
            meta = read_meta(folder)
        except InputError:
            return [META]
        return None if meta is None else self._look(folder, kind, key, meta.files).damaged

    def _look(self, folder: Path, kind: str, key: str, files: Mapping[str, str]) -> Look:
        """What is whole, by what was noted before; a note of what had to be read, where that is much."""

        def note() -> Path | None:
            notes = self.root / NOTES
            return None if notes.is_symlink() else note_of(notes, kind, key)

        @cache
        def stamps() -> Mapping[str, Stamp]:
            return {} if (place := note()) is None else noted(place)

        found = look(folder, files, stamps, anew=self.verify)
        if found.damaged and (place := note()) is not None:
            drop_note(place)
        elif found.read and sum(size for _, size, *_ in found.whole.values()) >= WORTH_BYTES:
            with suppress(OSError, InputError):  # a read-only disk, a link in the folder's place: the next one reads
                write_note(note_of(self.private_folder(NOTES), kind, key), found.whole)
        return found

    def get(self, kind: str, key: str, make: Callable[[Path], Mapping[str, Any] | None]) -> Artefact:
        """The artefact, made by `make(empty folder)` if it is not there; one maker a key at a time.

        `make` returns facts for `meta.json` (JSON values) or None. If it raises, nothing is kept. Where the store has
        a mirror for the kind, it is fetched from there rather than made, and what is made is given to it.
        """
        found = self.find(kind, key)
        while found is None:
            with self.lock(kind, key) as lock:
                found = self.find(kind, key)  # another run may have made it while this one waited
                if found is None:
                    try:
                        found = self._fetched_or_made(kind, key, make, lock)
                    except Exception:
                        if not lock.lost:
                            raise
                        # It was silent for too long, and whoever took the lock over cleared away what was begun here.
        return found

    def _fetched_or_made(
        self, kind: str, key: str, make: Callable[[Path], Mapping[str, Any] | None], lock: Lock
    ) -> Artefact:
        mirror = mirror_of(self.root, kind)
        if mirror is None:
            return self._made(kind, key, make, lock)
        made: list[Artefact] = []
        try:
            found = self._fetched(kind, key, mirror)
            if found is not None:
                return found
            with mirror.claimed(kind, key, lambda: self._fetched(kind, key, mirror)) as arrived:
                if arrived is not None:
                    return arrived
                try:
                    made.append(self._made(kind, key, make, lock))
                except OSError as error:  # of this disk, not of the mirror
                    raise _OfMakingError(error) from error
                mirror.push(kind, key, made[0].folder)
        except _OfMakingError as error:
            raise error.args[0] from None
        except OSError as error:
            mirror.does_not_answer(error)
        return made[0] if made else self._made(kind, key, make, lock)

    def _made(self, kind: str, key: str, make: Callable[[Path], Mapping[str, Any] | None], lock: Lock) -> Artefact:
        final = self.folder(kind, key)
        self.private_folder(kind)
        with replaced_folder(final, private=True) as beside:
            started = time.perf_counter()
            facts = dict(make(beside) or {})
            seconds = time.perf_counter() - started
            files = digests(beside)
            write_durably(beside / META, meta_text(kind, key, Meta(facts, seconds, files)))
            if lock.lost:
                raise _LostError
        return Artefact(final, facts, seconds)

    def _fetched(self, kind: str, key: str, mirror: Mirror) -> Artefact | None:
        """The artefact as the mirror has it, now in this store, its files held against their digests; None
        without."""
        final = self.folder(kind, key)
        try:
            self.private_folder(kind)
            with replaced_folder(final, private=True) as beside:
                meta = mirror.pull(kind, key, beside)
                if meta is None:
                    raise _NothingError
        except _NothingError:
            return None
        except OSError as error:
            if error.errno in FULL or _is_below(error.filename, self.root):
                raise _OfMakingError(error) from error
            raise
        note_fetched(kind, key)
        return Artefact(final, meta.facts, meta.seconds)

    def is_mirrored(self, kind: str, key: str) -> bool:
        """Whether a mirror holds the artefact, so that nobody need make it."""
        mirror = mirror_of(self.root, kind)
        if mirror is None:
            return False
        try:
            return mirror.holds(kind, key)
        except OSError as error:
            mirror.does_not_answer(error)
            return False

    def drop_mirrored(self, kind: str, key: str) -> None:
        """Take the artefact away from the mirror, if there is one."""
        mirror = mirror_of(self.root, kind)
        if mirror is not None:
            try:
                mirror.drop(kind, key)
            except OSError as error:
                mirror.does_not_answer(error)

    def holds_any(self, kind: str) -> bool:
        """Whether there is any artefact of a kind, whole or not."""
        try:
            return any(not path.name.startswith(".") for path in (self.root / kind).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return False

    def note(self, kind: str, key: str) -> None:
        """Say that this process has a use for what is not found by `find`, such as a file of answers."""
        note_use(self.root, kind, key)

    def facts(self, kind: str) -> Iterator[dict[str, Any]]:
        """The facts of all finished artefacts of a kind, their files not looked at; a damaged one is passed over."""
        for folder in sorted((self.root / kind).glob("*")):
            with suppress(InputError):
                if not folder.name.startswith(".") and (meta := read_meta(folder)) is not None:
                    yield meta.facts

    @contextmanager
    def used_for(self, folder: Path, manifest: str) -> Iterator[None]:
        """Within it, what this process asks for is noted as used by the run whose results go to `folder`.

        Where the body ends well, and the manifest lies there, that is kept; what `python -m harness.store prune`
        clears away is what no run uses. A store that cannot be written to is used all the same.
        """
        with noting(self.root, Asked(lambda: self.private_folder(RUNS), self.root, folder), manifest):
            yield

    @contextmanager
    def lock(self, kind: str, key: str, *, wait: bool = True) -> Iterator[Lock]:
        """Within it, the key is locked, across processes; without `wait`, raises filelock's Timeout where it is
        so."""
        with ExitStack() as stack:
            try:
                folder = self.private_folder(LOCKS)
                lock = stack.enter_context(locked(folder, f"{kind}-{key}", self.locks.kind, wait=wait))
            except OSError as error:
                if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):  # it is the store that cannot be written
                    raise OSError(error.errno, error.strerror, str(self.root)) from error
                raise
            yield lock

    @property
    def locks(self) -> Chosen:
        """Which kind of locks the store takes, and why."""
        return chosen(self.root, self.root / LOCKS, elsewhere_of(self.root).lock)

    def private_folder(self, kind: str) -> Path:
        """The folder of one kind, made where it is missing, and open to nobody else; so is the root, if it is ours.

        An existing root keeps its mode where it holds anything but a store. InputError for a link.
        """
        if not self.root.is_dir():
            self.root.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another run was faster
                self.root.mkdir(mode=FOLDER_MODE)
        self._refuse_link(kind)
        folder = self.root / kind
        with suppress(FileExistsError):
            folder.mkdir(mode=FOLDER_MODE)
        alone = {path.name for path in self.root.iterdir()} <= KINDS
        if not (close(folder) and (close(self.root) if alone else True)):
            _tell_once("Store: others on this machine may read it, for the modes of its folders cannot be set")
        elif open_to_writing(self.root):
            _tell_once("Store: others on this machine may put folders of theirs into its root")
        return folder

    def _refuse_link(self, kind: str) -> None:
        if (self.root / kind).is_symlink():
            raise InputError(
                f"The store's folder {kind} is a link, and links in a store are not followed; put a folder there, or "
                "give store.root=DIR elsewhere (the root itself may be a link)."
            )


def _is_below(name: object, folder: Path) -> bool:
    """Whether it is a file there that an error is about."""
    return isinstance(name, str) and Path(name).absolute().is_relative_to(folder.absolute())


def _tell_once(what: str) -> None:
    if multiprocessing.parent_process() is None:  # not by every worker again
        warnings.warn(HarnessWarning(f"{what}; give store.root=DIR, a new folder on a disk of yours."), stacklevel=5)
