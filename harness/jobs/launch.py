"""Run jobs: `map(function, jobs)`. Jobs are small picklable records; results travel through the store.

`local` is a process per core with one thread each: two threads on one small UNet gain nothing, and
collapse when anything else runs. With GPUs it is a process per GPU.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeVar

from harness.errors import InputError
from harness.jobs.one_thread import ONE_THREAD, environment, one_thread
from harness.terminal import make_streams_plain

Job = TypeVar("Job")
Result = TypeVar("Result")
_POLL_SEC = 0.1
_LAST_WORDS_SEC = 2.0
FINISHED = "finished"  # what a job's last message says it is doing


class Progress(NamedTuple):
    """How far a job is: its place in the list, what it is doing, steps done of all."""

    job: int
    doing: str
    done: int
    total: int


class Report(Protocol):
    """What a job calls with what it is doing and how far it is."""

    def __call__(self, doing: str, done: int, total: int) -> None:
        """Tell the parent."""


class Work(NamedTuple):
    """What a job gets beside its record: the device it may use and a way to report."""

    device: str
    report: Report


class Launcher:
    """Where jobs run. workers: None for a process per core or GPU; 0 runs them here, one after another.

    The processes start with the first jobs and stay for the next ones, since importing torch takes seconds; close
    it, or use `contextlib.closing`, to end them.
    """

    def __init__(self, workers: int | None, device: str) -> None:
        self._workers, self._device = workers, device
        self._pool: _WorkerPool | None = None
        self._round = 0

    def map(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """function(job, work) for every job, results in the order of jobs. The first failure stops the rest."""
        if self._workers == 0:
            return self.here(function, jobs, on_progress)
        if not jobs:
            return []
        self._round += 1  # late words about earlier jobs must not be taken for words about these
        if self._pool is None:
            with _of_workers():
                self._pool = _WorkerPool.of(self._workers or _processes(self._device), self._device)
        workers = self._pool
        with _of_workers():  # a process starts when there is work for it
            futures = [workers.pool.submit(_work, function, self._round, i, job) for i, job in enumerate(jobs)]
            try:
                pending, told = set(futures), 0
                while pending:
                    finished, pending = wait(pending, _POLL_SEC, FIRST_EXCEPTION)
                    told += workers.drain(self._round, on_progress)
                    for future in finished:
                        future.result()
            except BaseException as error:
                self._terminate()
                if isinstance(error, BrokenProcessPool):
                    raise InputError(
                        "A worker process was killed, most likely for want of memory. The store keeps what was "
                        "finished: run the same command again, with launch.workers=1 or a smaller preset."
                    ) from error
                raise
        patience = time.monotonic() + _LAST_WORDS_SEC  # results travel by another road than words about them
        while told < len(jobs) and time.monotonic() < patience:
            told += workers.drain(self._round, on_progress)
            time.sleep(0.005)
        return [future.result() for future in futures]

    def here(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `map`, in this process: for jobs that cost less than starting another one."""
        with one_thread():
            return [_do(function, i, job, _device(self._device, 0), on_progress) for i, job in enumerate(jobs)]

    def close(self) -> None:
        """End the processes, which have nothing left to do."""
        if self._pool is not None:
            self._pool.pool.shutdown()
            self._pool = None

    def _terminate(self) -> None:
        """An interrupted run ends now; checkpoints keep what was done."""
        assert self._pool is not None
        processes = list((self._pool.pool._processes or {}).values())
        self._pool.pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        self._pool = None


class _WorkerPool(NamedTuple):
    """The worker processes and the queue of what they report."""

    pool: ProcessPoolExecutor
    messages: Any

    @classmethod
    def of(cls, workers: int, device: str) -> _WorkerPool:
        context = multiprocessing.get_context("spawn")  # fork would copy the threads' locks of torch
        messages, ranks = context.Queue(), context.Queue()
        for rank in range(workers):
            ranks.put(rank)
        return cls(ProcessPoolExecutor(workers, context, _start_worker, (messages, ranks, device)), messages)

    def drain(self, current: int, on_progress: Callable[[Progress], None]) -> int:
        """Pass on what was reported about the jobs of this round; how many jobs said that they had finished."""
        finished = 0
        while True:
            try:
                of_round, message = self.messages.get_nowait()
            except queue.Empty:
                return finished
            if of_round == current:
                finished += message.doing == FINISHED
                on_progress(message)


class _Reporter:
    """Binds a job's number to its progress."""

    def __init__(self, job: int, send: Callable[[Progress], None]) -> None:
        self._job, self._send = job, send

    def __call__(self, doing: str, done: int, total: int) -> None:
        self._send(Progress(self._job, doing, done, total))


_worker: dict[str, Any] = {}


def _start_worker(messages: Any, ranks: Any, device: str) -> None:
    make_streams_plain()  # what a library warns of may hold names from outside
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker.update(send=messages.put, rank=ranks.get(), device=device)


def _end_with_parent() -> None:
    """A worker whose parent was killed would train on for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _work(function: Callable[[Any, Work], Any], of_round: int, number: int, job: Any) -> Any:
    def send(message: Progress) -> None:
        _worker["send"]((of_round, message))

    return _do(function, number, job, _device(_worker["device"], _worker["rank"]), send)


def _do(
    function: Callable[[Job, Work], Result], number: int, job: Job, device: str, send: Callable[[Progress], None]
) -> Result:
    result = function(job, Work(device, _Reporter(number, send)))
    send(Progress(number, FINISHED, 1, 1))
    return result


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
