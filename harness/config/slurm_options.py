"""Options of `launch=slurm`: what is asked of the cluster for each job, checked before anything is handed in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from harness.config.launch_base import LaunchOptions
from harness.errors import InputError, unknown_name

# M, M:S, H:M:S, D-H, D-H:M and D-H:M:S, as sbatch takes them.
_TIME = re.compile(r"(?:(?P<days>\d+)-(?P<of_day>\d+(?::\d+){0,2})|(?P<plain>\d+(?::\d+){0,2}))")
_LINE = re.compile(r"--(?P<name>[a-z][a-z0-9-]*)(?:=(?P<value>\S(?:.*\S)?))?")
_OURS = {
    "array": "launch.array and launch.workers",
    "account": "launch.account",
    "chdir": "the folder that the command is called in",
    "cpus-per-task": "launch.cpus",
    "error": "the store",
    "gpus-per-node": "launch.gpus",
    "job-name": "the launcher, which finds its jobs by it",
    "mem": "launch.memory_gib",
    "no-requeue": "launch.requeues",
    "nodes": "the launcher: a job is one process",
    "ntasks": "the launcher: a job is one process",
    "ntasks-per-node": "the launcher: a job is one process",
    "open-mode": "the launcher",
    "output": "the store",
    "partition": "launch.partition",
    "requeue": "launch.requeues",
    "signal": "launch.notice_seconds",
    "time": "launch.time",
    "wrap": "the launcher",
}
TAKES = ("trainings", "observing", "all")
_MORE_TIME_SEC = 60  # that a job has before it is told that its time is up


@dataclass
class SlurmLaunch(LaunchOptions):
    """Jobs of SLURM, handed in with sbatch from a machine that sees the store at the same path as the cluster's.

    partition, account: as sbatch takes them, None is the cluster's own choice. time: that a job has at a stretch, in
    minutes or as [D-]H:M:S; a training that takes longer keeps a checkpoint before its time is up and is requeued.
    requeues: how often at most. notice_seconds: how long before the end of its time a job is told. gpus: of each job;
    None is 1 where device is cuda, else 0. cpus: of each job, which has one thread whatever they are. memory_gib: of
    each job, GiB; None is the cluster's own choice. workers: jobs at a time at most; None is as many as the cluster
    lets. array: tasks of an array at most; where there are more jobs, a task does several, one after another. takes:
    what SLURM is to do: `trainings`; `observing` of generators by attacks, too; or `all`, scores of seconds as well,
    each list of which waits in the queue. here: processes of this machine that do the rest; None is one a core (or
    GPU), 0 is this process. sbatch: further options of sbatch, such as ['--qos=long']. setup: lines of shell before a
    job, such as ['module load cuda']. dry: write the scripts, say where, and hand nothing in.
    """

    name: str = "slurm"
    partition: str | None = None
    account: str | None = None
    time: str = "4:00:00"
    requeues: int = 100
    notice_seconds: int = 120
    gpus: int | None = None
    cpus: int = 1
    memory_gib: float | None = None
    workers: int | None = None
    array: int = 256
    takes: str = "trainings"
    here: int | None = None
    sbatch: list[str] = field(default_factory=list)
    setup: list[str] = field(default_factory=list)
    dry: bool = False

    def check(self) -> None:
        """As `LaunchOptions.check`."""
        super().check()
        for option, value in (("partition", self.partition), ("account", self.account)):
            if value is not None and not re.fullmatch(r"[\w.,@+-]+", value):
                raise InputError(f"launch.{option}={value!r} must be a name as sbatch takes it.")
        for option, number, least in (
            ("requeues", self.requeues, 0),
            ("notice_seconds", self.notice_seconds, 1),
            ("gpus", self.gpus, 0),
            ("cpus", self.cpus, 1),
            ("workers", self.workers, 1),
            ("array", self.array, 1),
            ("here", self.here, 0),
        ):
            if number is not None and number < least:
                raise InputError(f"launch.{option}={number} must be {least} or more.")
        if self.memory_gib is not None and not 0 < self.memory_gib < math.inf:
            raise InputError(f"launch.memory_gib={self.memory_gib} must be a number of GiB above 0.")
        if self.minutes * 60 < self.notice_seconds + _MORE_TIME_SEC:
            raise InputError(
                f"launch.time={self.time} leaves a job less than a minute before launch.notice_seconds="
                f"{self.notice_seconds} tells it that its time is up."
            )
        if self.takes not in TAKES:
            raise InputError(unknown_name("launch.takes", self.takes, TAKES))
        self.further_options()
        for line in self.setup:
            if not line.strip() or "\n" in line:
                raise InputError(f"launch.setup={line!r} must be one line of shell.")

    def expected_at_a_time(self) -> int | None:
        """What the options say; the cluster may do fewer."""
        return self.workers

    @property
    def minutes(self) -> int:
        """`time` in whole minutes, upwards as SLURM counts. Raises InputError for what is no time."""
        found = _TIME.fullmatch(self.time.strip())
        if found is None:
            raise InputError(f"launch.time={self.time!r} must be minutes, or a time as [D-]H:M:S.")
        if found["days"] is not None:
            hours, minutes, seconds = (*map(int, found["of_day"].split(":")), 0, 0)[:3]
            return int(found["days"]) * 1440 + hours * 60 + minutes + (seconds > 0)
        parts = [int(one) for one in found["plain"].split(":")]
        hours, minutes, seconds = {1: (0, *parts, 0), 2: (0, *parts), 3: (*parts,)}[len(parts)]
        return hours * 60 + minutes + (seconds > 0)

    def further_options(self) -> dict[str, str | bool]:
        """`sbatch` by name. Raises InputError for what is no option, or one that is set elsewhere."""
        options: dict[str, str | bool] = {}
        for line in self.sbatch:
            found = _LINE.fullmatch(line)
            if found is None or "\n" in line:
                raise InputError(f"launch.sbatch={line!r} must be a long option of sbatch, such as '--qos=long'.")
            if found["name"] in _OURS:
                raise InputError(f"launch.sbatch={line!r} is set by {_OURS[found['name']]}.")
            options[found["name"]] = True if found["value"] is None else found["value"]
        return options
