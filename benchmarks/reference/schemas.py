"""The JSON Schemas of files that programs read, made of the dataclasses that their writers fill in."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from benchmarks.rows import Measured
from benchmarks.suite.definition import SuiteFacts
from harness.audit.report_shape import AuditReport
from harness.challenge.facts_shape import ChallengeFacts
from harness.finished.manifest_shape import Manifest
from harness.finished.results_shape import Results
from harness.submission.score_shape import Scores
from shadow_models.conformance.documented import option_texts, summary

SHAPES: Mapping[str, type] = {
    "results": Results,
    "manifest": Manifest,
    "audit": AuditReport,
    "suite": SuiteFacts,
    "benchmark": Measured,
    "challenge": ChallengeFacts,
    "scores": Scores,
}


def schema_of(shape: type) -> dict[str, Any]:
    """The schema of a dataclass, draft 2020-12: types of its fields, and what docstrings say of them.

    Nothing else than the fields may be in a file, and all of them are.
    """
    made = TypeAdapter(shape).json_schema(mode="serialization")
    shapes = _shapes_in(shape)
    for name, part in {shape.__name__: made, **made.get("$defs", {})}.items():
        _describe(part, shapes[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _describe(part: dict[str, Any], shape: type) -> None:
    part["description"] = _as_json(summary(shape))
    part["additionalProperties"] = False
    part["required"] = list(part["properties"])
    texts = option_texts(shape)
    for name, field in part["properties"].items():
        field.pop("title", None)
        field.pop("default", None)
        if name in texts:
            field["description"] = _as_json(f"{texts[name]}.")


def _as_json(text: str) -> str:
    """What Python calls None is null in a file."""
    return re.sub(r"\bNone\b", "null", text)


def _shapes_in(shape: type) -> dict[str, type]:
    """The dataclass and those of its fields, by name."""
    found: dict[str, type] = {}
    waiting: list[Any] = [shape]
    while waiting:
        one = waiting.pop()
        if inspect.isclass(one) and hasattr(one, "__dataclass_fields__"):
            if one.__name__ not in found:
                found[one.__name__] = one
                waiting += inspect.get_annotations(one, eval_str=True).values()
                waiting += one.__bases__
        else:
            waiting += getattr(one, "__args__", ())
    return found
