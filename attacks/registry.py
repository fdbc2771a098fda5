"""Finds attacks by name: every file of this package, then other people's through entry points.

A plug-in package declares `[project.entry-points."harness.attacks"]` with `NAME = "module:Class"` or
`NAME = "module"`; loading it runs its `@register`. Built-ins win a name clash, and a plug-in that fails
to import is kept with its traceback (`broken_plugins`) and disables nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, NamedTuple, TypeVar

import attacks
from attacks.base import Attack
from attacks.difficulty_calibration import CALIBRATIONS

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


def calibrated(attack: type[Attack], *calibrations: str) -> None:
    """Register an attack once more for each difficulty calibration: `knn_cal` is `knn` with `calibration=cal`.

    The class made for it only preselects that option, and so shares the attack's observations. It stands in the
    attack's own module under the name it is registered by, where another process finds it.
    """
    for name in calibrations:
        title = f"{attack.name}_{name}"
        body: dict[str, Any] = {
            "__doc__": f"`{attack.name}` {CALIBRATIONS[name].says}.",
            "__module__": attack.__module__,
            "__annotations__": {"calibration": str},
            "calibration": name,
        }
        made: type[Attack] = register(title)(dataclass(frozen=True)(type(title, (attack,), body)))
        setattr(sys.modules[attack.__module__], title, made)


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
