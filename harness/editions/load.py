"""Reads descriptors: one YAML file an edition. A fault in one is told in a sentence, with file and field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.bounded import read_text, yaml_of
from harness.editions.edition import ROLES, Edition, Leaf, Submission, Task
from harness.errors import InputError, unknown_name

_MOST_BYTES = 1_000_000  # ours have three thousand
_ID_FORMAT = re.compile(r"[^{}]*\{(:0?\d?d)?\}[^{}]*")  # one number, of nine digits at most

_SEPARATORS = (",", ";", "\t")
# Where pydantic speaks of Python's types and not of YAML's.
_WORDS = {
    "tuple_type": "a list was expected",
    "dict_type": "`name: value` lines were expected",
    "dataclass_type": "`name: value` lines were expected",
}


def edition_names(kind: str | None = None) -> tuple[str, ...]:
    """The names of all editions described here, sorted; kind: of those with such a task, say `membership`."""
    described = (entry.name for entry in files(__package__).iterdir())
    names = sorted(name.removesuffix(".yaml") for name in described if name.endswith(".yaml"))
    return tuple(name for name in names if kind is None or kind in load_edition(name).tasks)


def load_edition(name: str) -> Edition:
    """Read one edition by name, such as `imageclef2023`.

    Raises ValueError, with near names, if unknown, and with file and field where its descriptor is at fault.
    """
    known = edition_names()
    if name not in known:
        raise ValueError(unknown_name("edition", name, known))
    try:
        with as_file(files(__package__).joinpath(f"{name}.yaml")) as path:
            text = read_text(path, _MOST_BYTES, "The descriptor", links=True)
            return described(name, text, f"The descriptor {path}")
    except InputError as error:
        raise ValueError(str(error)) from error


@lru_cache(maxsize=64)
def described(name: str, text: str, called: str) -> Edition:
    """The edition that a descriptor's text describes: a run asks for it a dozen times, and reading YAML is slow."""
    where = f"{name}.yaml"
    facts = yaml_of(text, called)
    if not isinstance(facts, dict):
        raise ValueError(f"{where} holds {facts!r:.80}, where `name: value` lines were expected.")
    try:
        edition = TypeAdapter(Edition).validate_python({"name": name, **facts})
    except ValidationError as error:
        # A name misspelt is both unknown and missing: the first is what helps.
        faults = sorted(error.errors(), key=lambda one: one["type"] != "unexpected_keyword_argument")
        raise ValueError(_sentence(faults[0], where)) from error
    for kind, task in edition.tasks.items():
        _check_task(kind, task, where)
    return edition


def _check_task(kind: str, task: Task, where: str) -> None:
    """What types cannot check."""
    if kind not in ROLES:
        raise ValueError(f"{where}, tasks: {unknown_name('kind of task', kind, ROLES)}")
    where = f"{where}, tasks.{kind}"
    if set(task.leaves) != set(ROLES[kind]):
        raise ValueError(f"{where}.leaves has {', '.join(task.leaves)}; it must have {', '.join(ROLES[kind])}.")
    if task.official_metric is not None and task.official_metric not in task.metrics:
        raise ValueError(f"{where} ranks by {task.official_metric}, which is none of its metrics.")
    for role, leaf in task.leaves.items():
        if leaf.id_format is not None and not _ID_FORMAT.fullmatch(leaf.id_format):
            raise ValueError(
                f"{where}.leaves.{role}: id_format holds {leaf.id_format!r}; one number was expected: used_{{:04d}}."
            )
    if task.submission is not None:
        _check_form(task.submission, f"{where}.submission")


def _check_form(form: Submission, where: str) -> None:
    """Whether lines can be written in the format and read back."""
    if form.separator not in _SEPARATORS:
        raise ValueError(f"{where}: the separator is {form.separator!r}; it must be a comma, a semicolon or a TAB.")
    if form.scores[0] == form.scores[1]:
        raise ValueError(f"{where}: both scores are {form.scores[0]}; used and not used must differ.")
    if form.header is not None and (not form.header or "\n" in form.header or "\r" in form.header):
        raise ValueError(f"{where}: the header is {form.header!r}; it must be one line.")


def _sentence(fault: Any, where: str) -> str:
    """What pydantic found, with its place in the file."""
    *above, name = fault["loc"]
    place = ", ".join([where, *([".".join(map(str, above))] if above else [])])
    if fault["type"] == "unexpected_keyword_argument":
        return f"{place}: {unknown_name('field', str(name), _fields_at(above))}"
    what = f"item {name + 1}" if isinstance(name, int) else f"the field {name}"
    if fault["type"] == "missing":
        advice = "" if isinstance(name, int) else "; write null where nobody tells"
        return f"{place}: {what} is missing{advice}."
    wanted = _WORDS.get(fault["type"], fault["msg"][0].lower() + fault["msg"][1:])
    return f"{place}: {what} holds {fault['input']!r:.80}; {wanted}."


def _fields_at(place: Sequence[int | str]) -> list[str]:
    """The fields of the record at a place of a descriptor."""
    if not place:
        return [one.name for one in fields(Edition) if one.name != "name"]
    kind = Leaf if "leaves" in place else Submission if place[-1] == "submission" else Task
    return [one.name for one in fields(kind)]
