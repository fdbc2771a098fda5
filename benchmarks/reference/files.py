"""docs/reference/files.md: the fields of each JSON file, as its schema has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from benchmarks.reference.schemas import SHAPES, schema_of
from benchmarks.reference.tables import code, sentence, table

_FILES = {
    "results": "`results.json` of a run",
    "manifest": "`manifest.json` of a run",
    "audit": "`report.json` of an audit",
    "suite": "`suite.json` beside a run of a suite",
    "benchmark": "`--json FILE` of a benchmark",
    "challenge": "`challenge.json` of a simulated challenge",
    "scores": "`--json FILE` of `harness.challenge score`",
}


def fields_of_files() -> str:
    """A section for each file, and in it a table for each kind of thing."""
    return "\n".join(_section(name, schema_of(shape)) for name, shape in SHAPES.items())


def _section(name: str, schema: Mapping[str, Any]) -> str:
    file = re.split(r" of | beside ", _FILES[name])[0]
    parts = [f"### {_FILES[name]}", "", f"Schema: `harness/schemas/{name}.schema.json`.", "", _fields(schema)]
    for title, part in schema.get("$defs", {}).items():
        parts += [f"#### {title} in {file}", "", sentence(part["description"]), "", _fields(part)]
    return "\n".join(parts)


def _fields(part: Mapping[str, Any]) -> str:
    rows = [
        [code(name), _type(field), sentence(field.get("description", ""))]
        for name, field in part["properties"].items()
    ]
    return table(["field", "type", "meaning"], rows)


def _type(field: Mapping[str, Any]) -> str:
    """In words: `number or null`, `list of Record`."""
    if "anyOf" in field:
        return " or ".join(map(_type, field["anyOf"]))
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "const" in field or "enum" in field:
        return ", ".join(code(str(one)) for one in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}" if "items" in field else "list"
    if field.get("type") == "object":
        inner = field.get("additionalProperties")
        return f"object of {_type(inner)}" if isinstance(inner, Mapping) else "object"
    return {"integer": "whole number", "string": "text", "boolean": "true or false"}.get(
        field.get("type", ""), field.get("type", "any")
    )
