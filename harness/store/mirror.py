"""A store's mirror: looked into before an artefact is made, and given it afterwards, by whatever process makes it.

It is laid out as a store is. An artefact's `meta.json` comes last, so without it there is none; on arrival every file
is held against the digests in it, and what differs is refused. A mirror that does not answer stops nobody: the store
goes on alone, and says so.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TypeVar

from harness.artefact import META, Meta, digests, meta_of
from harness.errors import HarnessWarning, InputError
from harness.places import shown
from harness.store.addresses import travels_open, without_secrets
from harness.store.claims import Claim
from harness.store.elsewhere import Elsewhere, elsewhere_of, known
from harness.store.fetched import forget_fetched, told_of_fetched
from harness.store.objects import Objects, opened
from harness.writing import FOLDER_MODE

Found = TypeVar("Found")
_ASK_EVERY_SEC = 2.0
_SILENT_SEC = 60.0
_MOST_META_BYTES = 64_000_000


class Mirror:
    """One mirror, by its address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.objects: Objects = opened(address)
        self._silent_until = 0.0
        self._told = False

    @property
    def is_silent(self) -> bool:
        """Whether it did not answer a moment ago: asking for every artefact in vain would take minutes each."""
        return time.monotonic() < self._silent_until

    def does_not_answer(self, error: OSError) -> None:
        """It is not asked for a while; that is told once a process."""
        self._silent_until = time.monotonic() + _SILENT_SEC
        if not self._told:
            self._told = True
            _warn(f"Mirror: it does not answer ({_told(error)}); what is missing is made here, and may stay here.")

    def check(self) -> None:
        """InputError where it cannot be listed and written to; warnings for what its users should know."""
        try:
            probe = Claim(self.objects, "probe", "probe")
            self.objects.names("probe/")
            if probe.try_it():
                probe.give_back()
        except OSError as error:
            raise InputError(f"store.mirror={shown(self.address)} cannot be used: {_told(error)}") from error
        if (host := travels_open(self.address)) is not None:
            _warn(
                f"Mirror: it is asked of {shown(host)} over plain http, where others on the way can read and change "
                "what it holds; give an address with https."
            )
        if not self.objects.exclusive:
            _warn(
                "Mirror: at this kind of address nothing can be written only where there is nothing, so two machines "
                "that begin at once may make the same thing twice."
            )

    def pull(self, kind: str, key: str, folder: Path) -> Meta | None:
        """Fetch an artefact into an empty folder, with its `meta.json`; None where there is none that is whole."""
        text = self.objects.read(f"{kind}/{key}/{META}")
        if text is None:
            return None
        try:
            meta = meta_of(_decoded(text), kind, key, sealed=True)
            for name in meta.files:
                _fetch(self.objects, f"{kind}/{key}", name, folder)
            differing = [name for name, digest in digests(folder).items() if meta.files[name] != digest]
            if differing:
                raise InputError(f"{differing[0]} is not as it was written")
        except InputError as error:
            if not self.holds(kind, key):  # it was dropped meanwhile
                return None
            _warn(f"Mirror: {kind}/{key} is damaged ({error}) and is made again.")
            self.objects.remove(f"{kind}/{key}/{META}")  # so that the next one takes its place
            return None
        (folder / META).write_bytes(text)
        return meta

    def holds(self, kind: str, key: str) -> bool:
        """Whether there is an artefact; that it is whole is seen when it is fetched."""
        return self.objects.read(f"{kind}/{key}/{META}") is not None

    def drop(self, kind: str, key: str) -> None:
        """Take an artefact away: first what says that there is one."""
        self.objects.remove(f"{kind}/{key}/{META}")
        for name in self.objects.names(f"{kind}/{key}/"):
            self.objects.remove(name)

    def push(self, kind: str, key: str, folder: Path) -> None:
        """Give it a finished artefact, unless somebody else was faster."""
        if not self.holds(kind, key):
            for name in [*sorted(meta_of((folder / META).read_text("utf-8"), kind, key).files), META]:
                self.objects.send(f"{kind}/{key}/{name}", folder / name)

    @contextmanager
    def claimed(self, kind: str, key: str, arrived: Callable[[], Found | None]) -> Iterator[Found | None]:
        """Within it, no other machine that shares the mirror makes this key; or what `arrived` has found
        meanwhile."""
        claim, found = Claim(self.objects, kind, key), None
        try:
            while not claim.try_it():
                time.sleep(_ASK_EVERY_SEC)
                if self.objects.read(f"{kind}/{key}/{META}") is not None and (found := arrived()) is not None:
                    break
            else:
                found = arrived()
            yield found
        finally:
            with suppress(OSError):  # others find it silent
                claim.give_back()


def mirror_of(root: Path, kind: str) -> Mirror | None:
    """The mirror that a store has for a kind of artefacts in this process; None without, or where it is silent."""
    known = elsewhere_of(root)
    if known.mirror is None or kind not in known.kinds:
        return None
    mirror = _mirror(known.mirror)
    return None if mirror.is_silent else mirror


@contextmanager
def known_and_checked(root: Path, elsewhere: Elsewhere, tell: Callable[[str], object]) -> Iterator[None]:
    """As `known`, for the process that begins all others: its mirror is tried, and what is to be known of it is said.

    tell: says at the end what was fetched from the mirror, a sentence; it is no part of what came out.
    InputError, before hours of work, where it cannot be used.
    """
    with known(root, elsewhere):
        forget_fetched()
        if elsewhere.mirror is not None:
            _mirror(elsewhere.mirror).check()
        yield
        if (fetched := told_of_fetched()) is not None:
            tell(fetched)


@cache
def _mirror(address: str) -> Mirror:
    return Mirror(address)


def _fetch(objects: Objects, prefix: str, name: str, folder: Path) -> None:
    path = PurePosixPath(name)
    parts = path.parts if str(path) == name else ()  # else the file that arrives is called otherwise
    if not parts or name == META or "\\" in name or "\0" in name or any(one in ("/", "..") for one in parts):
        raise InputError(f"{shown(name)} is no name of a file in it")
    (folder / name).parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    try:
        there = objects.fetch(f"{prefix}/{name}", folder / name)
    except FileExistsError as error:
        raise InputError(f"{shown(name)} is named twice") from error
    if not there:
        (folder / name).unlink(missing_ok=True)
        raise InputError(f"{shown(name)} is missing")


def _decoded(text: bytes) -> str:
    try:
        if len(text) <= _MOST_META_BYTES:
            return text.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise InputError(f"{META} is none that we write")


def _told(error: Exception) -> str:
    return shown(without_secrets(" ".join(str(error).split())))


def _warn(text: str) -> None:
    warnings.warn(HarnessWarning(text), stacklevel=3)
