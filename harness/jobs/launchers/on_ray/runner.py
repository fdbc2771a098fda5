"""What runs on a node of the cluster: an actor that has a worker process as the local launcher has.

A process of its own does the job, so that its environment, its threads and the way it ends are the local ones; Ray
places the actor, gives it GPUs, and tells when its node is lost.
"""

from __future__ import annotations

import multiprocessing
import queue
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

from harness.jobs.ending import ENDED_SEC
from harness.jobs.launchers.environment import WORKERS_ENVIRONMENT
from harness.jobs.one_thread import environment
from harness.jobs.work import FINISHED, Progress, Work
from harness.jobs.worker import LET_GO_SEC, WorkerProcess

_POLL_SEC = 0.1
_GATHER_SEC = 0.05  # so long words are gathered, for each batch of them costs a message of the cluster
_LAST_WORDS_SEC = 2.0


class Words(NamedTuple):
    """What a job reported, and what its process said, line by line, since the last ones."""

    reported: list[Progress]
    said: list[str]


class Done(NamedTuple):
    """A job's result."""

    result: Any


class Failed(NamedTuple):
    """What a job raised, and where, as text."""

    error: BaseException
    trace: str


class Died(NamedTuple):
    """How a job's process ended, as it completes `The process of NAME ...`."""

    how: str


class Place(NamedTuple):
    """Where an actor runs: the node's number for Ray, and the machine's name."""

    node: str
    machine: str


class JobRunner:
    """Does a job at a time in a process of its own. device: that jobs use; kept_every_sec: as in `Work`."""

    def __init__(self, device: str, kept_every_sec: float) -> None:
        # A process of Python's begins with its parent's main module once more, which here would be a worker of Ray's.
        vars(sys.modules["__main__"]).pop("__file__", None)
        self._device, self._kept_every_sec = device, kept_every_sec
        self._context = multiprocessing.get_context("spawn")
        self._messages: queue.SimpleQueue[tuple[int, Progress]] = queue.SimpleQueue()
        self._process: WorkerProcess | None = None
        self._more: dict[str, str] = {}
        self._said: deque[str] = deque()
        self._lock = threading.Lock()  # an end may be asked for while a process begins
        self._ending, self._round = False, 0

    def place(self) -> Place:
        """Where this is; the answer says that it is there."""
        import ray

        return Place(ray.get_runtime_context().get_node_id(), socket.gethostname())

    def do(
        self, function: Callable[[Any, Work], Any], number: int, job: Any, more: Mapping[str, str]
    ) -> Iterator[Words | Done | Failed | Died]:
        """Words about the job as they come, and last how it went. more: variables of its process's environment."""
        self._round += 1
        with self._lock:
            if self._ending:
                yield Died("was asked to end")
                return
            process = self._begun(more)
            with environment({**more, **WORKERS_ENVIRONMENT}):
                future = process.submit(function, self._round, number, job)
        told = False
        while not future.done() and not told:
            words = self._words(_POLL_SEC)
            told = any(one.doing == FINISHED for one in words.reported)
            if words.reported or words.said:
                yield words
        wait([future], _LAST_WORDS_SEC if told else None)
        if future.done() and not isinstance(future.exception(), BrokenProcessPool):
            process.hear_out(self._round, number)
        try:
            last: Done | Failed | Died = Done(future.result())
        except BrokenProcessPool:
            last = Died(process.how_it_ended())
            self._process = None
        except BaseException as error:
            last = Failed(error, str(error.__cause__ or ""))
        patience = time.monotonic() + _LAST_WORDS_SEC  # results travel by another road than words about them
        while isinstance(last, Done) and not told and time.monotonic() < patience:
            words = self._words(_POLL_SEC)
            told = any(one.doing == FINISHED for one in words.reported)
            yield words
        yield self._words(0.0)
        yield last

    def end(self) -> None:
        """The job keeps its state and ends, or is ended; returns once its process is no more."""
        with self._lock:
            self._ending = True
            process, self._process = self._process, None
        if process is not None:
            process.ask_to_end()
            process.kill_after(ENDED_SEC)
            process.let_go(LET_GO_SEC)

    def close(self) -> None:
        """End the process, which has nothing left to do."""
        if self._process is not None:
            self._process.close()

    def _begun(self, more: Mapping[str, str]) -> WorkerProcess:
        """The process, a new one where there is none, it is dead, or it has another environment."""
        if self._process is not None and self._more != more:
            self._process.close()
            self._process = None
        self._more = dict(more)
        if self._process is None or not self._process.alive:
            with environment({**more, **WORKERS_ENVIRONMENT}):
                self._process = WorkerProcess(
                    self._context, 0, self._device, self._kept_every_sec, self._messages, say=self._said.append
                )
        return self._process

    def _words(self, patience_sec: float) -> Words:
        """What was reported about this job, and said; waits so long for the first."""
        reported: list[Progress] = []
        until = time.monotonic() + patience_sec
        while True:
            try:
                of_round, message = self._messages.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if of_round != self._round:
                continue
            if not reported:
                until = min(until, time.monotonic() + _GATHER_SEC)
            reported.append(message)
            if message.doing == FINISHED:
                break
        return Words(reported, [self._said.popleft() for _ in range(len(self._said))])
