"""Work on many files or images, on a thread a core: reading, inflating and hashing hold no lock of Python's."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")
MOST_THREADS = 8  # what holds Python's lock, a tenth of reading an image, keeps more of them from paying
_AT_A_TIME = 16  # things that a thread does without asking for more


def threads() -> int:
    """One a core that this process may use, and no more than pay."""
    return min(len(os.sched_getaffinity(0)), MOST_THREADS)


def in_order(
    function: Callable[[Thing], Result], things: Sequence[Thing], at_a_time: int = _AT_A_TIME
) -> Iterator[Result]:
    """function(thing) of every thing, in their order; a few are done ahead, so many by one thread without a pause.

    What is raised is what the first thing raises whose function does, whichever thread came first; the rest is left
    undone then, and where the iterator is closed.
    """

    left_undone = threading.Event()

    def some(start: int) -> list[Result]:
        found = []
        for thing in things[start : start + at_a_time]:
            if left_undone.is_set():  # nobody waits for these
                break
            found.append(function(thing))
        return found

    starts = iter(range(0, len(things), at_a_time))
    with ThreadPoolExecutor(threads()) as pool:
        waiting: deque[Future[list[Result]]] = deque()
        try:
            waiting.extend(pool.submit(some, start) for start in islice(starts, 2 * threads()))
            while waiting:
                found = waiting.popleft().result()
                waiting.extend(pool.submit(some, start) for start in islice(starts, 1))
                yield from found
        finally:
            left_undone.set()
            pool.shutdown(wait=False, cancel_futures=True)
