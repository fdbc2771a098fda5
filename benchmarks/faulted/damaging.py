"""Files with a bit flipped, cut short, or deleted."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

How = Callable[[Path, random.Random], None]


def flipped(path: Path, draw: random.Random) -> None:
    """One bit is another one."""
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


def cut_short(path: Path, draw: random.Random) -> None:
    """The end is missing."""
    os.truncate(path, draw.randrange(path.stat().st_size))


def deleted(path: Path, draw: random.Random) -> None:
    """The file is missing."""
    del draw
    path.unlink()


HOW: Sequence[How] = (flipped, cut_short, deleted)


@contextmanager
def damaging(path: Path, how: How, draw: random.Random, *, restored: bool = True) -> Iterator[None]:
    """The file is damaged inside, and as old as before: what alone looks at times does not see it."""
    content, status = path.read_bytes(), path.stat()
    how(path, draw)
    if path.exists():
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    try:
        yield
    finally:
        if restored:
            path.write_bytes(content)
            path.chmod(status.st_mode)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def files_of(place: Path) -> list[Path]:
    """Those of a folder, or the file itself, with anything in them."""
    every = sorted(place.rglob("*")) if place.is_dir() else [place]
    return [path for path in every if path.is_file() and path.stat().st_size]
