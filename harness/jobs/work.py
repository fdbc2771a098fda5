"""What a job gets beside its record: where it computes, whom it tells how far it is, when it must keep its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from shadow_models.one_training import KEPT_EVERY_SEC, Stopped, never

Job = TypeVar("Job")
Result = TypeVar("Result")
FINISHED = "finished"  # what a job's last message says it is doing


class Progress(NamedTuple):
    """How far a job is: its place in the list, what it is doing, steps done of all."""

    job: int
    doing: str
    done: int
    total: int


class Report(Protocol):
    """What a job calls with what it is doing and how far it is; raises `Stopped` where it is asked to end."""

    def __call__(self, doing: str, done: int, total: int) -> None:
        """Tell the parent."""


class Work(NamedTuple):
    """device: that the job may use; report: how far it is; stopping: whether it is to end; kept_every_sec: seconds
    between two checkpoints of a training."""

    device: str
    report: Report
    stopping: Callable[[], bool] = never
    kept_every_sec: float = KEPT_EVERY_SEC


class Place(NamedTuple):
    """Where jobs are done, as `Work` has it."""

    device: str
    stopping: Callable[[], bool]
    kept_every_sec: float


def perform(
    function: Callable[[Job, Work], Result], number: int, job: Job, place: Place, send: Callable[[Progress], None]
) -> Result:
    """function(job, work), and the word that it has finished. number: the job's place in the list."""

    def report(doing: str, done: int, total: int) -> None:
        send(Progress(number, doing, done, total))
        if place.stopping():
            raise Stopped

    result = function(job, Work(place.device, report, place.stopping, place.kept_every_sec))
    send(Progress(number, FINISHED, 1, 1))
    return result
