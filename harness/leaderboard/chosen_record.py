"""What a run's folder says of its chosen attack on its test release, read as if somebody else had written it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from harness.bounded import read_json, read_yaml
from harness.errors import InputError
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import SCHEMA, Record, Via
from harness.places import shown

_MOST_RESULTS_BYTES, _MOST_CONFIG_BYTES = 64_000_000, 1_000_000
_MOST_LETTERS, _MOST_SLICES = 1000, 100_000_000
_Words = Annotated[str, Field(max_length=_MOST_LETTERS)]
_Count = Annotated[int, Field(ge=0, le=_MOST_SLICES)]


class _Read(BaseModel):
    """What is taken of a mapping; the rest of it is passed over."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _Estimate(_Read):
    value: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    note: _Words | None = None


class _Row(_Read):
    target_set: _Words
    kind: _Words
    attack: _Words
    via: Via
    access: _Words
    skipped: str | None
    n_members: _Count | None
    n_nonmembers: _Count | None
    resampled: _Words | None
    f1: _Estimate | None
    recall: _Estimate | None
    specificity: _Estimate | None


class _ChosenOne(_Read):
    attack: _Words
    via: Via
    rule: _Words
    decision: _Words


class _Results(_Read):
    alarms: list[str]
    chosen: _ChosenOne | None
    records: list[_Row]


class _Data(_Read):
    name: _Words


class _Config(_Read):
    data: _Data


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
        content = read_json(folder / "results.json", _MOST_RESULTS_BYTES, "The run's", links=False)
        config = read_yaml(folder / "config.yaml", _MOST_CONFIG_BYTES, "The run's", links=False)
        schema = content.get("schema") if isinstance(content, dict) else None
        if type(schema) is not int or schema != SCHEMA:
            raise InputError(f"It has schema {shown(str(schema))}, and {SCHEMA} can be read; run the command again.")
        results, data = _Results.model_validate(content), _Config.model_validate(config).data.name
    except (InputError, ValidationError) as error:
        raise InputError(
            f"{folder} holds no run that can be read: {_told(error)} Give a folder that python -m harness.run wrote, "
            "such as runs/NAME."
        ) from error
    chosen = results.chosen
    if chosen is None:
        return Chosen(None, "", "", data, results.alarms)
    return Chosen(_test_record(results.records, chosen), chosen.rule, chosen.decision, data, results.alarms)


def _told(error: InputError | ValidationError) -> str:
    if isinstance(error, InputError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'its content'} is not as it should be ({first['msg']})."


def _test_record(records: Sequence[_Row], chosen: _ChosenOne) -> Record | None:
    """The chosen attack's own row: not that of the same attack by another way, nor of another set of targets."""
    for one in records:
        is_it = (one.target_set, one.kind, one.attack) == ("test", "attack", chosen.attack)
        if is_it and one.skipped is None and (one.via == "surrogate") == (chosen.via == "surrogate"):
            facts: dict[str, Any] = one.model_dump(include={"n_members", "n_nonmembers", "resampled"})
            facts |= {name: _estimate(getattr(one, name)) for name in ("f1", "recall", "specificity")}
            return Record(one.attack, one.via, "test", one.access, **facts)
    return None


def _estimate(read: _Estimate | None) -> Estimate | None:
    return None if read is None else Estimate(read.value, read.low, read.high, read.note)
