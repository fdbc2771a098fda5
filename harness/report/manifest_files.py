"""The list of a folder's files in its `manifest.json`: name and sha256 of each."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


def with_files(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The whole manifest of a folder: the facts, and name and sha256 of every file there but the manifest itself."""
    written = sorted(path for path in folder.iterdir() if path.name != MANIFEST) if folder.is_dir() else []
    return facts | {"files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in written}}
