"""Run jobs: `map(function, jobs)`. Jobs are small picklable records; results travel through the store.

`local` is a process per core with one thread each: two threads on one small UNet gain nothing, and
collapse when anything else runs. With GPUs it is a process per GPU.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from harness.errors import HarnessWarning, InputError
from harness.jobs.ending import ENDED_SEC, heard_here
from harness.jobs.one_thread import ONE_THREAD, environment, one_thread
from harness.jobs.work import FINISHED, Place, Progress, Work, perform
from harness.jobs.worker import WorkerProcess
from shadow_models.one_training import KEPT_EVERY_SEC

Job = TypeVar("Job")
Result = TypeVar("Result")
_POLL_SEC = 0.1
_LAST_WORDS_SEC = 2.0
_TRIES = 2  # of a job whose process dies: the second goes on from its checkpoint


class Launcher:
    """Where jobs run. workers: None for a process per core or GPU; 0 runs them here, one after another.

    kept_every_sec: seconds between two checkpoints of a training. The processes start with the first jobs and stay
    for the next ones, since importing torch takes seconds; close it, or use `contextlib.closing`, to end them.
    """

    def __init__(self, workers: int | None, device: str, kept_every_sec: float = KEPT_EVERY_SEC) -> None:
        self._workers, self._device, self._kept_every_sec = workers, device, kept_every_sec
        self._context = multiprocessing.get_context("spawn")  # fork would copy the threads' locks of torch
        self._processes: list[WorkerProcess] = []
        self._messages: Any = None
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
        with _of_workers():  # a process starts when there is work for it, and Python's own with the first queue
            if self._messages is None:
                self._messages = self._context.Queue()
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
        return 1 if self._workers == 0 else self._workers or _processes(self._device)

    def here(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `map`, in this process: for jobs that cost less than starting another one."""
        device = _device(self._device, 0) if jobs else ""
        with one_thread(), heard_here() as ending:
            place = Place(device, ending.stopping, self._kept_every_sec)
            return [perform(function, i, job, place, on_progress) for i, job in enumerate(jobs)]

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
                try:
                    results[number] = future.result()
                except BrokenProcessPool:
                    how = f"The process of {_name(jobs[number], number)} {process.how_it_ended()}"
                    self._processes.remove(process)
                    deaths[number] += 1
                    if deaths[number] < _TRIES:
                        _warn(f"{how}. It is begun once more, from its checkpoint where it has one.")
                        waiting.append(number)
                    else:
                        lost.append(how)
        if lost:
            raise InputError(_told_of(lost))
        return results, told

    def _idle(self, busy: Sequence[WorkerProcess]) -> WorkerProcess | None:
        """A process that has nothing to do, a new one where there may be more; None where all are busy."""
        for process in self._processes:
            if process not in busy:
                return process
        taken = {process.rank for process in self._processes}
        rank = min({*range(self.at_a_time)} - taken, default=None)
        if rank is None:
            return None
        device = _device(self._device, rank)
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


def _name(job: object, number: int) -> str:
    return str(getattr(job, "name", f"job {number + 1}"))


def _warn(text: str) -> None:
    warnings.warn(HarnessWarning(text), stacklevel=4)


def _told_of(lost: Sequence[str]) -> str:
    more = f" So did {len(lost) - 1} more." if len(lost) > 1 else ""
    return (
        f"{lost[0]}, and so it did before.{more} The store keeps what was finished: run the same command again, with "
        "launch.workers=1 or a smaller preset."
    )


# What one step of a training frees, the C library of Linux gives back, and the next step gets it anew, zeroed page by
# page: thousands of faults a step. Up to 256 MiB a process are kept instead.
_KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)}


def _of_workers() -> AbstractContextManager[None]:
    """New processes inherit one thread for BLAS, OpenMP and torch, read when those libraries load; Python starts them
    with -c, and they import nothing of the current folder."""
    return environment({**ONE_THREAD, **_KEPT_MEMORY, "PYTHONSAFEPATH": "1"})


def _gpus() -> int:
    import torch  # only where something is to be computed: a repeated run never gets here

    return int(torch.cuda.device_count())


def _processes(device: str) -> int:
    if device != "cpu" and (gpus := _gpus()):
        return gpus
    return len(os.sched_getaffinity(0))


def _device(wanted: str, rank: int) -> str:
    if wanted != "auto":
        return wanted
    gpus = _gpus()
    return f"cuda:{rank % gpus}" if gpus else "cpu"
