"""What must be equal for two rows to be ranked together, what that is called, and why a table stands apart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.compare.metric import Metric
from harness.compare.rows import Said
from harness.evaluation.records import SURROGATE

_NOT_OF_THE_TASK = ("attack", "seed", "rule", "decision", "calibrator", "launch", "report", "device", "surrogate")
_MOST_TOLD = 3  # options that a label or a sentence names; a preset changes dozens
_SHORT = 8  # letters of a digest
SETTINGS = ("data", "shadow", "preset")


class Setting(NamedTuple):
    """The task, the data, the candidates, the access and the edition: rows of equal ones may be ranked together.

    options: (dotted name, value as JSON), those that decide what generators and slices are; made: the recipe, JSON.
    """

    access: str
    task: str
    data: str
    shadow: str
    preset: str
    pool: str
    candidates: str
    options: tuple[tuple[str, str], ...]
    made: str


def setting_of(one: Said, metric: Metric) -> Setting:
    """Of one attack in one run; metric: a decision hangs on options that a ranking does not."""
    run = one.run
    kept = {name: value for name, value in run.options.items() if name not in _NOT_OF_THE_TASK}
    kept |= {name: run.options.get(name) for name in metric.options}
    if one.record.label.endswith(SURROGATE):
        kept["surrogate"] = run.options.get("surrogate")
    made = json.dumps(run.made, sort_keys=True)
    return Setting(
        access=one.record.access,
        task=run.task or "",
        data=str(run.options["data"].get("name", "unknown")),
        shadow=str(run.made["family"] or run.options["shadow"].get("family", "dct")),
        preset=str(run.options.get("preset", "unknown")),
        pool=run.pool or f"not told by {run.name}",
        candidates=one.faced,
        options=tuple(sorted((name, json.dumps(value)) for name, value in _flat(kept))),
        made=made,
    )


def apart(one: Setting, first: Setting) -> str:
    """Why one is not ranked with another that the attacker holds as much of, a clause."""
    of_task = [f"it is {_task(one)}, not {_task(first)}"]
    told = of_task if one.task != first.task else _options_told(one, first)
    if one.pool != first.pool:
        told.append(f"its data are others (digest {one.pool[:_SHORT]}, not {first.pool[:_SHORT]})")
    if one.candidates != first.candidates:
        told.append("its candidates are others")
    if not told:
        told.append("its recipe is another")
    return "; ".join(told)


def labels(settings: Sequence[Setting], by: Sequence[str]) -> dict[Setting, str]:
    """A name for each, as short as tells them apart: the fields of `by` that differ, then whatever else does.

    No two of an access have one name: where nothing that can be told differs, they are numbered.
    """
    kept = dict.fromkeys(settings)
    varying = [name for name in by if len({getattr(one, name) for one in kept}) > 1]
    first = {one: ", ".join(getattr(one, name) for name in varying) for one in kept}
    found: dict[Setting, str] = {}
    taken = Counter[tuple[str, str]]()
    for one, label in first.items():
        alike = [other for other in kept if first[other] == label and other.access == one.access]
        name = ": ".join(part for part in (label, _rest(one, alike)) if part) or getattr(one, by[0])
        taken[one.access, name] += 1
        again = taken[one.access, name]
        found[one] = name if again == 1 else f"{name} (another, {again})"
    return found


def _rest(one: Setting, alike: Sequence[Setting]) -> str:
    """What tells one from others of equal label, empty where it is alone."""
    if len(alike) < 2:
        return ""
    if len({other.task for other in alike}) == len(alike):
        return _task(one)
    told = dict(one.options)
    names = sorted({name for other in alike for name, value in other.options if told.get(name) != value})
    missing = {name for name, _ in one.options} - {name for other in alike for name, _ in other.options}
    parts = [f"{_last(name)}={told.get(name, 'not told')}" for name in [*names, *sorted(missing)]]
    if len({other.task for other in alike}) > 1:
        parts.insert(0, _task(one))
    if not parts:
        parts.append(f"data {one.pool[:_SHORT]}" if len({o.pool for o in alike}) > 1 else one.candidates[:_SHORT])
    return _first(parts, ", ")


def _options_told(one: Setting, first: Setting) -> list[str]:
    mine, others = dict(one.options), dict(first.options)
    differing = [name for name in sorted(mine.keys() | others.keys()) if mine.get(name) != others.get(name)]
    told = [_differs(name, mine.get(name), others.get(name)) for name in differing]
    return [_first(told, "; ", "options")] if told else []


def _differs(name: str, mine: str | None, other: str | None) -> str:
    if mine is None:
        return f"it has no {name}, which is {other} there"
    return f"it has {name}={mine}, which is not told there" if other is None else f"{name} is {mine}, not {other}"


def _first(parts: Sequence[str], between: str, what: str = "") -> str:
    more = len(parts) - _MOST_TOLD
    told = between.join(parts[:_MOST_TOLD])
    return f"{told}{between}{more} more {what}".rstrip() if more > 0 else told


def _task(one: Setting) -> str:
    return one.task or "a run outside of a suite"


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _flat(options: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
