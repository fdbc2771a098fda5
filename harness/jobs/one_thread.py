"""One thread a process: how many share a sum of floats decides its last bits, and so what a training ends with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, this process and those that it starts compute with one thread each, whatever the environment says.

    Libraries that are loaded already (BLAS, OpenMP, torch) are told; those that load inside read the environment.
    """
    with environment(ONE_THREAD), threadpool_limits(1):
        yield


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """These variables have these values inside."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
