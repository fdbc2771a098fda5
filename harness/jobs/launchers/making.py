"""The launcher that options ask for."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from harness.config.launch_options import LaunchOptions, LocalLaunch, RayLaunch, SlurmLaunch
from harness.errors import InputError
from harness.jobs.launchers.base import Launcher
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.launchers.on_ray.launcher import RayLauncher
from harness.jobs.launchers.slurm.launcher import SlurmLauncher
from harness.jobs.together import n_processes, workers_beside
from harness.store import Store


@runtime_checkable
class MakesLauncher(Protocol):
    """Options of a plug-in."""

    def launcher(self, device: str) -> Launcher:
        """What runs jobs as these options say; device: the option of that name."""


def make_launcher(options: LaunchOptions, device: str, store: Store | None = None) -> Launcher:
    """What runs jobs as these options say; nothing is started before the first of them. device: the option; store:
    of the jobs, where launch=slurm notes what it handed in.

    Raises InputError where a package that it needs is missing, and for one that cannot be where processes train
    together.
    """
    if n_processes() > 1 and not isinstance(options, LocalLaunch):
        raise InputError(
            f"launch={options.name} gives trainings to other processes, and {n_processes()} were started here to "
            "train each generator together; leave it out, or start harness.run without accelerate."
        )
    if isinstance(options, LocalLaunch):
        return LocalLauncher(workers_beside(options.workers), device, options.checkpoint_seconds)
    if isinstance(options, RayLaunch):
        return RayLauncher(options, device)
    if isinstance(options, SlurmLaunch) and store is not None:
        return SlurmLauncher(options, device, store)
    if isinstance(options, MakesLauncher):
        return options.launcher(device)
    raise TypeError(f"{type(options).__name__} has no launcher.")
