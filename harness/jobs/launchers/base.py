"""What a launcher is: `map(function, jobs, on_progress)`.

Jobs are small picklable records; results travel through the store, which every machine that does jobs sees at the
same path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from harness.jobs.work import Progress, Work

Job = TypeVar("Job")
Result = TypeVar("Result")
TRIES = 2
"""Of a job whose process or machine dies: the second goes on from its checkpoint."""


class Launcher(Protocol):
    """Where jobs run.

    A job runs with one thread, in the environment of `workers_environment`, so that what it makes is the same
    wherever it runs. It hears `Work.stopping` where the run ends early, has `ending.HEARD_SEC` to keep a checkpoint,
    and has ended within ten seconds. Close it, or use `contextlib.closing`, to end what it started.
    """

    @property
    def at_a_time(self) -> int:
        """How many jobs are done at a time."""

    @property
    def on_this_machine(self) -> bool:
        """Whether all of them are done here: then this machine's memory must hold them."""

    def map(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """function(job, work) for every job, results in the order of jobs.

        on_progress: called in the thread that called `map`, with words about these jobs alone; the last word about a
        job is `FINISHED`. The first failure stops the rest and is raised as it was. A job whose process or machine
        dies is begun once more, with a HarnessWarning; where that one dies, too, the others are finished, and then
        InputError (`died.told_of`) says how it ended, with the last lines of its log.
        """

    def here(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `map`, in this process: for jobs that cost less than starting another one."""

    def close(self) -> None:
        """End what was started, which has nothing left to do."""
