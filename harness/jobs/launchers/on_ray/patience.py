"""With a cluster that has no room, or on which nothing can begin."""

from __future__ import annotations

import time
import warnings

from harness.errors import HarnessWarning, InputError
from harness.jobs.launchers.base import TRIES
from harness.jobs.launchers.on_ray.room import Room

_WAITING_SEC = 60.0


class Patience:
    """room: what each job takes."""

    def __init__(self, room: Room) -> None:
        self._room, self._since, self._failures, self._told = room, time.monotonic(), 0, False

    def check(self, some_have_room: bool) -> None:
        """Say once that nobody has room, where it has been so for a minute."""
        if some_have_room:
            self._since, self._failures = time.monotonic(), 0
        elif not self._told and time.monotonic() - self._since > _WAITING_SEC:
            self._told = True
            text = f"No node of the cluster has room for a job, which takes {self._room.told}: waiting."
            warnings.warn(HarnessWarning(text), stacklevel=4)

    def failed(self, why: str) -> None:
        """A worker could not begin, as Ray tells it. Raises InputError where that goes on."""
        self._failures += 1
        if self._failures > TRIES:
            lines = [line.strip() for line in why.splitlines() if line.strip()]
            raise InputError(f"No worker could be started on the cluster: {' '.join(lines[-1:])}")
