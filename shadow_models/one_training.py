"""How one training is run, and what it does between two steps: keep its state, end early, tell how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shadow_models.generator import Generator

KEPT_EVERY_SEC = 60.0
"""Seconds between two checkpoints: what a training that is killed loses at most."""
_REPORT_EVERY = 25  # steps
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
    """Whether a checkpoint is to be written now: `every_sec` seconds after the last one, or after the start."""

    def __init__(self, every_sec: float) -> None:
        self._every_sec, self._last = every_sec, time.monotonic()

    def __call__(self) -> bool:
        """Ask, after a step; a yes is taken to be followed."""
        now = time.monotonic()
        if now - self._last < self._every_sec:
            return False
        self._last = now
        return True


class Training(NamedTuple):
    """How one training is run; none of it but the seed and the start decides what comes out.

    checkpoint: a folder in which the state is kept whenever `due()` says so; stopping(): whether the training is to
    keep its state and end; report(done, total): called every few steps; log: a file for what a program that the
    family runs has to say; watch(step, losses by network): called after every step.
    """

    seed: int
    start: Generator | None = None
    device: str = "auto"
    checkpoint: Path | None = None
    due: Callable[[], bool] = never
    report: Report | None = None
    log: Path | None = None
    watch: Watch | None = None
    stopping: Callable[[], bool] = never

    def after(self, done: int, total: int, keep: Callable[[Path], None]) -> None:
        """What is to be done once `done` of `total` steps are: keep(folder) writes the state, where it is time to.

        Raises `Stopped` where the training is to end, its state kept before.
        """
        stopping = self.stopping()
        if self.checkpoint is not None and done < total and (self.due() or stopping):
            keep(self.checkpoint)
        if stopping:
            raise Stopped
        if self.report is not None and (done % _REPORT_EVERY == 0 or done == total):
            self.report(done, total)
