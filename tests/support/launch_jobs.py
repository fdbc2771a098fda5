"""Jobs for `test_launch`: a worker process imports them by name, so they need a module."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
import warnings

import numpy as np
from threadpoolctl import threadpool_info


def square(number, work):
    work.report("squaring", 1, 1)
    return number**2


def threads(number, work):
    return os.environ["OMP_NUM_THREADS"], os.getpid()


def most_threads(number, work):
    return max(one["num_threads"] for one in threadpool_info())


def shout(number, work):
    print("evil\x1b[2J\x07 \u202e\udce9", file=sys.stderr, flush=True)
    warnings.warn("evil\x1b[2J\x07 \u202e", stacklevel=1)


def fail_on_two(number, work):
    if number == 2:
        raise ValueError("two is not allowed")
    time.sleep(0.2)
    return number


def die(number, work):
    os.kill(os.getpid(), signal.SIGKILL)


def faults_of_large_arrays(number, work):
    """Pages that the system had to bring for arrays which fit where others lay before."""
    before = 0
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        [np.ones(31 * 2**17) for _ in range(3)]  # 31 MiB each
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
