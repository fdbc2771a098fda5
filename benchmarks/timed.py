"""A training that tells its own seconds; a worker of a cluster imports it by name, so it has a module of its own."""

from __future__ import annotations

import time

from harness.jobs.generators import GeneratorJob
from harness.jobs.train import train_and_release
from harness.jobs.work import Work


def timed_training(job: GeneratorJob, work: Work) -> float:
    """Train and release; the job's own seconds."""
    started = time.perf_counter()
    train_and_release(job, work)
    return time.perf_counter() - started
