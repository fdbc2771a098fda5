"""Pure functions that take long answer the same question once: what a run asked before is looked up.

A question is the function and all that it is given, to the bit; an answer is what it returned, to the bit. Outside of
`remembering` everything is computed.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

_P = ParamSpec("_P")
_R = TypeVar("_R")
_ARRAY, _MAPPING = "an array", "a mapping"  # no names of classes


class Answers:
    """Answers by question, JSON values. known: from before; asked: those of now, the known ones among them."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known, self.asked = known, dict[str, Any]()


_answers: Answers | None = None


@contextmanager
def remembering(known: Mapping[str, Any]) -> Iterator[Answers]:
    """Within it, remembered functions answer from what is known, and what they are asked is collected."""
    global _answers  # noqa: PLW0603  # else every pure function would have to be handed its memory
    before, _answers = _answers, Answers(known)
    try:
        yield _answers
    finally:
        _answers = before


def remembered(*records: type) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Decorates a pure function of arrays, numbers, text, and dataclasses, mappings and sequences of these.

    It returns None, numbers, text, float64 arrays, the dataclasses `records`, and lists and dictionaries (by text) of
    these; the same types whether it was computed or looked up.
    """
    by_name = {record.__name__: record for record in records}

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(function)
        def answered(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            if _answers is None:
                return function(*args, **kwargs)
            question = _question(f"{function.__module__}.{function.__qualname__}", args, kwargs)
            for held in (_answers.asked, _answers.known):
                if question in held:
                    with suppress(AttributeError, KeyError, TypeError, ValueError):  # no answer that we wrote
                        answer = cast(_R, _meant(held[question], by_name))
                        _answers.asked[question] = held[question]
                        return answer
            told = _told(function(*args, **kwargs), by_name)
            _answers.asked[question] = told
            return cast(_R, _meant(told, by_name))

        return answered

    return decorate


def _question(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(name.encode())
    for part in _parts([list(args), dict(kwargs)]):
        digest.update(part.nbytes.to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[memoryview]:
    """What tells a value from every other, type and shape among it; of an array in one piece its own memory."""
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield _text(f"{value.dtype.str} {value.shape}")
        yield value.ravel().view(np.uint8).data
        return
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    match value:
        case None | bool() | int() | float() | str():
            yield _text(f"{kind} {value!r}")
        case Mapping():
            yield _text(f"{kind} {len(value)}")
            for name, one in value.items():
                yield from _parts(name)
                yield from _parts(one)
        case list() | tuple():
            yield _text(f"{kind} {len(value)}")
            for one in value:
                yield from _parts(one)
        case _ if dataclasses.is_dataclass(value):
            yield _text(kind)
            for field in dataclasses.fields(value):
                yield from _parts(getattr(value, field.name))
        case _:
            raise TypeError(f"A {type(value).__name__} is no part of a question that can be remembered.")


def _text(text: str) -> memoryview:
    return memoryview(text.encode())


def _told(value: Any, records: Mapping[str, type]) -> Any:
    """An answer as JSON values: what is no list and no plain value is a dictionary of one tagged thing."""
    told: Any = value
    match value:
        case None | bool() | str():
            pass
        case np.generic():
            told = value.item()
        case int() | float():
            pass
        case np.ndarray() if value.dtype == np.float64:
            told = {_ARRAY: value.tolist()}
        case list():
            told = [_told(one, records) for one in value]
        case dict():
            told = {_MAPPING: {name: _told(one, records) for name, one in value.items()}}
        case _ if type(value).__name__ in records:
            fields = dataclasses.fields(value)
            told = {type(value).__name__: [_told(getattr(value, one.name), records) for one in fields]}
        case _:
            raise TypeError(f"A {type(value).__name__} is no part of an answer that can be remembered.")
    return told


def _meant(told: Any, records: Mapping[str, type]) -> Any:
    """The answer that `_told` told."""
    if isinstance(told, list):
        return [_meant(one, records) for one in told]
    if not isinstance(told, dict):
        return told
    ((tag, held),) = told.items()
    if tag == _ARRAY:
        return np.array(held, np.float64)
    if tag == _MAPPING:
        return {name: _meant(one, records) for name, one in held.items()}
    return records[tag](*(_meant(one, records) for one in held))
