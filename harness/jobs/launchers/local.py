"""`launch=local`: a process per core with one thread each: two threads on one small UNet gain nothing, and collapse
when anything else runs. With GPUs it is a process per GPU.
"""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from harness.jobs.ending import ENDED_SEC
from harness.jobs.launchers.base import TRIES, Job, Result
from harness.jobs.launchers.devices import device_of, processes_here
from harness.jobs.launchers.died import job_name, told_of, warn_begun_again
from harness.jobs.launchers.environment import WORKERS_ENVIRONMENT
from harness.jobs.launchers.here import run_here
from harness.jobs.one_thread import environment
from harness.jobs.work import FINISHED, Progress, Work
from harness.jobs.worker import LET_GO_SEC, WorkerProcess
from shadow_models.one_training import KEPT_EVERY_SEC

_POLL_SEC = 0.1
_LAST_WORDS_SEC = 2.0


class LocalLauncher:
    """Where jobs run. workers: None for a process per core or GPU; 0 runs them here, one after another.

    kept_every_sec: seconds between two checkpoints of a training. The processes start with the first jobs and stay
    for the next ones, since importing torch takes seconds; close it, or use `contextlib.closing`, to end them.
    """

    def __init__(self, workers: int | None, device: str, kept_every_sec: float = KEPT_EVERY_SEC) -> None:
        self._workers, self._device, self._kept_every_sec = workers, device, kept_every_sec
        self._context = multiprocessing.get_context("spawn")  # fork would copy the threads' locks of torch
        self._processes: list[WorkerProcess] = []
        self._messages: queue.SimpleQueue[tuple[int, Progress]] = queue.SimpleQueue()
        self._round = 0

    def map(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """function(job, work) for every job, results in the order of jobs.

        The first failure stops the rest. A job whose process dies is begun once more, after the others; where that
        one dies, too, the others are finished, and then InputError says how it ended.
        """
        if self._workers == 0:
            return self.here(function, jobs, on_progress)
        if not jobs:
            return []
        self._round += 1  # late words about earlier jobs must not be taken for words about these
        # A process starts when there is work for it, and Python's own beside the first.
        with environment(WORKERS_ENVIRONMENT):
            try:
                results, told = self._done(function, jobs, on_progress)
            except BaseException:
                self._end()
                raise
        patience = time.monotonic() + _LAST_WORDS_SEC  # results travel by another road than words about them
        while told < len(jobs) and time.monotonic() < patience:
            told += self._drain(on_progress)
            time.sleep(0.005)
        return [results[number] for number in range(len(jobs))]

    @property
    def at_a_time(self) -> int:
        """How many jobs are done at a time."""
        return 1 if self._workers == 0 else self._workers or processes_here(self._device)

    @property
    def on_this_machine(self) -> bool:
        """They are."""
        return True

    def here(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `map`, in this process: for jobs that cost less than starting another one."""
        return run_here(function, jobs, on_progress, self._device, self._kept_every_sec)

    def close(self) -> None:
        """End the processes, which have nothing left to do."""
        for process in self._processes:
            process.close()
        self._processes.clear()

    def _done(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> tuple[dict[int, Result], int]:
        """The results by number, and how many jobs said that they had finished."""
        waiting, running = deque(range(len(jobs))), dict[Future[Result], tuple[int, WorkerProcess]]()
        results, deaths, lost, told = dict[int, Result](), Counter[int](), list[str](), 0
        while waiting or running:
            while waiting and (process := self._idle([one for _, one in running.values()])) is not None:
                try:
                    future = process.submit(function, self._round, waiting[0], jobs[waiting[0]])
                except BrokenProcessPool:  # it died while it had nothing to do
                    self._processes.remove(process)
                    continue
                running[future] = waiting.popleft(), process
            finished, _ = wait(running, _POLL_SEC, FIRST_COMPLETED)
            told += self._drain(on_progress)
            for future in finished:
                number, process = running.pop(future)
                if not isinstance(future.exception(), BrokenProcessPool):
                    process.hear_out(self._round, number)
                try:
                    results[number] = future.result()
                except BrokenProcessPool:
                    how = f"The process of {job_name(jobs[number], number)} {process.how_it_ended()}"
                    self._processes.remove(process)
                    deaths[number] += 1
                    if deaths[number] < TRIES:
                        warn_begun_again(how)
                        waiting.append(number)
                    else:
                        lost.append(how)
        if lost:
            raise told_of(lost)
        return results, told

    def _idle(self, busy: Sequence[WorkerProcess]) -> WorkerProcess | None:
        """A process that has nothing to do, a new one where there may be more; None where all are busy."""
        for process in [one for one in self._processes if one not in busy]:
            if process.alive:
                return process
            self._processes.remove(process)  # it died while it had nothing to do, of which no job is to blame
        taken = {process.rank for process in self._processes}
        rank = min({*range(self.at_a_time)} - taken, default=None)
        if rank is None:
            return None
        device = device_of(self._device, rank)
        process = WorkerProcess(self._context, rank, device, self._kept_every_sec, self._messages)
        self._processes.append(process)
        return process

    def _drain(self, on_progress: Callable[[Progress], None]) -> int:
        """Pass on what was reported about the jobs of this round; how many jobs said that they had finished."""
        finished = 0
        while True:
            try:
                of_round, message = self._messages.get_nowait()
            except queue.Empty:
                return finished
            if of_round == self._round:
                finished += message.doing == FINISHED
                on_progress(message)

    def _end(self) -> None:
        """An interrupted run ends soon: trainings keep their state, and whoever does not hear is killed."""
        processes, self._processes = self._processes, []
        deadline = time.monotonic() + ENDED_SEC + 1
        try:
            for process in processes:
                process.ask_to_end()
            for process in processes:
                process.kill_after(deadline - time.monotonic())
        finally:  # somebody is impatient
            for process in processes:
                process.kill_after(0.0)
        deadline = time.monotonic() + LET_GO_SEC
        for process in processes:
            process.let_go(deadline - time.monotonic())
