"""`python -m benchmarks.faulted.counted OPTIONS`: a run that writes down what it and its workers do, as they do it.

A worker process imports this module again as its main one, so what is changed here is changed there, too.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.store import Artefact, Store
from shadow_models.one_training import Due

LOG = "HARNESS_FAULTS_LOG"
"""The variable of the environment that names the file."""
HEARS, ASKS, BEGINS, TRAINS, MADE = "hears", "asks", "begins", "trains", "made"
"""What a line is about: the command begins, an artefact is asked for, its making begins, the first step of a training
in it is done (libraries were loaded before), and it lies in the store."""
_get, _due = Store.get, Due.__call__
_making: list[str] = []
_training: set[str] = set()


class Line(NamedTuple):
    """What a process did. group: of the run's processes, its first one's id; name: of the artefact, kind/key;
    at: seconds since 1970."""

    what: str
    group: int
    name: str
    at: float


def read_log(log: Path) -> list[Line]:
    """The lines in their order; none where nothing was written. One that a killed process began is left out."""
    whole = [one.split() for one in log.read_text(encoding="ascii").split("\n")[:-1]] if log.exists() else []
    return [Line(one[0], int(one[1]), one[2], float(one[3])) for one in whole if len(one) == 4]


def made(log: Path) -> list[str]:
    """What was made, in its order."""
    return [line.name for line in read_log(log) if line.what == MADE]


def made_twice(log: Path) -> list[str]:
    """What was made more than once."""
    return sorted(name for name, n in Counter(made(log)).items() if n > 1)


def _say(what: str, name: str) -> None:
    descriptor = os.open(os.environ[LOG], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{what} {os.getpgrp()} {name} {time.time():.3f}\n".encode("ascii"))
    finally:
        os.close(descriptor)


def _counted(self: Store, kind: str, key: str, make: Callable[[Path], Mapping[str, Any] | None]) -> Artefact:
    name, began = f"{kind}/{key}", []

    def making(folder: Path) -> Mapping[str, Any] | None:
        began.append(name)
        _say(BEGINS, name)
        _making.append(name)
        try:
            return make(folder)
        finally:
            _making.pop()

    _say(ASKS, name)
    artefact = _get(self, kind, key, making)
    if began:
        _say(MADE, name)
    return artefact


def _noted(self: Due) -> bool:
    if _making and _making[-1] not in _training:
        _training.add(_making[-1])
        _say(TRAINS, _making[-1])
    return _due(self)


if LOG in os.environ and __name__ in ("__main__", "__mp_main__"):
    Store.get = _counted  # type: ignore[method-assign]
    Due.__call__ = _noted  # type: ignore[method-assign]

if __name__ == "__main__":
    from harness.run.__main__ import main

    if LOG in os.environ:
        _say(HEARS, "-")
    sys.exit(main())
