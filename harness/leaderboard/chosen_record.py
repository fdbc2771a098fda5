"""What a run's folder says of its chosen attack on its test release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from harness.bounded import read_json, read_yaml
from harness.errors import InputError
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import SCHEMA, Record

_MOST_BYTES = 100_000_000  # results of a run with all attacks have one million


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class _Value(_Strict):
    """An estimate."""

    value: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    note: str | None = None


class _Row(_Strict):
    """What is shown of a record."""

    attack: str
    via: str
    access: str
    n_members: int | None = Field(ge=0, le=10**9)
    n_nonmembers: int | None = Field(ge=0, le=10**9)
    resampled: str | None
    f1: _Value | None
    recall: _Value | None
    specificity: _Value | None


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
        results = read_json(folder / "results.json", _MOST_BYTES, "the file", links=False)
        config = read_yaml(folder / "config.yaml", _MOST_BYTES, "the file", links=False)
    except InputError as error:
        raise _no_run(folder, str(error)) from error
    try:
        if results["schema"] != SCHEMA:
            raise InputError(
                f"{folder} has schema {results['schema']}, and {SCHEMA} can be read; run the same command again."
            )
        data, alarms, chosen = str(config["data"]["name"]), results["alarms"], results["chosen"]
        if chosen is None:
            return Chosen(None, "", "", data, alarms)
        record = _test_record(results["records"], chosen)
        return Chosen(record, str(chosen["rule"]), str(chosen["decision"]), data, alarms)
    except (ValueError, KeyError, TypeError) as error:
        raise _no_run(folder, f"{type(error).__name__}: {error}") from error


def _no_run(folder: Path, why: str) -> InputError:
    return InputError(
        f"{folder} holds no run that can be read ({why}); give a folder that python -m harness.run wrote, such as "
        "runs/NAME."
    )


def _test_record(records: Sequence[dict[str, Any]], chosen: dict[str, Any]) -> Record | None:
    """The chosen attack's own row: not that of the same attack by another way, nor of another set of targets."""
    for one in records:
        is_it = (one["target_set"], one["kind"], one["attack"]) == ("test", "attack", chosen["attack"])
        if is_it and one["skipped"] is None and (one["via"] == "surrogate") == (chosen["via"] == "surrogate"):
            row = _Row.model_validate(one)
            estimates = {name: getattr(row, name) for name in ("f1", "recall", "specificity")}
            shown = {name: None if it is None else Estimate(**dict(it)) for name, it in estimates.items()}
            return Record(target_set="test", **(dict(row) | shown))
    return None
