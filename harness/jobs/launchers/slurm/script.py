"""The script that sbatch takes, and what submitit finds beside it on the cluster's machines."""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.config.slurm_options import SlurmLaunch
from harness.errors import InputError
from harness.jobs.launchers.environment import WORKERS_ENVIRONMENT
from harness.jobs.launchers.slurm.on_node import Bundle
from harness.jobs.launchers.slurm.queue import PREFIX
from harness.writing import FILE_MODE

SCRIPT = "script.sh"


def write_batch(name: str, folder: Path, bundles: Sequence[Bundle], options: SlurmLaunch) -> Path:
    """Write the script of an array, a task for each bundle, into its folder; returns its path.

    The submissions have their names before SLURM gives the array an id, so that the script may also be handed in by
    hand. Raises InputError where submitit is missing, and for a path that SLURM would read otherwise.
    """
    submitit = submitit_package()
    if "%" in str(folder) or "\n" in str(folder):
        raise InputError(f"launch=slurm takes no store below a folder with % in its name: {folder}.")
    for number, bundle in enumerate(bundles):
        submission = submitit.helpers.DelayedSubmission(bundle)
        submission.set_timeout(options.minutes, options.requeues)
        path = folder / f"task-{number}.pkl"
        submission.dump(path)
        path.chmod(FILE_MODE)
    script = folder / SCRIPT
    script.write_text(_text(submitit, name, folder, len(bundles), options), encoding="utf-8")
    return script


def submitit_package() -> Any:
    """The package, imported where it is used. Raises InputError where it is missing."""
    try:
        import submitit  # an optional package
        import submitit.helpers
    except ModuleNotFoundError as error:
        if error.name not in ("submitit", "cloudpickle"):
            raise
        raise InputError('launch=slurm needs submitit: pip install "gan-membership-harness[slurm]".') from error
    return submitit


def _text(submitit: Any, name: str, folder: Path, n_tasks: int, options: SlurmLaunch) -> str:
    class Scripts(submitit.SlurmExecutor):  # type: ignore[misc]
        """Writes scripts, also on a machine that has no SLURM."""

        @classmethod
        def affinity(cls) -> int:
            return 1

    executor = Scripts(folder, max_num_timeout=options.requeues)
    asked: dict[str, Any] = {
        "job_name": PREFIX + name,
        "partition": options.partition,
        "account": options.account,
        "time": options.minutes,
        "nodes": 1,
        "ntasks_per_node": 1,
        "cpus_per_task": options.cpus,
        "gpus_per_node": options.gpus or None,
        "mem": None if options.memory_gib is None else f"{max(1, round(options.memory_gib * 1024))}M",
        "signal_delay_s": options.notice_seconds,
        "array_parallelism": options.workers or n_tasks,
        "wckey": None,  # a cluster that counts by such keys refuses those that it does not know
        # Since SLURM 22.05 srun no longer takes the number of CPUs from sbatch.
        "srun_args": [f"--cpus-per-task={options.cpus}", "--open-mode=append"],
        "setup": [*_environment(), *options.setup, *_submission(folder)],
        "additional_parameters": {"chdir": str(Path.cwd()), "requeue": True, **options.further_options()},
    }
    executor.update_parameters(**asked)
    executor.parameters["map_count"] = n_tasks
    return executor._make_submission_file_text(executor._submitit_command_str, name)


def _environment() -> list[str]:
    """As a worker of this machine has it: one thread, the memory that is kept, and where our packages lie."""
    standard = {sysconfig.get_path(one) for one in ("stdlib", "platstdlib", "purelib", "platlib")}
    ours = [one for one in sys.path if Path(one).is_absolute() and one not in standard and not _of_python(one)]
    values = {**WORKERS_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(ours)}
    return [f"export {name}={shlex.quote(value)}" for name, value in values.items()]


def _of_python(path: str) -> bool:
    return path.endswith((".zip", "lib-dynload"))


def _submission(folder: Path) -> list[str]:
    """Gives a task's submission the name by which submitit looks for it; one that was requeued has it already."""
    task = "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
    named = f"{shlex.quote(str(folder))}/{task}_submitted.pkl"
    return [f'[ -e {named} ] || ln -s "task-${{SLURM_ARRAY_TASK_ID}}.pkl" {named}']
