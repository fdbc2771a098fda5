"""The files of a folder that hold what is asked for, whatever they are called, and an account without any name.

Files and folders of a hospital are often called by the patient: nothing that is said of them here holds a name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.data.in_threads import in_order
from harness.data.sources.account import Account, told
from harness.data.sources.folder.digest import file_digest
from harness.data.sources.folder.listing import ENDING, UNREADABLE, Listing, Walk, check_folder
from harness.data.sources.folder.looks import looks_like
from harness.errors import InputError

_HANDLE = 12  # digits of a digest that tell a file from all others


class FoundFile(NamedTuple):
    """One file: where it is, its name below the root, its SHA-256 in hexadecimal."""

    path: Path
    name: str
    digest: str

    @property
    def folder(self) -> str:
        """The folder it lies in, below the root."""
        return self.name.rpartition("/")[0]

    @property
    def handle(self) -> str:
        """How a sentence calls it: nothing of its name, and yet it can be found (`sha256sum`)."""
        return f"the file whose SHA-256 begins with {self.digest[:_HANDLE]}"


def files_of_kind(
    root: Path, called: str, kind: str, is_one: Callable[[Path], bool]
) -> tuple[Sequence[FoundFile], Account]:
    """Every file below `root` that `is_one`, in the order of their digests, and the account of all others.

    called: how messages name the folder; kind: what is looked for, "DICOM files". Raises InputError where there is
    none, and where a part cannot be had.
    """
    check_folder(root, called)
    walk = _ByContent(root, called, kind, is_one)
    walk.walk()
    names = tuple(name for name, _ in walk.images)
    account = Account(called, len(walk.images), walk.links, walk.left_out, kind)
    Listing(tuple(path for _, path in walk.images), names, (), (), account, walk.wanted).refuse_a_part(root)
    if not walk.images:
        lies = f" What lies there: {told(walk.left_out)}." if walk.left_out else " It is empty."
        raise InputError(f"The folder {called}={root} holds no {kind}, at any depth.{lies}")
    digests = in_order(file_digest, [path for _, path in walk.images])
    files = [FoundFile(path, name, digest) for (name, path), digest in zip(walk.images, digests, strict=True)]
    return sorted(files, key=lambda one: (one.digest, os.fsencode(one.name))), account


class _ByContent(Walk):
    """A walk that looks into files, and tells no name."""

    def __init__(self, root: Path, called: str, kind: str, is_one: Callable[[Path], bool]) -> None:
        super().__init__(root, called)
        self._kind, self._is_one = kind, is_one

    def _file(self, name: str, path: Path, linked: bool) -> None:
        try:
            is_one = self._is_one(path)
        except OSError:
            self._leave(UNREADABLE, name, wanted=True)
            return
        if is_one:
            self.images.append((name, path))
            self.links += linked
            return
        looks = looks_like(path)
        asked_for = looks == "an archive of images" or bool(looks and self._kind.startswith(looks))
        self._leave(f"that look like {looks}" if looks else ENDING, name, wanted=asked_for)

    def _leave(self, reason: str, name: str, wanted: bool = False) -> None:
        super()._leave(reason, "", wanted)
