"""What came from mirrors and was not made, in this process and in those that do its jobs: for one note of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

_HEAD = "From the mirror: "
_LINE = re.compile(rf"{_HEAD}(\w+/[\w.\-]+)")
_names: set[str] = set()
_tells: list[Callable[[str], object]] = []


def note_fetched(kind: str, key: str) -> None:
    """An artefact has just come from the mirror."""
    _names.add(f"{kind}/{key}")
    for tell in _tells:
        tell(f"{_HEAD}{kind}/{key}")


def told_by(tell: Callable[[str], object]) -> None:
    """From now on each is told as a line that `hears` knows: in a process that does jobs of another."""
    _tells[:] = [tell]


def hears(line: str) -> bool:
    """Take note of a line of a process that does jobs here; whether it was about what came from a mirror."""
    found = _LINE.fullmatch(line)
    if found is not None:
        _names.add(found[1])
    return found is not None


def forget_fetched() -> None:
    """A run begins."""
    _names.clear()


def told_of_fetched() -> str | None:
    """What came since, as a sentence; None where nothing did."""
    counts = Counter(name.split("/")[0] for name in _names)
    if not counts:
        return None
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(counts.items()))
    what = "1 artefact" if len(_names) == 1 else f"{len(_names):,} artefacts"
    return f"Fetched from the mirror instead of made: {what} ({kinds})."
