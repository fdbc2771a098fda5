"""What is asked of SLURM itself: sbatch, squeue, scancel, scontrol. No accounting database is needed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from harness.errors import InputError
from harness.jobs.ending import afterwards
from harness.plain import plain

PREFIX = "harness-"
"""How our jobs are called, before the name of their batch."""
_PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol")
_ANSWER_SEC = 60.0


class ArrayTask(NamedTuple):
    """One task of a job array: the batch whose name the array has, and its number there."""

    batch: str
    number: int


class Queued(NamedTuple):
    """What SLURM says of one that has not ended; job_id: as `12_0`."""

    job_id: str
    state: str
    reason: str


def refuse_without_slurm() -> None:
    """InputError where this machine has no SLURM to hand jobs to."""
    missing = [one for one in _PROGRAMS if shutil.which(one) is None]
    if missing:
        raise InputError(
            f"launch=slurm takes SLURM's programs, and {' and '.join(missing)} cannot be found: run this where "
            "sbatch works, or write the scripts alone with launch.dry=true."
        )


def hand_in(script: Path) -> str:
    """Give a script to sbatch; returns the array's id. Raises InputError with what sbatch said."""
    with afterwards():  # else an interruption leaves jobs that nobody waits for
        ended = _run("sbatch", "--parsable", str(script))
    found = re.match(r"(\d+)", ended.stdout)
    if ended.returncode or found is None:
        told = plain(" ".join((ended.stderr or ended.stdout).split()))
        raise InputError(f"sbatch did not take {script} ({told}): see launch.partition, launch.time and the like.")
    return found[1]


def queued() -> dict[ArrayTask, Queued] | None:
    """All of ours that have not ended; None where SLURM does not answer, as while its controller starts anew."""
    ended = _run("squeue", "--noheader", "--array", f"--user={os.getuid()}", "--format=%F|%K|%T|%r|%j")
    if ended.returncode:
        return None
    found = {}
    for line in ended.stdout.splitlines():
        array, number, state, reason, name = line.strip().split("|", 4)
        if name.startswith(PREFIX) and number.isdecimal():
            found[ArrayTask(name.removeprefix(PREFIX), int(number))] = Queued(f"{array}_{number}", state, reason)
    return found


def refuse_silent_slurm() -> NoReturn:
    """InputError: SLURM has not answered, what it says of that, and what is missing."""
    ended = _run("scontrol", "ping")
    told = plain(" ".join(f"{ended.stdout} {ended.stderr}".split())) or "scontrol ping says nothing"
    raise InputError(
        f"SLURM's controller, slurmctld, does not answer ({told}), so nothing was handed in. It must run, and the "
        "slurm.conf of this machine, or the one that SLURM_CONF names, must say where; scontrol ping tells."
    )


def cancel(job_ids: Collection[str]) -> None:
    """Ask jobs to end: those that run are told, and keep a checkpoint."""
    if job_ids:
        _run("scancel", *job_ids)


def how_it_ended(job_id: str) -> str:
    """Of a job that left no result, as SLURM remembers it: by which signal or code, or in which state."""
    told = _run("scontrol", "--oneliner", "show", "job", job_id).stdout
    state = re.search(r"\bJobState=(\w+)", told)
    code = re.search(r"\bExitCode=(\d+):(\d+)", told)
    if state is None or code is None:
        return "ended without a result"
    number = int(code[2]) or max(int(code[1]) - 128, 0)  # a shell tells a signal as 128 and its number
    if state[1] == "FAILED" and number in {int(one) for one in signal.Signals}:
        how = f"was killed ({signal.Signals(number).name})"
        return how + (", most likely for want of memory" if number == signal.SIGKILL else "")
    if state[1] == "FAILED":
        return f"ended by itself (exit code {code[1]})"
    return f"ended without a result ({state[1]})"


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    """A program of SLURM's, in a session of its own: Ctrl-C is ours to hear."""
    try:
        return subprocess.run(  # noqa: S603  # a fixed program, from the user's path
            words,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SEC,
            start_new_session=True,
            # A user's view of the queue, such as SQUEUE_STATES, would hide jobs, which would count as gone.
            env={name: value for name, value in os.environ.items() if not name.startswith("SQUEUE_")},
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 1, "", "it did not answer within a minute")


def told_names(tasks: Sequence[str]) -> str:
    """Job ids for people: at most three of them."""
    return ", ".join(tasks[:3]) + (f" and {len(tasks) - 3} more" if len(tasks) > 3 else "")
