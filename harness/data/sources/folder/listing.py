"""What lies in a folder: the one rule of which files are its images, and an account of every other."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from harness.data.sources.account import Account, told
from harness.data.sources.folder.looks import OF_SCANNERS, looks_like
from harness.errors import InputError

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
MOST_DEEP = 64  # folders within one another; nobody sorts slices deeper, and a path has an end
_SYSTEM = frozenset(
    {
        "__macosx", "@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "$recycle.bin", "recycler",
        "system volume information", "~snapshot",
    }
)  # fmt: skip
_NO_IMAGES = frozenset(
    {
        ".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml", ".xml", ".html", ".pdf", ".doc", ".docx",
        ".xls", ".xlsx", ".log", ".ini", ".py", ".sh", ".db",
    }
)  # fmt: skip
# Why a file is no image of the folder, as it completes "16 files were left out: 4 ...".
HIDDEN, SYSTEM, ENDING = "hidden", "in folders of a system or file server", "of another kind"
BROKEN, SPECIAL, UNREADABLE = "links to content that is not there", "that are no regular files", "that cannot be read"
ABOVE = "links to folders above, which would lead round"
AGAIN, UNNAMED = "links to folders that are read already", "that the metadata does not name"
_OF_A_RUN = frozenset({"data.root", "data.extra"})  # what may be read as volumes, too
UNUSED = "tables of metadata, which say nothing here"


class Listing(NamedTuple):
    """The images of a folder, in the order of their names, and the account of the rest.

    names: of each image its path below the folder, `/` between parts; others: files that are no images, by the same
    names; wanted: files left out that look like the images asked for, reason -> count and first name.
    """

    images: tuple[Path, ...]
    names: tuple[str, ...]
    metadata: tuple[Path, ...]
    others: tuple[str, ...]
    account: Account
    wanted: Mapping[str, tuple[int, str]]

    def refuse_a_part(self, root: Path) -> None:
        """InputError where some of what was asked for could not be had: a part must not be judged as the whole."""
        if not self.wanted:
            return
        volumes = "; data=dicom and data=nifti read volumes" if self.account.called in _OF_A_RUN else ""
        beside = f"beside {len(self.images)} {self.account.kind}"
        raise InputError(
            f"{self.account.called}: {beside} {root} holds files that look like images, too, "
            f"and cannot be taken: {told(self.wanted)}. Fetch, rename or convert them (PNG is read{volumes}), or "
            "move them elsewhere: a part would be judged as if it were the whole."
        )


def list_folder(root: Path, called: str) -> Listing:
    """Every file at any depth below `root`: images by their ending, linked folders followed once.

    called: how messages name the folder. Hidden files, folders of macOS, Windows and file servers, broken links and
    what is no regular file are left out and counted. Raises InputError where `root` is no folder, for folders nested
    over 64 deep, and for an image whose name is no UTF-8.
    """
    check_folder(root, called)
    found = Walk(root, called)
    found.walk()
    found.forget_names_of_patients()
    images = sorted(found.images, key=lambda one: one[0].split("/"))
    for name, _ in images:
        _check_utf8(name, called)
    names = tuple(name for name, _ in images)
    account = Account(called, len(images), found.links, found.left_out)
    metadata = tuple(path for _, path in sorted(found.metadata))
    paths = tuple(path for _, path in images)
    return Listing(paths, names, metadata, tuple(sorted(found.others)), account, found.wanted)


@cache
def image_endings() -> frozenset[str]:
    """Every ending that Pillow can open, with the dot, in small letters; some are known and refused (`decode`)."""
    from PIL import Image  # start-up: it asks forty plug-ins

    Image.init()
    return frozenset(ending for ending, kind in Image.registered_extensions().items() if kind in Image.OPEN)


def check_folder(root: Path, called: str) -> None:
    """InputError where there is no such folder."""
    try:
        if root.is_dir():
            return
        what = "is a file" if root.exists() else "does not exist"
    except (OSError, ValueError) as error:  # a name too long, a loop of links, a NUL
        what = f"cannot be opened ({getattr(error, 'strerror', None) or error})"
    raise InputError(f"The folder {called}={root} {what}; give the folder that holds the images.")


def _check_utf8(name: str, called: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise InputError(f"In {called} the name of the image {shown} is no UTF-8 text; rename it.") from error


class Walk:
    """One walk through a folder. Folders come before links to them, so that no name decides which is read."""

    def __init__(self, root: Path, called: str) -> None:
        self.root, self.called = root, called
        self.images: list[tuple[str, Path]] = []
        self.metadata: list[tuple[str, Path]] = []
        self.others: list[str] = []
        self.links = 0
        self.left_out: dict[str, tuple[int, str]] = {}
        self.wanted: dict[str, tuple[int, str]] = {}
        self._seen: set[tuple[int, int]] = set()
        self._above = {_identity(folder) for folder in root.resolve().parents}
        self._linked: list[tuple[str, Path]] = []

    def walk(self) -> None:
        """Look at every file and folder."""
        self._tree("", self.root, linked=False)
        while self._linked:
            self._linked.sort(reverse=True)
            name, path = self._linked.pop()
            identity = _identity(path)
            if identity in self._above:
                self._leave(ABOVE, name)
            elif identity in self._seen:
                self._leave(AGAIN, name)
            else:
                self._tree(name, path, linked=True)

    def forget_names_of_patients(self) -> None:
        """Where a scanner's files lie, nothing that is left out is named: all may be called by patients."""
        if any(reason == _looks_like(kind) for reason in self.left_out for kind in OF_SCANNERS):
            for held in (self.left_out, self.wanted):
                held.update({reason: (count, "") for reason, (count, _) in held.items()})

    def _tree(self, name: str, path: Path, linked: bool) -> None:
        """Every file at or below one folder, without recursion: a tree may be deeper than Python's stack."""
        left = [(name, path, "")]
        while left:
            name, path, why = left.pop()
            if name.count("/") >= MOST_DEEP:
                raise InputError(f"{self.called}: {self.root} holds folders more than {MOST_DEEP} deep; flatten it.")
            try:
                identity = _identity(path)
                entries = sorted(os.scandir(path), key=lambda entry: entry.name)
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    raise InputError(
                        f"{self.called}: {self.root} holds a path that is too long; flatten it."
                    ) from error
                self._leave(UNREADABLE, name, wanted=not why)
                continue
            if identity in self._seen:
                self._leave(AGAIN, name)
                continue
            self._seen.add(identity)
            left.extend(self._entries(entries, name, why, linked))

    def _entries(
        self, entries: list[os.DirEntry[str]], above: str, why: str, linked: bool
    ) -> Iterator[tuple[str, Path, str]]:
        """Takes or leaves the files of one folder; yields the folders in it, with why they are left out or ""."""
        for entry in entries:
            name = f"{above}/{entry.name}" if above else entry.name
            reason = why or (HIDDEN if entry.name.startswith(".") else "")
            try:
                mode = entry.stat().st_mode
            except OSError:
                self._leave(BROKEN if entry.is_symlink() else UNREADABLE, name, wanted=not reason and _may_be(name))
                continue
            if stat.S_ISDIR(mode):
                reason = reason or (SYSTEM if entry.name.lower() in _SYSTEM else "")
                if not entry.is_symlink():
                    yield name, Path(entry.path), reason
                elif not reason:
                    self._linked.append((name, Path(entry.path)))
                else:
                    self._leave(reason, name)
            elif reason:
                self._leave(reason, name)
            elif not stat.S_ISREG(mode):
                self._leave(SPECIAL, name, wanted=_may_be(name))
            else:
                self._file(name, Path(entry.path), linked or entry.is_symlink())

    def _file(self, name: str, path: Path, linked: bool) -> None:
        if path.name.lower() in METADATA and path.name not in METADATA:
            raise InputError(f"{self.called}: {name} is not read under that name; call it {path.name.lower()}.")
        if path.suffix.lower() in image_endings():
            self.images.append((name, path))
            self.links += linked
        elif path.name in METADATA:
            self.metadata.append((name, path))
        else:
            self.others.append(name)
            looks = looks_like(path)
            self._leave(_looks_like(looks) if looks else ENDING, name, wanted=bool(looks))

    def _leave(self, reason: str, name: str, wanted: bool = False) -> None:
        for held in (self.left_out, self.wanted) if wanted else (self.left_out,):
            count, first = held.get(reason, (0, name))
            held[reason] = (count + 1, min(first, name))


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _looks_like(kind: str) -> str:
    """Why a file of that kind is left out."""
    return f"that look like {kind}"


def _may_be(name: str) -> bool:
    """Whether what cannot be looked at may be an image, or a folder of them, by its name alone."""
    return PurePosixPath(name).suffix.lower() not in _NO_IMAGES
