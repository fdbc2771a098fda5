"""Jobs on their way to SLURM: those that it has already are found, the others are written and handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from harness.config.slurm_options import SlurmLaunch
from harness.jobs.launchers.slurm.on_node import Bundle
from harness.jobs.launchers.slurm.queue import ArrayTask, Queued, hand_in, queued, refuse_silent_slurm
from harness.jobs.launchers.slurm.records import Handed, Records, job_key
from harness.jobs.launchers.slurm.said import said_file
from harness.jobs.launchers.slurm.script import write_batch
from harness.jobs.work import Work


class Put(NamedTuple):
    """A job that is with SLURM: where, and under which id."""

    handed: Handed
    job_id: str


@dataclass(frozen=True)
class HandsIn:
    """Hands jobs of one function in. device: that they may use there."""

    function: Callable[[Any, Work], Any]
    records: Records
    options: SlurmLaunch
    device: str

    def __call__(self, jobs: Mapping[int, Any]) -> dict[int, Put]:
        """Where each job is, by its number: found in the queue, or handed in now. Raises InputError where sbatch
        refuses."""
        with self.records.lock():
            queue = queued()
            if queue is None:  # what runs could not be told from what does not
                refuse_silent_slurm()
            self.records.clear_old({task.batch for task in queue})
            put = self._found(jobs, queue)
            new = [number for number in jobs if number not in put]
            if new:
                script, handed = self._prepared({number: jobs[number] for number in new})
                array = hand_in(script)
                put |= {number: Put(one, f"{array}_{one.task.number}") for number, one in handed.items()}
        return put

    def write(self, jobs: Mapping[int, Any]) -> Path:
        """Write what would be handed in; returns the script."""
        with self.records.lock():
            script, _ = self._prepared(jobs)
        self.records.leave(done=False)
        return script

    def _found(self, jobs: Mapping[int, Any], queue: Mapping[ArrayTask, Queued]) -> dict[int, Put]:
        """Jobs that were handed in before, by this head's like, and have not ended."""
        found = {}
        for number, job in jobs.items():
            key = job_key(self.function, job)
            handed = None if key is None else self.records.find(key)
            if handed is not None and handed.task in queue:
                found[number] = Put(handed, queue[handed.task].job_id)
        for batch in {put.handed.task.batch for put in found.values()}:
            self.records.wait_for(batch)
        return found

    def _prepared(self, jobs: Mapping[int, Any]) -> tuple[Path, dict[int, Handed]]:
        """A batch of these jobs, written: its script, and where each job is in it."""
        name, folder = self.records.new_batch()
        dealt = _dealt(list(jobs), self.options.array)
        bundles = [
            Bundle(
                self.function,
                tuple(jobs[number] for number in numbers),
                self.device,
                self.options.checkpoint_seconds,
                said_file(folder, task),
                self.options.notice_seconds,
            )
            for task, numbers in enumerate(dealt)
        ]
        script = write_batch(name, folder, bundles, self.options)
        handed = {
            number: Handed(ArrayTask(name, task), place)
            for task, numbers in enumerate(dealt)
            for place, number in enumerate(numbers)
        }
        for number, one in handed.items():
            key = job_key(self.function, jobs[number])
            if key is not None:
                self.records.note(key, one)
        return script, handed


def _dealt(numbers: Sequence[int], n_tasks: int) -> list[list[int]]:
    """The jobs of each of at most so many tasks."""
    return [list(numbers[first::n_tasks]) for first in range(min(n_tasks, len(numbers)))]
