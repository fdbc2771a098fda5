"""The launcher that options ask for."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from harness.config.launch_options import LaunchOptions, LocalLaunch, RayLaunch, SlurmLaunch
from harness.jobs.launchers.base import Launcher
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.launchers.on_ray.launcher import RayLauncher
from harness.jobs.launchers.slurm.launcher import SlurmLauncher
from harness.store import Store


@runtime_checkable
class MakesLauncher(Protocol):
    """Options of a plug-in."""

    def launcher(self, device: str) -> Launcher:
        """What runs jobs as these options say; device: the option of that name."""


def make_launcher(options: LaunchOptions, device: str, store: Store | None = None) -> Launcher:
    """What runs jobs as these options say; nothing is started before the first of them. device: the option; store:
    of the jobs, where launch=slurm notes what it handed in.

    Raises InputError where a package that it needs is missing.
    """
    if isinstance(options, LocalLaunch):
        return LocalLauncher(options.workers, device, options.checkpoint_seconds)
    if isinstance(options, RayLaunch):
        return RayLauncher(options, device)
    if isinstance(options, SlurmLaunch) and store is not None:
        return SlurmLauncher(options, device, store)
    if isinstance(options, MakesLauncher):
        return options.launcher(device)
    raise TypeError(f"{type(options).__name__} has no launcher.")
