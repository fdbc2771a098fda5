"""A worker process, from both sides: what runs in it, and what its parent holds of it.

Each is an executor of one process, so that one that dies takes no job with it but its own.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import multiprocessing.connection
import os
import re
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from queue import Empty, SimpleQueue
from typing import Any

from harness.jobs.ending import DEAF_TO, Ending, afterwards, deaf
from harness.jobs.memory import for_want_of_memory
from harness.jobs.notes import pass_on, say_in_lines
from harness.jobs.one_thread import environment
from harness.jobs.work import Place, Progress, Work, perform
from harness.plain import plain
from harness.terminal import OutputFailed, make_streams_plain

LET_GO_SEC = 0.5  # until Python's own threads behind killed processes have ended
_CODE_MEMORY = 71
_CODE_SEC = 5.0  # until the system has told how a process ended
_LINES = 20  # of a process's last words that are kept
_SAID_SEC = 2.0  # until what it said of a job has come
_OVER = re.compile("(.*)\x1e(\\d+ \\d+)")  # a record separator: by this it says that it says no more of a job


class WorkerProcess:
    """One process that does a job at a time.

    rank: its number; device: that its jobs may use; kept_every_sec: as in `Work`; messages: takes (round, `Progress`)
    as they come, by a thread of its own; say: passes on each line of its stderr, made plain.
    """

    def __init__(
        self,
        context: SpawnContext,
        rank: int,
        device: str,
        kept_every_sec: float,
        messages: SimpleQueue[tuple[int, Progress]],
        *,
        say: Callable[[str], object] | None = None,
    ) -> None:
        _begin_tracker()
        # Pipes of its own: one that is killed while it writes leaves no other waiting for its turn.
        self._reader, self._writer = context.Pipe(duplex=False)
        self._reports, reporter = context.Pipe(duplex=False)
        self._messages, self._reporter = messages, reporter
        about = (reporter, device, kept_every_sec, self._writer)
        self.rank = rank
        self._executor = ProcessPoolExecutor(1, context, _start, about)
        self._process: Any = None
        self._keeper: Any = None
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._over: SimpleQueue[str] = SimpleQueue()
        self._say = say or pass_on
        self._listeners = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._pass_on)]

    def submit(self, function: Callable[[Any, Work], Any], of_round: int, number: int, job: Any) -> Future[Any]:
        """Begin a job; the process starts with the first."""
        with afterwards():  # else an interruption that comes here leaves a process that trains to its end
            begun = self._process is not None
            try:
                with deaf():  # until it has said what it does at a signal
                    future = self._executor.submit(_work, function, of_round, number, job)
            finally:
                if not begun:  # there may be a process even where the threads beside it could not begin
                    self._process = next(iter((self._executor._processes or {}).values()), None)
            if not begun:
                self._writer.close()  # the process has its own, and its end is told by none being left
                self._reporter.close()
                for listener in self._listeners:
                    listener.start()
        return future

    def hear_out(self, of_round: int, number: int) -> None:
        """What it said of a job that is done has been passed on: words take another road than results."""
        until = time.monotonic() + _SAID_SEC
        with suppress(Empty):
            while self._over.get(timeout=max(until - time.monotonic(), 0.0)) != _over(of_round, number):
                pass

    def ask_to_end(self) -> None:
        """The job keeps its state and ends; without one, the process ends at once."""
        self._keeper = self._executor._executor_manager_thread  # of Python's own, which shutdown forgets
        self._executor.shutdown(wait=False, cancel_futures=True)
        if self._process is not None:
            self._process.terminate()

    def kill_after(self, seconds: float) -> None:
        """Wait so long for its end, then see to it."""
        if self._process is not None:
            self._process.join(max(seconds, 0.0))
            self._process.kill()

    def let_go(self, seconds: float) -> None:
        """Wait so long for Python's thread that waited for it, too: its own end stumbles over one that just ends."""
        if self._keeper is not None and self._keeper.is_alive():
            self._keeper.join(max(seconds, 0.0))

    @property
    def alive(self) -> bool:
        """Whether it may be given a job."""
        return self._process is None or bool(self._process.is_alive())

    def close(self) -> None:
        """End the process, which has nothing left to do."""
        self._executor.shutdown()
        if self._process is not None:
            self._join_listeners()
        self._reader.close()
        self._reports.close()

    def how_it_ended(self) -> str:
        """Of a process that died: by which signal or code, and its last words."""
        if self._process is None:
            return "did not start"
        code = self._code()
        self._join_listeners()
        if code is not None and code < 0:
            how = f"was killed ({signal.Signals(-code).name})"
            how += ", most likely for want of memory" if code == -signal.SIGKILL else ""
        else:
            how = f"ended by itself (exit code {code})"
            how += " for want of memory" if code == _CODE_MEMORY else ""
        return f"{how}; its last words: {' | '.join([*self._lines][-5:])}" if self._lines else how

    def _code(self) -> int | None:
        """Of a process that ends: the pool waits for it, too, and who comes second is told of none for a moment."""
        until = time.monotonic() + _CODE_SEC
        while (code := self._process.exitcode) is None and time.monotonic() < until:
            self._process.join(0.1)
            time.sleep(0.01)
        return code

    def _join_listeners(self) -> None:
        for listener in self._listeners:
            listener.join(1.0)

    def _pass_on(self) -> None:
        """Take what is reported at once, so that the process never waits for whoever reads it."""
        with suppress(Exception):  # the last word of one that was killed may be half a word
            while True:
                self._messages.put(self._reports.recv())

    def _listen(self) -> None:
        """Pass on what the process says, and remember the last of it."""
        with suppress(OSError, ValueError), os.fdopen(os.dup(self._reader.fileno()), errors="replace") as said:
            for line in said:
                over = _OVER.fullmatch(line.rstrip("\n"))
                told = plain(line.rstrip("\n") if over is None else over[1])
                if told:
                    self._lines.append(told)
                if told or over is None:
                    # Whatever became of our own stderr, the process must not wait for it.
                    with suppress(Exception, OutputFailed):
                        self._say(told)
                if over is not None:
                    self._over.put(over[2])


