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


def die_on_one(job, work):
    folder, number = job
    if number == 1:
        (folder / ("1 begun again" if (folder / "1 begun").exists() else "1 begun")).touch()
        print("farewell", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / str(number)).touch()


def die_at_first(job, work):
    folder, number = job
    if not (folder / "begun").exists():
        (folder / "begun").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def keep_when_asked(job, work):
    folder, number = job
    wait_for(lambda: len(list(folder.glob("begun *"))) == 2 or (folder / f"begun {number}").touch())
    if number == 1:
        raise ValueError("one is not allowed")
    wait_for(work.stopping)
    (folder / "kept").touch()
    work.report("keeping", 1, 1)
    (folder / "went on").touch()


def wait_to_be_asked(number, work):
    wait_for(work.stopping)
    work.report("waiting", 1, 1)


def signal_and_keep(job, work):
    folder, how = job
    os.kill(os.getpid(), how)
    wait_for(work.stopping)
    (folder / "kept").touch()
    work.report("keeping", 1, 1)


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def faults_of_large_arrays(number, work):
    """Pages that the system had to bring for arrays which fit where others lay before."""
    before = 0
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        [np.ones(31 * 2**17) for _ in range(3)]  # 31 MiB each
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
