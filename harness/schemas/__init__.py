"""JSON Schemas of files that programs read; `python -m benchmarks.reference` makes them of the writers' types."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

NAMES = ("results", "manifest", "audit", "suite", "benchmark", "challenge", "scores")


def schema(name: str) -> dict[str, Any]:
    """The schema of a kind of file, draft 2020-12; `results` is that of results.json. KeyError for none of NAMES."""
    if name not in NAMES:
        raise KeyError(f"There is no schema {name!r}. There are: {', '.join(NAMES)}.")
    found: dict[str, Any] = json.loads((files(__package__) / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found
