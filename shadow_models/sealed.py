"""A JSON object as text whose last entry is the sha256 of all that stands before: one changed byte anywhere shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "sha256"
_END = "\n}"


def sealed(content: Mapping[str, Any]) -> str:
    """The text; content: JSON values, at least one."""
    return _with_seal(json.dumps(content, indent=1))


def as_sealed(text: str) -> bool:
    """Whether a text that has a seal is as it was written, to the last byte."""
    start = text.rfind(f',\n "{SEAL}"')
    return start >= 0 and _with_seal(text[:start] + _END) == text


def _with_seal(text: str) -> str:
    return f'{text.removesuffix(_END)},\n "{SEAL}": "{hashlib.sha256(text.encode()).hexdigest()}"{_END}'