def _over(of_round: int, number: int) -> str:
    return f"{of_round} {number}"


def _begin_tracker() -> None:
    """Python's own process that clears up behind killed ones: without a word, for nobody can do anything about it."""
    wanted = [os.environ.get("PYTHONWARNINGS", ""), "ignore:resource_tracker:UserWarning"]
    with environment({"PYTHONWARNINGS": ",".join(filter(None, wanted))}):
        resource_tracker.ensure_running()


_ending = Ending()
_about: dict[str, Any] = {}
_one_at_a_time = threading.Lock()  # a family may report from a thread of its own


def _start(reports: Connection, device: str, kept_every_sec: float, words: Connection) -> None:
    os.dup2(words.fileno(), 2)
    words.close()
    say_in_lines()
    make_streams_plain()  # what a library warns of may hold names from outside
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent decides
    signal.signal(signal.SIGTERM, _ending.ask)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, DEAF_TO)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _about.update(send=reports.send, device=device, kept_every_sec=kept_every_sec)


def _end_with_parent() -> None:
    """A worker whose parent was killed would train on for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _work(function: Callable[[Any, Work], Any], of_round: int, number: int, job: Any) -> Any:
    def send(message: Progress) -> None:
        with _one_at_a_time:
            _about["send"]((of_round, message))

    _ending.busy = True
    try:
        return perform(
            function, number, job, Place(_about["device"], _ending.stopping, _about["kept_every_sec"]), send
        )
    except Exception as error:
        if not for_want_of_memory(error):
            raise
        # As if the system had ended it: another process may have room, and the others go on.
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
        os._exit(_CODE_MEMORY)
    finally:
        with suppress(Exception, OutputFailed):  # a job may have closed or replaced it, or nobody hears it any more
            sys.stderr.flush()
        with suppress(OSError):  # past the stream, which writes such a character out
            os.write(2, f"\x1e{_over(of_round, number)}\n".encode())
        _ending.busy = False
        if _ending.asked:
            sys.stderr.flush()
            os._exit(0)
