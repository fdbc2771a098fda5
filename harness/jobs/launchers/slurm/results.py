"""What a task left: the outcomes of its jobs."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from harness.errors import InputError
from harness.jobs.launchers.slurm.logs import log_of
from harness.jobs.launchers.slurm.on_node import Outcome
from harness.jobs.launchers.slurm.script import submitit_package
from harness.plain import plain

_TOO_OFTEN = "timed-out too many times"


def names_in(folder: Path) -> set[str]:
    """What lies in a batch's folder; over a shared file system, asked anew."""
    with suppress(OSError):
        folder.chmod(0o700)  # a change of the folder makes NFS forget what it remembers of it
        return {entry.name for entry in os.scandir(folder)}
    return set()


def result_name(job_id: str) -> str:
    """The file in which submitit leaves the outcomes of a task."""
    return f"{job_id}_0_result.pkl"


def outcomes(folder: Path, job_id: str, called: str) -> list[Outcome]:
    """What came of a task's jobs. called: the task, in words. Raises InputError where no outcome can be had."""
    _refuse_foreign(folder / result_name(job_id))
    try:
        found = submitit_package().SlurmJob(folder=folder, job_id=job_id).result()
    except InputError:
        raise
    except (
        Exception
    ) as error:  # submitit's own, with the trace of the other machine; or what cannot be unpickled here
        lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("-----")]
        if any(_TOO_OFTEN in line for line in lines):
            raise InputError(
                f"{called} was requeued as often as launch.requeues lets it, and its time was up again; the store "
                "keeps its checkpoint: run the same command again, with more launch.time or launch.requeues."
            ) from error
        told = next(
            (line for line in reversed(lines) if ": " in line and not line.startswith(("You", " "))), str(error)
        )
        raise InputError(
            f"{called} could not be done ({plain(told)}); its log is {log_of(folder, job_id)}."
        ) from error
    return [Outcome(*one) for one in found]


def _refuse_foreign(path: Path) -> None:
    """InputError for a result that somebody else may have put there: it is unpickled, as what a worker of this
    machine sends is."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or path.parent.stat().st_mode & 0o022:
        raise InputError(f"{path} is no file of yours in a folder of yours, so it is not read.")
