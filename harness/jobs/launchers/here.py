"""Jobs in this process, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.errors import InputError
from harness.jobs.ending import heard_here
from harness.jobs.launchers.base import Job, Result
from harness.jobs.launchers.devices import device_of
from harness.jobs.memory import for_want_of_memory
from harness.jobs.one_thread import one_thread
from harness.jobs.work import Place, Progress, Work, perform


def run_here(
    function: Callable[[Job, Work], Result],
    jobs: Sequence[Job],
    on_progress: Callable[[Progress], None],
    device: str,
    kept_every_sec: float,
) -> list[Result]:
    """As `Launcher.here`. device: the option; kept_every_sec: between two checkpoints of a training."""
    given = device_of(device, 0) if jobs else ""
    with one_thread(), heard_here() as ending:
        place = Place(given, ending.stopping, kept_every_sec)
        try:
            return [perform(function, i, job, place, on_progress) for i, job in enumerate(jobs)]
        except Exception as error:
            if not for_want_of_memory(error):
                raise
            told = " ".join(str(error).split()) or "nothing more is known"
            raise InputError(
                f"There is too little memory ({told}); run the same command again with a smaller preset, or when "
                "other programs have ended."
            ) from error
