"""The sha256 of a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

_BLOCK_BYTES = 2**16


def file_digest(path: Path) -> str:
    """In hexadecimal; of ten thousand small files, `hashlib.file_digest` would clear its buffer for each."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
