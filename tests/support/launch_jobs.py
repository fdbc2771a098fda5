"""Jobs for `test_launch`: a worker process imports them by name, so they need a module."""

from __future__ import annotations

import os
import signal
import time


def square(number, work):
    work.report("squaring", 1, 1)
    return number**2


def threads(number, work):
    return os.environ["OMP_NUM_THREADS"], os.getpid()


def fail_on_two(number, work):
    if number == 2:
        raise ValueError("two is not allowed")
    time.sleep(0.2)
    return number


def die(number, work):
    os.kill(os.getpid(), signal.SIGKILL)
