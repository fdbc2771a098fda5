"""A hash of this project's own source: what hangs on all of it is made anew when any of it changes."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from harness import STARTED_NS

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = ("harness", "attacks", "shadow_models")
_ENDINGS = frozenset({".py", ".html", ".css", ".js", ".yaml", ".csv"})


@cache
def source_digest() -> str:
    """Of every module, template, style and table of the three packages, by name and content: 64 hex digits.

    Where a file was edited after this process began, what runs may be what it held before: then a digest of no other
    process, so that nothing is looked up and nobody finds what it keeps.
    """
    digest = hashlib.sha256()
    for path in _files():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_ROOT).as_posix()}\0{len(content)}\0".encode() + content)
    if not source_is_as_begun():
        digest.update(os.urandom(32))
    return digest.hexdigest()


def source_is_as_begun() -> bool:
    """Whether no file was edited since this process began, by their times of change, which no program can set."""
    return all(path.stat().st_ctime_ns <= STARTED_NS for path in _files())


def _files() -> list[Path]:
    return sorted(path for name in _PACKAGES for path in (_ROOT / name).rglob("*") if path.suffix in _ENDINGS)
