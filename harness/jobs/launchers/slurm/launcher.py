"""The launcher of `launch=slurm`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.config.slurm_options import SlurmLaunch
from harness.errors import AsAsked
from harness.jobs.launchers.base import Job, Result
from harness.jobs.launchers.here import run_here
from harness.jobs.launchers.slurm.handing_in import HandsIn
from harness.jobs.launchers.slurm.queue import refuse_without_slurm
from harness.jobs.launchers.slurm.records import Records
from harness.jobs.launchers.slurm.waiting import Waiting
from harness.jobs.work import Progress, Work
from harness.store import Store


class SlurmLauncher:
    """Jobs that SLURM runs, as tasks of an array. device: the option; `auto` is a GPU where launch.gpus asks for one.

    A head that ends leaves nothing that must be there for its jobs to go on: the next one finds them by their keys in
    the store. Ctrl-C asks them to keep a checkpoint and to end; a head that is ended otherwise leaves them alone.
    """

    on_this_machine = False

    def __init__(self, options: SlurmLaunch, device: str, store: Store) -> None:
        self._options, self._device, self._store = options, device, store

    @property
    def at_a_time(self) -> int:
        """How many jobs run at a time at most, as far as the options say."""
        return min(self._options.array, self._options.at_a_time or self._options.array)

    def map(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `Launcher.map`. With launch.dry the scripts are written, and the run ends by `AsAsked`."""
        if not jobs:
            return []
        records = Records(self._store)
        hands_in = HandsIn(function, records, self._options, self._device_there())
        numbered = dict(enumerate(jobs))
        if self._options.dry:
            scripts = hands_in.write(numbered)
            raise AsAsked(
                f"{len(jobs)} jobs are written to {scripts} and not handed in: sbatch {scripts} does that, and the same "
                "command without launch.dry=true hands in what was not, waits for them and goes on."
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
        return run_here(function, jobs, on_progress, self._device, self._options.checkpoint_seconds)

    def close(self) -> None:
        """Nothing of this process is left to end."""

    def _device_there(self) -> str:
        if self._device != "auto":
            return self._device
        further = self._options.further_options()
        return (
            "cuda:0" if self._options.gpus or any("gpu" in f"{name}={further[name]}" for name in further) else "cpu"
        )
