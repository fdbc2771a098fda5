"""What other packages offer through entry points, read without importing any, and the import of one.

A plug-in is code that somebody installed, and runs as such: but not unasked, and without taking others with it.
"""

from __future__ import annotations

import re
import traceback
import warnings
from collections.abc import Container, Iterable
from importlib.metadata import EntryPoint
from typing import NamedTuple

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Kind(NamedTuple):
    """What is plugged in: its entry-point group, one and several of it in words, names that stand for something else.

    one: with its article, as it stands at a sentence's beginning: `An attack`.
    """

    group: str
    one: str
    many: str
    reserved: tuple[str, ...] = ()

    def check_name(self, name: str) -> None:
        """ValueError, in a sentence, for what none of these may be called."""
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{self.one}'s name has a small letter first, then small letters, digits and underscores, 64 in all "
                f"at most; {name!a} is none."
            )
        if name in self.reserved:
            raise ValueError(f"The name {name!r} stands for a group of {self.many}; choose another.")

    def offered(
        self, installed: Iterable[EntryPoint], taken: Container[str]
    ) -> tuple[dict[str, EntryPoint], dict[str, str]]:
        """What is installed, by name, and why some of it is not taken; nothing is imported.

        taken: names of the built-in ones, which win.
        """
        points: dict[str, EntryPoint] = {}
        refused: dict[str, str] = {}
        for point in sorted(installed, key=lambda one: (one.name, one.value)):
            try:
                self.check_name(point.name)
            except ValueError as error:
                refused[ascii(point.name)] = str(error)
                continue
            if point.name in taken:
                what = self.one.split(maxsplit=1)[1]
                refused[point.name] = f"The name {point.name!r} is a built-in {what}'s, which wins; choose another."
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
