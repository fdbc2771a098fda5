"""Where jobs run, as typed dataclasses: one for each name that `launch=NAME` takes."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass

from harness.config.launch_base import LaunchOptions
from harness.config.slurm_options import SlurmLaunch
from harness.errors import InputError

__all__ = ["BUILT_IN", "LaunchOptions", "LocalLaunch", "RayLaunch", "SlurmLaunch"]
_ADDRESS = re.compile(r"auto|[\w.\-]+:\d+|\[[0-9a-fA-F:]+\]:\d+")


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


@dataclass
class RayLaunch(LaunchOptions):
    """Ray: a cluster that is there, or one of this run and this machine alone. Extra `ray`.

    address: of the cluster, HOST:PORT or auto; None starts Ray here, on loopback alone, and ends it with the run.
    workers: jobs at a time at most; None is as many as there is room for. cpus: of each job, which has one thread
    whatever they are; gpus: of each job; None is 1 where jobs compute on GPUs, 0.5 lets two share one. memory_gib:
    that Ray sets aside for each job, GiB; None is none.
    """

    name: str = "ray"
    address: str | None = None
    workers: int | None = None
    cpus: float = 1.0
    gpus: float | None = None
    memory_gib: float | None = None

    def check(self) -> None:
        """As `LaunchOptions.check`."""
        super().check()
        if self.workers is not None and self.workers < 1:
            raise InputError(f"launch.workers={self.workers} must be at least 1; 0, this process, has launch=local.")
        for name, value, least in (
            ("cpus", self.cpus, 0.01),
            ("gpus", self.gpus, 0.0),
            ("memory_gib", self.memory_gib, 0.0),
        ):
            if value is not None and not least <= value < math.inf:
                raise InputError(f"launch.{name}={value} must be a number from {least:g}.")
        if self.address is not None and not _ADDRESS.fullmatch(self.address):
            raise InputError(
                f"launch.address={self.address} is no address of a cluster; give HOST:PORT, or auto where this "
                "machine is one of its nodes."
            )

    def expected_at_a_time(self) -> int | None:
        """As many as this machine has room for; a cluster is not asked."""
        if self.address is not None:
            return self.workers
        fits = max(1, int(len(os.sched_getaffinity(0)) // self.cpus))
        return fits if self.workers is None else min(fits, self.workers)


BUILT_IN: tuple[type[LaunchOptions], ...] = (LocalLaunch, RayLaunch, SlurmLaunch)
