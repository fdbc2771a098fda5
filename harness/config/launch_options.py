"""Where jobs run, as typed dataclasses: one for each name that `launch=NAME` takes."""

from __future__ import annotations

import os
from dataclasses import dataclass

from harness.config.launch_base import LaunchOptions
from harness.config.slurm_options import SlurmLaunch
from harness.errors import InputError

__all__ = ["BUILT_IN", "LaunchOptions", "LocalLaunch", "SlurmLaunch"]


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


BUILT_IN: tuple[type[LaunchOptions], ...] = (LocalLaunch, SlurmLaunch)
