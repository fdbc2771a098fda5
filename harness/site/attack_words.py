"""What an attack says of itself: its docstrings and fields, taken apart into definition, sources and options."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, NamedTuple

from attacks.base import Attack
from attacks.registry import found_so_far
from harness.config.described import with_names
from harness.report.featured import HOLDS

_PUBLISHED = re.compile(r"\barXiv\b|\b(?:19|20)\d\d\b")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")


class Option(NamedTuple):
    """An option: what is typed, its default as it would be typed, what it means (empty where nobody says)."""

    name: str
    default: str
    meaning: str


@dataclass(frozen=True)
class AttackWords:
    """An attack in words. what: one sentence; definition: what it computes; more: sentences that are neither.

    sources: sentences that say where it was published;
    holds: what its attacker holds; parent: the attack that it only presets an option of.
    """

    name: str
    what: str
    definition: str
    more: list[str]
    sources: list[str]
    options: list[Option]
    access: str
    holds: str
    learns: bool
    relative: bool
    parent: str | None


def attack_words(name: str) -> AttackWords | None:
    """Of an attack that comes with the harness or was imported before; None for others: no run's file imports one."""
    found = found_so_far()
    cls = found.by_name.get(name)
    if cls is None:
        return None
    attack = cls()
    parent = _parent(cls) if name in found.built_in else None
    about = found.by_name[parent] if parent is not None else cls
    text = inspect.getdoc(about) or ""
    sentences = _taken_apart(text, [one.name for one in fields(cls)]).sentences  # type: ignore[arg-type]
    definition, *rest = sentences or [""]
    what = inspect.getdoc(cls) or "" if parent is not None else _of_module(cls)
    return AttackWords(
        name=name,
        what=what,
        definition=definition,
        more=[one for one in rest if not _is_source(one)],
        sources=[one for one in [what, *sentences] if _is_source(one)],
        options=list(_options(cls)),
        access=attack.needs.value,
        holds=HOLDS[attack.needs.value],
        learns=attack.learns,
        relative=attack.relative,
        parent=parent,
    )


def _parent(cls: type[Attack]) -> str | None:
    """The attack whose option this one presets (`attacks.registry.calibrated`): it has no source of its own."""
    above = cls.__mro__[1]
    if cls.__qualname__ != cls.name or not issubclass(above, Attack):
        return None
    return above.name or None


def _of_module(cls: type[Attack]) -> str:
    """The first sentence of the attack's file, without the names before its colon."""
    module = inspect.getmodule(cls)
    first = (inspect.getdoc(module) or "").partition("\n\n")[0] if module is not None else ""
    told = re.sub(r"^[^:]*`[^:]*: ", "", " ".join(first.split()))
    return told[:1].upper() + told[1:]


class _Told(NamedTuple):
    """A docstring taken apart: its sentences, and what it says of options by name."""

    sentences: list[str]
    options: dict[str, str]


def _taken_apart(text: str, options: Sequence[str]) -> _Told:
    """Sentences, and `name: meaning` wherever that begins one or follows a semicolon."""
    any_of = "|".join(map(re.escape, options)) or r"(?!)"
    named = re.compile(rf"(?:^|(?<=[.;] ))((?:{any_of})(?:, (?:{any_of}))*): ")
    told = _Told([], {})
    for paragraph in text.split("\n\n"):
        line = " ".join(paragraph.split())
        marks = list(named.finditer(line))
        ends = [*(mark.start() for mark in marks), len(line)]
        told.sentences.extend(one for one in _SENTENCE.split(line[: ends[0]].strip()) if one)
        for mark, end in zip(marks, ends[1:], strict=True):
            meaning, *more = _SENTENCE.split(line[mark.end() : end].strip())
            told.options.update(dict.fromkeys(mark.group(1).split(", "), meaning.rstrip(";.")))
            told.sentences.extend(more)
    return told


def _options(cls: type[Attack]) -> Iterator[Option]:
    """The fields of an attack, each with what its class, or the one that it is from, says of it."""
    every: tuple[Field[Any], ...] = fields(cls)  # type: ignore[arg-type]  # every attack is a dataclass
    names = [one.name for one in every]
    meanings: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        if issubclass(one, Attack):
            meanings |= _below_fields(one) | _taken_apart(inspect.cleandoc(one.__doc__ or ""), names).options
    for field in every:
        yield Option(field.name, _default(field), with_names(meanings.get(field.name, "")))


def _default(one: Field[Any]) -> str:
    value = one.default_factory() if one.default_factory is not MISSING else one.default
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | dict) else str(value)


def _below_fields(cls: type[Attack]) -> dict[str, str]:
    """The sentence below each field of a class, as its source has it."""
    try:
        (tree,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(cls))).body
    except (OSError, TypeError, SyntaxError, ValueError):  # made while running: it has no source
        return {}
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, below in itertools.pairwise(tree.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            value = below.value if isinstance(below, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[field.target.id] = " ".join(value.value.split()).rstrip(".")
    return found


def _is_source(sentence: str) -> bool:
    return _PUBLISHED.search(sentence) is not None
