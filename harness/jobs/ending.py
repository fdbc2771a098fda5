"""An orderly end: the first signal asks a job to keep its state, and only one that does not hear is cut off."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from shadow_models.one_training import Stopped

HEARD_SEC = 5.0
"""Seconds that a job has to hear that it is to end, before it is broken off where it is."""
ENDED_SEC = 8.0
"""Seconds after which its process ends, whatever it does: a run that is stopped has ended within ten."""
_USUAL = {int(signal.SIGINT): HEARD_SEC, int(signal.SIGTERM): HEARD_SEC}


class Ending:
    """Whether this process was asked to end, and whether it has something to keep before."""

    def __init__(self) -> None:
        self.asked = False
        self.busy = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """A signal handler of a worker: at once where nothing is to be kept."""
        del frame
        if not self.busy:
            os._exit(_as_the_shell_says(number))
        if not self.asked:
            self.asked = True
            _break_off_after(HEARD_SEC)
            last = threading.Timer(ENDED_SEC, os._exit, (_as_the_shell_says(number),))
            last.daemon = True
            last.start()

    def stopping(self) -> bool:
        """Whether the job is to keep its state and end."""
        return self.asked


@contextmanager
def heard_here(heard_sec: Mapping[int, float] = _USUAL) -> Iterator[Ending]:
    """These signals ask the job inside to end; what they would have done is done once it has.

    heard_sec: how long the job has to hear of each, before it is broken off. A second signal does at once what it
    would have done, and where the process has not ended `ENDED_SEC` after SIGINT or SIGTERM, it is cut off. Without
    effect where another thread than the main one is inside.
    """
    ending = Ending()

    def hear(number: int) -> None:
        ending.asked = True
        _break_off_after(heard_sec[number])

    with _held(hear, heard_sec), cut_off_in_time(b"What ran here did not end in time, and is cut off.\n"):
        try:
            yield ending
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def cut_off_in_time(words: bytes = b"") -> Iterator[None]:
    """End this process some time after SIGINT or SIGTERM where what is inside does not, be it one call of a library.

    words: said then, on stderr. Both signals need a handler of Python's. Such a handler runs once a call is over; the
    byte that Python's own writes for it comes at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    over = threading.Event()

    def watch() -> None:
        while came := os.read(reader, 1):
            if came[0] in (signal.SIGINT, signal.SIGTERM) and not over.wait(ENDED_SEC):
                os.write(2, words)
                os._exit(_as_the_shell_says(came[0]))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        over.set()
        os.close(writer)
        watcher.join()
        os.close(reader)


@contextmanager
def afterwards() -> Iterator[None]:
    """What SIGINT and SIGTERM do is done once what is inside is done: milliseconds, in which a process begins that
    nobody would know of."""
    with _held(lambda number: None, _USUAL):
        yield


DEAF_TO = (signal.SIGINT,)


@contextmanager
def deaf() -> Iterator[None]:
    """A process that begins inside inherits that Ctrl-C waits, until it unblocks `DEAF_TO`; here it waits, too."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, DEAF_TO)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _held(hear: Callable[[int], None], numbers: Iterable[int]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if came:
            _do(before[number], number, frame)
        came.append(number)
        hear(number)

    before = {number: signal.getsignal(number) for number in numbers}
    for number in before:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            _do(before[came[0]], came[0], None)


def _do(handler: object, number: int, frame: FrameType | None) -> None:
    if callable(handler):
        handler(number, frame)
    elif handler == signal.SIG_DFL:
        os.kill(os.getpid(), number)


def _as_the_shell_says(number: int) -> int:
    return 128 + number


def _break_off_after(seconds: float) -> None:
    """Raise `Stopped` in the main thread then: what waits for a program of others reports nothing meanwhile."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Stopped

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
