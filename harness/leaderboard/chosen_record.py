"""What a run's folder says of its chosen attack on its test release."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from harness.errors import InputError
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import SCHEMA, Record

_FACTS = ("attack", "via", "access", "n_members", "n_nonmembers", "resampled")
_ESTIMATES = ("f1", "recall", "specificity")


class Chosen(NamedTuple):
    """The chosen attack's record on the test release (None: there is none), how it came about, and what it faced.

    data: the name of the data; alarms: controls outside chance, in words.
    """

    record: Record | None
    rule: str
    decision: str
    data: str
    alarms: Sequence[str]


def read_chosen(folder: Path) -> Chosen:
    """Read `results.json` and `config.yaml` of a run. InputError where the folder holds none that can be read."""
    try:
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        if results["schema"] != SCHEMA:
            raise InputError(
                f"{folder} has schema {results['schema']}, and {SCHEMA} can be read; run the same command again."
            )
        data, alarms, chosen = str(config["data"]["name"]), results["alarms"], results["chosen"]
        if chosen is None:
            return Chosen(None, "", "", data, alarms)
        return Chosen(_test_record(results["records"], chosen), chosen["rule"], chosen["decision"], data, alarms)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise InputError(
            f"{folder} holds no run that can be read ({type(error).__name__}: {error}); give a folder that "
            "python -m harness.run wrote, such as runs/NAME."
        ) from error


def _test_record(records: Sequence[dict[str, Any]], chosen: dict[str, Any]) -> Record | None:
    """The chosen attack's own row: not that of the same attack by another way, nor of another set of targets."""
    for one in records:
        is_it = (one["target_set"], one["kind"], one["attack"]) == ("test", "attack", chosen["attack"])
        if is_it and one["skipped"] is None and (one["via"] == "surrogate") == (chosen["via"] == "surrogate"):
            facts: dict[str, Any] = {name: one[name] for name in _FACTS}
            facts |= {name: one[name] and Estimate(**one[name]) for name in _ESTIMATES}
            return Record(target_set="test", **facts)
    return None
