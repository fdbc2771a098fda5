"""The launcher of `launch=slurm`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from harness.config.slurm_options import SlurmLaunch
from harness.errors import AsAsked
from harness.jobs.launchers.base import Job, Result
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.launchers.slurm.handing_in import HandsIn
from harness.jobs.launchers.slurm.queue import refuse_without_slurm
from harness.jobs.launchers.slurm.records import Records
from harness.jobs.launchers.slurm.waiting import Waiting
from harness.jobs.observe import observe
from harness.jobs.shards import measure_shard
from harness.jobs.train import train_and_release, train_start, train_surrogate
from harness.jobs.work import Progress, Work
from harness.store import Store
from harness.store.elsewhere import bare

_TRAININGS = {train_and_release, train_start, train_surrogate}
_OBSERVING = {measure_shard, observe}


class SlurmLauncher:
    """Jobs that SLURM runs, as tasks of an array. device: the option; `auto` is a GPU where launch.gpus asks for one.

    A head that ends leaves nothing that must be there for its jobs to go on: the next one finds them by their keys in
    the store. Ctrl-C asks them to keep a checkpoint and to end; a head that is ended otherwise leaves them alone.
    What launch.takes leaves out is done on this machine.
    """

    on_this_machine = False

    def __init__(self, options: SlurmLaunch, device: str, store: Store) -> None:
        gpus = int(device.startswith("cuda")) if options.gpus is None else options.gpus
        self._options, self._device, self._store = replace(options, gpus=gpus), device, store
        self._on_this_machine = LocalLauncher(options.here, device, options.checkpoint_seconds)

    @property
    def at_a_time(self) -> int:
        """How many jobs run at a time at most, as far as the options say."""
        return min(self._options.array, self._options.workers or self._options.array)

    def map(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `Launcher.map`. With launch.dry the scripts are written, and the run ends by `AsAsked`."""
        if not jobs:
            return []
        if not self._is_for_slurm(function):
            return self._on_this_machine.map(function, jobs, on_progress)
        records = Records(self._store)
        hands_in = HandsIn(function, records, self._options, self._device_there())
        numbered = dict(enumerate(jobs))
        if self._options.dry:
            script = hands_in.write(numbered)
            raise AsAsked(
                f"{len(jobs)} jobs are written to {script} and not handed in: sbatch {script} does that, and the "
                "same command without launch.dry=true hands in what was not, waits for them and goes on."
            )
        refuse_without_slurm()
        results = Waiting(hands_in, numbered, on_progress).results()
        return [results[number] for number in range(len(jobs))]

    def here(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `Launcher.here`."""
        return self._on_this_machine.here(function, jobs, on_progress)

    def close(self) -> None:
        """As `Launcher.close`; what SLURM has goes on."""
        self._on_this_machine.close()

    def _is_for_slurm(self, function: Callable[..., Any]) -> bool:
        takes, function = self._options.takes, bare(function)
        return takes == "all" or function in _TRAININGS or (takes == "observing" and function in _OBSERVING)

    def _device_there(self) -> str:
        if self._device != "auto":
            return self._device
        further = self._options.further_options()
        asks = self._options.gpus or any("gpu" in f"{name}={value}" for name, value in further.items())
        return "cuda:0" if asks else "cpu"
