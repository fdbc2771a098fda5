"""Jobs for the tests of launchers: a worker process imports them by name, so they need a module."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress

import numpy as np
from threadpoolctl import threadpool_info

from harness.errors import HarnessWarning
from harness.jobs import worker
from harness.store.fetched import note_fetched


def square(number, work):
    work.report("squaring", 1, 1)
    return number**2


def threads(number, work):
    return os.environ["OMP_NUM_THREADS"], os.getpid()


def secrets(job, work):
    return {name: os.environ[name] for name in os.environ if name.startswith(("AWS_SECRET", "AZURE_"))}


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


def environment(number, work):
    """What of its environment and its threads could change what a job makes."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_", "PYTHONSAFEPATH")
    return {name: os.environ.get(name) for name in names} | {"threads": most_threads(number, work)}


def talk_on(number, work):
    """Done at once, but something of it goes on and reports."""

    def talking():
        while True:
            time.sleep(0.02)
            work.report("late words", number, 99)

    threading.Thread(target=talking, daemon=True).start()


def listen_a_while(number, work):
    time.sleep(1.0)
    work.report("listening", 1, 1)


def keep_when_interrupted(job, work):
    """Says that it has begun, and where, and waits to be asked to end."""
    folder, number = job
    (folder / f"begun {number} {os.getpid()}").touch()
    wait_for(work.stopping)
    (folder / f"kept {number}").touch()
    work.report("keeping", 1, 1)


def never_hear(job, work):
    """Says that it has begun, and hears nothing."""
    folder, number = job
    (folder / f"begun {number} {os.getpid()}").touch()
    while True:
        with suppress(BaseException):
            time.sleep(60)


def train_and_die(job, work):
    """Trains, writes down every step that is reported, and is killed in the middle of the first try."""
    from harness.jobs.train import train_and_release  # the other jobs are not to wait for it

    training, folder = job
    first = not (folder / "died").exists()

    def report(doing, done, total):
        with (folder / "steps").open("a") as file:
            file.write(f"{doing} {done} {os.getpid()}\n")
        work.report(doing, done, total)
        if first and doing == "training" and done >= total / 2:
            (folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    train_and_release(training, work._replace(report=report))


def train_when_told(job, work):
    """Trains, writes down every step that is reported, and waits in the middle until it may go on."""
    from harness.jobs.train import train_and_release

    training, folder = job

    def report(doing, done, total):
        with (folder / f"steps {training.seed}").open("a") as file:
            file.write(f"{doing} {done} {os.getpid()}\n")
        work.report(doing, done, total)
        if doing == "training" and done >= total / 2:
            wait_for((folder / "go on").exists)

    train_and_release(training, work._replace(report=report))


def die_in_half_a_word(job, work):
    """The second one is killed at first in the midst of what it reports."""
    folder, number = job
    begun = folder / f"{number} begun"
    if number == 1 and not begun.exists():
        begun.touch()
        os.write(worker._about["send"].__self__.fileno(), b"\0\0")
        os.kill(os.getpid(), signal.SIGKILL)
    for step in range(50):
        work.report("counting", step, 50)
    return number


def want_memory(job, work):
    """The second one has too little, in one of the ways in which that is told."""
    folder, number, error = job
    if number == 1:
        raise error
    (folder / str(number)).touch()
    return number


def hear_nothing(job, work):
    """One call of a library that no signal breaks off, and which takes minutes."""
    (job / "begun").touch()
    hashlib.pbkdf2_hmac("sha512", b"x", b"y", 2_000_000_000)


def remark(number, work):
    warnings.warn(HarnessWarning("Something was read otherwise."), stacklevel=1)
    note_fetched("release", f"k{number}")


def say_half(fails, work):
    """A line and a half, and then there is no stderr any more."""
    os.write(2, b"first\nhalf")
    sys.stderr = None
    if fails:
        raise ValueError("the job failed")
