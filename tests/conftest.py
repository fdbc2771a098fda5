"""What several tests want: the real data where it is, and small random images."""

from __future__ import annotations

import os
import signal
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from engines import pytest_runtest_makereport  # noqa: F401  # pytest finds it here

from harness.data.sources import phantom

torch.set_num_threads(1)  # two threads on such small networks collapse as soon as anything else runs
os.environ.setdefault("OMP_NUM_THREADS", "1")  # nor in what a test starts
# A run writes hundreds of small files, and no test's files need outlive the machine: half of a tiny run was waiting.
os.fsync = os.fstat


# A shell's job in the background ignores Ctrl-C, and so would every command that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _signals_as_before():
    """A command that was interrupted hears no second signal until its process ends, and ours goes on."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, heard in before.items():
        signal.signal(number, heard)


drawn_once = lru_cache(2000)(phantom.draw_patient)


@pytest.fixture(autouse=True)
def _patients_are_drawn_once(monkeypatch):
    """Nearly every run is of the same ones."""
    monkeypatch.setattr(phantom, "draw_patient", drawn_once)


SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the clone; a test that asks for it is skipped where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("../shared/data is not here: a user's clone does not have the real slices")
    return SHARED_DATA


def smooth_images(n: int, size: int, seed: int) -> np.ndarray:
    """n different smooth 8-bit images, uint8 [n, size, size]."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(20, 235, (n, 4, 4))
    return np.kron(coarse, np.ones((size // 4, size // 4))).round().astype(np.uint8)


@pytest.fixture(scope="session")
def images():
    """`images(n, size, seed)` draws smooth 8-bit images."""
    return smooth_images
