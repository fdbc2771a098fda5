"""Keys: a hash of everything that decides what an artefact holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def content_key(**decides: Any) -> str:
    """The key of whatever `decides` (JSON values only) decides: 32 hex digits."""
    text = json.dumps(decides, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def digest_of(paths: Iterable[Path]) -> str:
    """A hash of source files, for keys that must change with the code that makes the content."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
