"""Finds attacks by name: every file of this package, then other people's through entry points.

A plug-in package declares `[project.entry-points."harness.attacks"]` with `NAME = "module:Class"` or
`NAME = "module"`; loading it runs its `@register`. It is loaded when its name is asked for, or all there is.
Built-ins win a name clash, and a plug-in that fails to import is kept with its traceback and disables nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any, NamedTuple, TypeVar

import attacks
from attacks.base import Attack
from attacks.difficulty_calibration import CALIBRATIONS
from attacks.plug_ins import check_name, failure, offered

_A = TypeVar("_A", bound=type[Attack])
_registered: dict[str, type[Attack]] = {}


class Attacks(NamedTuple):
    """Every attack found, by name, and why a plug-in was not taken, by entry point: a sentence or a traceback.

    built_in: names of this package's; tried: entry points that were imported, with whatever end.
    """

    by_name: dict[str, type[Attack]]
    broken: dict[str, str]
    built_in: frozenset[str]
    tried: set[str]


def register(name: str) -> Callable[[_A], _A]:
    """Class decorator that gives an attack its name.

    ValueError for a name that is taken by another class, stands for a group, or is none (`attacks.plug_ins`).
    """
    check_name(name)

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
def found_so_far() -> Attacks:
    """The built-in attacks, and of the plug-ins those that `find_attacks` has imported since."""
    broken: dict[str, str] = {}
    for module in pkgutil.iter_modules(attacks.__path__):
        try:
            importlib.import_module(f"attacks.{module.name}")
        except Exception:  # somebody's new file with a slip in it; the others go on
            broken[f"attacks/{module.name}.py"] = traceback.format_exc()
    found = Attacks({}, broken, frozenset(_registered), set())
    _take(found)
    return found


def find_attacks(names: Iterable[str] | None = None) -> Attacks:
    """Every attack, sorted by name, and what is broken.

    names: of the plug-ins, import those that these names need, and no other. An entry point of the name is tried
    first; a name that is then still unknown may be in any of them, so all are imported.
    """
    found = found_so_far()
    wanted = None if names is None else [name for name in names if name not in found.by_name]
    if wanted == []:
        return found
    points, refused = offered(found.built_in)
    if wanted is not None:
        _import(found, [points[name] for name in wanted if name in points])
    if wanted is None or any(name not in found.by_name for name in wanted):
        found.broken.update(refused)
        _import(found, points.values())
    return found


def _import(found: Attacks, points: Iterable[EntryPoint]) -> None:
    """Import plug-ins that were not tried yet, and take what they registered."""
    for point in points:
        if point.name in found.tried:
            continue
        found.tried.add(point.name)
        before = dict(_registered)
        why = failure(point)
        if why is not None:
            found.broken[point.name] = why
            _forget(before, point.module.split(".")[0])
        _take(found)


def _forget(before: Mapping[str, type[Attack]], package: str) -> None:
    """What a plug-in registered before it failed goes again: another process could not import it."""
    for name in _registered.keys() - before.keys():
        top = _registered[name].__module__.split(".")[0]
        if top == package or top not in sys.modules:
            del _registered[name]


def _take(found: Attacks) -> None:
    """Move what was registered since into the attacks found, or among the broken where it cannot be offered."""
    for name, cls in _registered.items():
        if name in found.by_name or name in found.broken:
            continue
        try:
            cls()  # abstract, or an option without a default: it could not be offered on a command line
        except Exception:
            found.broken[name] = traceback.format_exc()
        else:
            found.by_name[name] = cls
    in_order = sorted(found.by_name.items())
    found.by_name.clear()
    found.by_name.update(in_order)
