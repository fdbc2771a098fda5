"""Holding a file against the JSON Schema that ships for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from harness.schemas import schema


def faults(name: str, content: Any) -> list[str]:
    """Where the content is not as the schema says, each with its place; empty where it is."""
    found = Draft202012Validator(schema(name)).iter_errors(content)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message}" for one in found]


def has_shape(name: str, path: Path) -> None:
    """Fail where a JSON file is not as its schema says."""
    assert not faults(name, json.loads(path.read_text(encoding="utf-8")))


def run_has_shapes(run: Path) -> None:
    """Fail where a file of a run's folder is not as its schema says."""
    for name in ("results", "manifest"):
        has_shape(name, run / f"{name}.json")
