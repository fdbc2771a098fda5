"""A mirror that is a folder: objects are files, for nobody else's eyes, as in a store."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.writing import FILE_MODE, FOLDER_MODE

Ours = Callable[[bytes], bool]
"""Whether an object of this content may be replaced, or taken away."""
_BLOCK = 8 * 2**20


class FolderObjects:
    """Files below a folder; each method as `Objects` has it."""

    exclusive = True

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str) -> bytes | None:
        """An object as a whole; None where there is none."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def fetch(self, name: str, path: Path) -> bool:
        """Write an object to a new file; whether there is one."""
        try:
            with (self._root / name).open("rb") as file, path.open("xb") as copy:
                while block := file.read(_BLOCK):
                    copy.write(block)
        except FileNotFoundError:
            return False
        return True

    def write(self, name: str, data: bytes) -> None:
        """Write an object, in the place of one that is there."""
        with self._beside(name) as beside:
            beside.write_bytes(data)
            beside.replace(self._root / name)

    def send(self, name: str, path: Path) -> None:
        """Write a file as an object."""
        with self._beside(name) as beside:
            with path.open("rb") as file, beside.open("wb") as copy:
                while block := file.read(_BLOCK):
                    copy.write(block)
            beside.replace(self._root / name)

    def create(self, name: str, data: bytes) -> bool:
        """Write an object where there is none; whether that was so."""
        with self._beside(name) as beside:
            beside.write_bytes(data)
            try:
                os.link(beside, self._root / name)  # fails where there is one, between machines, too
            except FileExistsError:
                return beside.samefile(self._root / name)  # a server that was asked twice
        return True

    def replace(self, name: str, data: bytes, ours: Ours) -> bool:
        """Write an object in the place of one, as long, that is ours; whether it was."""
        try:
            file = os.open(self._root / name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:  # in this very file, whatever has its name by then
            if not ours(os.pread(file, len(data), 0)):
                return False
            os.pwrite(file, data, 0)
        finally:
            os.close(file)
        return True

    def remove_ours(self, name: str, ours: Ours) -> bool:
        """Take an object away that is ours; whether it was."""
        path = self._root / name
        aside = path.with_name(f".writing-{secrets.token_hex(8)}")
        try:
            if not ours(path.read_bytes()):
                return False
            path.rename(aside)  # and once more, now that nobody else can take it
        except FileNotFoundError:
            return False
        if not (was_ours := ours(aside.read_bytes())):
            with suppress(FileExistsError):
                os.link(aside, path)
        aside.unlink()
        with suppress(OSError):
            path.parent.rmdir()
        return was_ours

    def names(self, prefix: str) -> list[str]:
        """All below a prefix, which ends with a slash, sorted."""
        folder = self._root / prefix
        found = [Path(at, name) for at, _, files in os.walk(folder) for name in files if not name.startswith(".")]
        return sorted(path.relative_to(self._root).as_posix() for path in found)

    def remove(self, name: str) -> None:
        """Take an object away, if it is there."""
        (self._root / name).unlink(missing_ok=True)
        with suppress(OSError):
            (self._root / name).parent.rmdir()  # if that was all

    @contextmanager
    def _beside(self, name: str) -> Iterator[Path]:
        path = self._root / name
        beside = path.with_name(f".writing-{secrets.token_hex(8)}")
        for _ in range(10):  # somebody may take an empty folder away meanwhile
            for folder in (
                *reversed(path.parent.relative_to(self._root).parents),
                path.parent.relative_to(self._root),
            ):
                (self._root / folder).mkdir(FOLDER_MODE, parents=True, exist_ok=True)  # each closed to others
            with suppress(FileNotFoundError):
                beside.touch(FILE_MODE, exist_ok=False)
                break
        try:
            yield beside
        finally:
            beside.unlink(missing_ok=True)
