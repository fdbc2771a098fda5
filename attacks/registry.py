"""Finds attacks by name: every file of this package, then other people's through entry points.

A plug-in package declares `[project.entry-points."harness.attacks"]` with `NAME = "module:Class"` or
`NAME = "module"`; loading it runs its `@register`. Built-ins win a name clash, and a plug-in that fails
to import is kept with its traceback (`broken_plugins`) and disables nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from typing import NamedTuple, TypeVar

import attacks
from attacks.base import Attack

ENTRY_POINT_GROUP = "harness.attacks"
_A = TypeVar("_A", bound=type[Attack])
_registered: dict[str, type[Attack]] = {}


class Attacks(NamedTuple):
    """Every attack found, by name, and the traceback of each plug-in that was not taken, by entry point."""

    by_name: dict[str, type[Attack]]
    broken: dict[str, str]


def register(name: str) -> Callable[[_A], _A]:
    """Class decorator that gives an attack its name; a name taken by another class is a ValueError."""

    def add(cls: _A) -> _A:
        taken = _registered.get(name)
        # A module may be imported twice under one name (reload): the same class is no clash.
        if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(
                f"The attack name {name!r} of {cls.__module__}.{cls.__qualname__} is taken by "
                f"{taken.__module__}.{taken.__qualname__}; choose another."
            )
        cls.name = name
        _registered[name] = cls
        return cls

    return add


@cache
def find_attacks() -> Attacks:
    """Import every built-in and every plug-in once and list what they registered, sorted by name."""
    broken: dict[str, str] = {}
    for module in pkgutil.iter_modules(attacks.__path__):
        try:
            importlib.import_module(f"attacks.{module.name}")
        except Exception:  # somebody's new file with a slip in it; the others go on
            broken[f"attacks/{module.name}.py"] = traceback.format_exc()
    for point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            point.load()
        except Exception:  # a plug-in may fail in any way; it must not take the others with it
            broken[point.name] = traceback.format_exc()
    whole = {}
    for name, cls in sorted(_registered.items()):
        try:
            cls()  # abstract, or an option without a default: it could not be offered on a command line
        except Exception:
            broken[name] = traceback.format_exc()
        else:
            whole[name] = cls
    return Attacks(whole, broken)
