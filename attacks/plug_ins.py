"""Attacks of other packages: what their entry points offer, read without importing any, and the import of one.

A plug-in is code that somebody installed, and runs as such: but not unasked, and without taking others with it.
"""

from __future__ import annotations

import re
import traceback
import warnings
from collections.abc import Container
from importlib.metadata import EntryPoint, entry_points

GROUP = "harness.attacks"
RESERVED = ("all", "release", "references", "model")  # each stands for several attacks in attack=NAME
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def check_name(name: str) -> None:
    """ValueError, in a sentence, for what no attack may be called."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"An attack's name has a small letter first, then small letters, digits and underscores, 64 in all at "
            f"most; {name!a} is none."
        )
    if name in RESERVED:
        raise ValueError(f"The name {name!r} stands for a group of attacks; choose another.")


def offered(taken: Container[str]) -> tuple[dict[str, EntryPoint], dict[str, str]]:
    """What is installed, by name, and why some of it is not taken; nothing is imported.

    taken: names of the built-in attacks, which win.
    """
    points: dict[str, EntryPoint] = {}
    refused: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        try:
            check_name(point.name)
        except ValueError as error:
            refused[ascii(point.name)] = str(error)
            continue
        if point.name in taken:
            refused[point.name] = f"The name {point.name!r} is a built-in attack's, which wins; choose another."
        elif point.name in points and points[point.name].value != point.value:
            refused[f"{point.name} ({point.value!a})"] = (
                f"The name {point.name!r} is taken by {points[point.name].value!a}; choose another."
            )
        else:
            points[point.name] = point
    return points, refused


def failure(point: EntryPoint) -> str | None:
    """Import a plug-in; the traceback where it fails, whatever it raises. Only Ctrl-C is still one.

    What it warns of on the way is for its author, and not shown.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            point.load()
    except BaseException as error:
        if type(error) is KeyboardInterrupt:
            raise
        return traceback.format_exc()
    return None
