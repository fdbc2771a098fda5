"""Where jobs run, as typed dataclasses: one for each name that `launch=NAME` takes."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from harness.errors import InputError


@dataclass
class LaunchOptions:
    """What every way to run jobs takes; the options of a plug-in are a subclass (`harness.config.launch_plug_ins`).

    name: how; checkpoint_seconds: of the clock between two checkpoints of a training, what it loses at most where it
    is killed.
    """

    name: str = ""
    checkpoint_seconds: float = 60.0

    def check(self) -> None:
        """What types cannot check; nothing is started or asked for. Raises InputError, naming the option."""
        if not 0 <= self.checkpoint_seconds < math.inf:
            raise InputError(
                f"launch.checkpoint_seconds={self.checkpoint_seconds} must be a number of seconds from 0."
            )

    def expected_at_a_time(self) -> int | None:
        """How many jobs are done at a time, for a dry run; None where the options alone do not tell."""
        return None


@dataclass
class LocalLaunch(LaunchOptions):
    """Processes of this machine.

    workers: processes; None is one a core (or GPU), 0 works in this process.
    """

    name: str = "local"
    workers: int | None = None

    def check(self) -> None:
        """As `LaunchOptions.check`."""
        super().check()
        if self.workers is not None and self.workers < 0:
            raise InputError(f"launch.workers={self.workers} must be 0 (in this process) or more.")

    def expected_at_a_time(self) -> int | None:
        """As many as there are workers, or cores."""
        return len(os.sched_getaffinity(0)) if self.workers is None else max(1, self.workers)


BUILT_IN: tuple[type[LaunchOptions], ...] = (LocalLaunch,)
