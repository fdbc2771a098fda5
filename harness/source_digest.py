"""A hash of this project's own source: what hangs on all of it is made anew when any of it changes."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = ("harness", "attacks", "shadow_models")
_ENDINGS = frozenset({".py", ".html", ".css", ".js", ".yaml", ".csv"})


@cache
def source_digest() -> str:
    """Of every module, template, style and table of the three packages, by name and content: 64 hex digits."""
    digest = hashlib.sha256()
    for path in sorted(path for name in _PACKAGES for path in (_ROOT / name).rglob("*") if path.suffix in _ENDINGS):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_ROOT).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
