"""How far the jobs of a task are, through a small file in its batch's folder: machines share no more than that."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from harness.bounded import read_json
from harness.errors import InputError
from harness.jobs.work import FINISHED, Progress
from harness.writing import replace_file

_EVERY_SEC = 2.0
_MOST_BYTES = 4_000_000


def said_file(batch: Path, number: int) -> Path:
    """Where the task of this number says how far it is."""
    return batch / "said" / f"{number}.json"


class Says:
    """Writes what jobs report: all that was said of each, the newest number of every word, every two seconds or where
    something is whole."""

    def __init__(self, path: Path) -> None:
        self._path, self._said, self._written = path, dict[int, dict[str, tuple[int, int]]](), 0.0

    def __call__(self, message: Progress) -> None:
        """Take in a message; its job is a place in the task."""
        self._said.setdefault(message.job, {})[message.doing] = message.done, message.total
        now = time.monotonic()
        if message.done == message.total or now - self._written >= _EVERY_SEC:
            self._written = now
            with suppress(OSError):  # a full disk stops the work where it matters
                replace_file(self._path, json.dumps(self._said), private=True)


class Heard:
    """Reads it: what is new since the last look."""

    def __init__(self) -> None:
        self._known = dict[tuple[Path, int, str], tuple[int, int]]()

    def news(self, path: Path) -> Iterator[Progress]:
        """Messages that were not read before, those of a job in the order in which it began what it says."""
        for place, said in _read(path):
            for doing, numbers in said.items():
                if self._known.get((path, place, doing)) != numbers:
                    self._known[path, place, doing] = numbers
                    yield Progress(place, doing, *numbers)

    def finished(self, path: Path) -> set[int]:
        """Places of the jobs that said so."""
        return {place for place, said in _read(path) if FINISHED in said}


def _read(path: Path) -> list[tuple[int, dict[str, tuple[int, int]]]]:
    try:
        held = read_json(path, _MOST_BYTES, "The progress", links=False)
        return [
            (int(place), {str(doing): (int(done), int(total)) for doing, (done, total) in said.items()})
            for place, said in held.items()
        ]
    except (OSError, InputError, AttributeError, TypeError, ValueError):  # not there yet, or half there
        return []
