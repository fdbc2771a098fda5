"""What SLURM runs: the jobs of one task, in a process that submitit starts on a machine of the cluster."""

from __future__ import annotations

import faulthandler
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from harness.jobs.ending import HEARD_SEC, heard_here
from harness.jobs.launchers.slurm.said import Says
from harness.jobs.notes import say_in_lines
from harness.jobs.work import Place, Work, perform
from shadow_models.one_training import Stopped

NOTICE = signal.SIGUSR2
"""What SLURM sends before a task's time is up: the one that submitit asks it for."""


class Outcome(NamedTuple):
    """Of one job: its result, or why there is none, and where that was raised."""

    value: Any
    error: Exception | None
    trace: str = ""


@dataclass(frozen=True)
class Bundle:
    """The jobs of one task, done one after another; the first failure ends it.

    device: that they may use; kept_every_sec: as `Work`; said: where it says how far it is; notice_sec: from the
    notice to the end of its time.
    """

    function: Callable[[Any, Work], Any]
    jobs: tuple[Any, ...]
    device: str
    kept_every_sec: float
    said: Path
    notice_sec: float

    def __call__(self) -> list[Outcome]:
        """Do them. Where the time is up, the job under way keeps its state, and submitit's own handler, which
        requeues the task, has its turn after that; on SIGTERM the process ends without a result."""
        faulthandler.enable()
        say_in_lines()
        requeue = signal.getsignal(NOTICE)
        signal.signal(NOTICE, lambda number, frame: _requeued(requeue, number, frame))
        says, outcomes = Says(self.said), list[Outcome]()
        heard_sec = {int(signal.SIGTERM): HEARD_SEC, int(NOTICE): max(HEARD_SEC, self.notice_sec / 2)}
        try:
            with heard_here(heard_sec) as ending:
                place = Place(self.device, ending.stopping, self.kept_every_sec)
                for number, job in enumerate(self.jobs):
                    try:
                        outcomes.append(Outcome(perform(self.function, number, job, place, says), None))
                    except Exception as error:
                        outcomes.append(Outcome(None, error, traceback.format_exc()))
                        break
        except Stopped:
            raise SystemExit(128 + signal.SIGTERM) from None
        return outcomes

    def checkpoint(self) -> Any:
        """What submitit hands in again where the time was up: the same, which goes on from what the store holds."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def _requeued(requeue: Any, number: int, frame: Any) -> None:
    """Let submitit requeue this task. Where SLURM refuses that, the task ends without a result, and whoever waits for
    it hands its jobs in again."""
    if not callable(requeue):
        raise Stopped
    try:
        requeue(number, frame)
    except OSError as error:
        raise Stopped from error
    except Exception as error:
        from submitit.core.utils import UncompletedJobError

        if isinstance(error, UncompletedJobError):  # it was requeued as often as it may be
            raise
        with suppress(OSError):
            sys.stderr.write(f"It could not be requeued: {error}\n")
        raise Stopped from error
