"""Finds families of generators by name: the files of `shadow_models.families`, then other people's entry points.

A plug-in package declares `[project.entry-points."harness.generators"]` with `NAME = "module:Class"` or
`NAME = "module"`; loading it runs its `@register`. A family is imported when its name is asked for, ours too: some
want torch. Built-ins win a name clash, and a plug-in that fails to import disables nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeVar

from shadow_models.plug_ins import Kind, failure
from shadow_models.recipe import DEFAULT, Recipe

GROUP = "harness.generators"
HERE = ("external",)
"""Families of this project that lie above this package, and come by entry points as those of others do."""
_KIND = Kind(GROUP, "A generator", "generators")
_PACKAGE = "shadow_models.families"
_R = TypeVar("_R", bound=type[Recipe])
_registered: dict[str, type[Recipe]] = {}


class UnknownFamilyError(ValueError):
    """No family of that name, or one that cannot be imported."""


def register(name: str) -> Callable[[_R], _R]:
    """Class decorator that gives a family its name.

    ValueError for a name that is taken by another class, is that of one of our files, imported or not, or is none
    (`plug_ins.Kind.check_name`).
    """
    _KIND.check_name(name)

    def add(cls: _R) -> _R:
        if not issubclass(cls, Recipe):
            raise TypeError(f"{cls.__name__} is registered as the generator {name!r}, but is no Recipe.")
        if name in built_in() and cls.__module__ != f"{_PACKAGE}.{name}":
            raise ValueError(
                f"The generator name {name!r} of {cls.__module__}.{cls.__qualname__} is a built-in generator's; "
                "choose another."
            )
        taken = _registered.get(name)
        # A module may be imported twice under one name (reload): the same class is no clash.
        if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(
                f"The generator name {name!r} of {cls.__module__}.{cls.__qualname__} is taken by "
                f"{taken.__module__}.{taken.__qualname__}; choose another."
            )
        cls.name = name
        _registered[name] = cls
        return cls

    return add


def is_ours(recipe: Recipe) -> bool:
    """Whether a recipe is of a family of this project, whose versions its schema says."""
    return type(recipe).__module__.split(".")[0] in ("shadow_models", "harness")


def built_in() -> tuple[str, ...]:
    """The names of our families, the default first; nothing is imported."""
    names = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / "families")])}
    return DEFAULT, *sorted(names - {DEFAULT})


def plug_ins() -> tuple[dict[str, EntryPoint], dict[str, str]]:
    """Other people's families by name, and why some are not taken; nothing is imported."""
    return _KIND.offered(entry_points(group=GROUP), built_in())


def family_names() -> tuple[str, ...]:
    """Every name that `find_family` takes: ours, then those of plug-ins."""
    return *built_in(), *plug_ins()[0]


def find_family(name: str) -> type[Recipe]:
    """The family of a name, imported now if need be.

    Raises UnknownFamilyError, in a sentence: with the names there are, or with a traceback's last line.
    """
    if name not in _registered:
        _import(name)
    if name not in _registered and name in built_in():
        raise UnknownFamilyError(
            f"The file of the generator {name!r} was imported, but registers none of that name: its class needs "
            f"@register({name!r}), as the file is called."
        )
    if name not in _registered:
        raise UnknownFamilyError(f"There is no generator {name!r}; there are {', '.join(family_names())}.")
    return _registered[name]


def _import(name: str) -> None:
    if name in built_in():
        importlib.import_module(f"{_PACKAGE}.{name}")
        return
    point = plug_ins()[0].get(name)
    if point is None:
        return
    before = dict(_registered)
    why = failure(point)
    if why is None and name not in _registered:
        raise UnknownFamilyError(
            f"The entry point {name!r} of a plug-in was imported, but registers no generator of that name: its class "
            f"needs @register({name!r})."
        )
    if why is None:
        return
    for added in _registered.keys() - before.keys():  # another process could not import it
        del _registered[added]
    raise UnknownFamilyError(
        f"The generator {name!r} of a plug-in could not be imported: {why.strip().splitlines()[-1]}"
    )
