"""Between two steps of a training: when its state is kept, when it ends early, what tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

KEPT_EVERY_SEC = 60.0
"""Seconds between two checkpoints: what a training that is killed loses at most."""
REPORTED_EVERY = 25
"""Steps between two reports."""
Report = Callable[[int, int], None]
Watch = Callable[[int, Mapping[str, float]], None]


class Stopped(KeyboardInterrupt):
    """A training was asked to end, and has kept what it did."""


class DivergedError(ValueError):
    """A training whose losses are no numbers any more: a sentence."""


def never() -> bool:
    """Nobody asks a training to end."""
    return False


class Due:
    """Whether a checkpoint is to be written now: `every_sec` seconds after the last one was, or after the start.

    What writing took does not count: else one that takes longer than `every_sec`, on a store that many write to,
    would be due again after a single step.
    """

    def __init__(self, every_sec: float) -> None:
        self._every_sec, self._last = every_sec, time.monotonic()
        self._asked, self._step_sec, self._wrote = self._last, 0.0, False

    def __call__(self) -> bool:
        """Ask, after a step; a yes is taken to be followed."""
        now = time.monotonic()
        if self._wrote:
            self._last += max(now - self._asked - self._step_sec, 0.0)
        else:
            self._step_sec = now - self._asked
        self._asked, self._wrote = now, False
        if now - self._last < self._every_sec:
            return False
        self._last, self._wrote = now, True
        return True
