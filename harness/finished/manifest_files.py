"""The list of a folder's files in its `manifest.json`: name and sha256 of each."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


def with_files(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The whole manifest of a folder: the facts, and name and sha256 of every file in it but the manifest itself.

    A file of a folder within goes by its name below, `runs/a/report.html`.
    """
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    written = {name: path for name, path in sorted(found.items()) if name != MANIFEST}
    return facts | {"files": {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in written.items()}}
