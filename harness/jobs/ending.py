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
_CODE = 128 + signal.SIGTERM
_USUAL = {int(signal.SIGINT): HEARD_SEC, int(signal.SIGTERM): HEARD_SEC}


class Ending:
    """Whether this process was asked to end, and whether it has something to keep before."""

    def __init__(self) -> None:
        self.asked = False
        self.busy = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """A signal handler of a worker: at once where nothing is to be kept."""
        del number, frame
        if not self.busy:
            os._exit(_CODE)
        if not self.asked:
            self.asked = True
            _break_off_after(HEARD_SEC)
            end_after(ENDED_SEC)

    def stopping(self) -> bool:
        """Whether the job is to keep its state and end."""
        return self.asked


def end_after(seconds: float) -> None:
    """End this process then, whatever it does."""
    last = threading.Timer(seconds, os._exit, (_CODE,))
    last.daemon = True
    last.start()


@contextmanager
def heard_here(
    heard_sec: Mapping[int, float] = _USUAL, came: Callable[[int], None] = lambda number: None
) -> Iterator[Ending]:
    """These signals ask the job inside to end; what they would have done is done once it has.

    heard_sec: how long the job has to hear of each, before it is broken off. A second signal does at once what it
    would have done. came: called with each that comes. Without effect where another thread than the main one is
    inside.
    """
    ending = Ending()

    def hear(number: int) -> None:
        ending.asked = True
        _break_off_after(heard_sec[number])
        came(number)

    with _held(hear, heard_sec):
        try:
            yield ending
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def afterwards() -> Iterator[None]:
    """What SIGINT and SIGTERM do is done once what is inside is done: milliseconds, in which a process begins that
    nobody would know of."""
    with _held(lambda number: None, _USUAL):
        yield


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


def _break_off_after(seconds: float) -> None:
    """Raise `Stopped` in the main thread then: what waits for a program of others reports nothing meanwhile."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Stopped

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
