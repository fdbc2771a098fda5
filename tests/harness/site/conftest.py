"""One site of four made-up runs, for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from whole_runs import write_run

from harness.site import __main__ as command


class Made(NamedTuple):
    """The folder of the runs, and their site."""

    runs: Path
    site: Path


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Made:
    top = tmp_path_factory.mktemp("site")
    runs = top / "runs"
    write_run(runs / "weak-0", {"knn": 0.62, "ssim": 0.66, "knn_cal": 0.7}, seed=0)
    write_run(runs / "weak-1", {"knn": 0.72, "ssim": 0.64, "knn_cal": 0.76}, seed=1)
    write_run(runs / "strong", {"ssim": 0.91, "knn": 0.88, "loss": 0.95}, steps=200)
    write_run(
        runs / "strangers", {"knn": 0.5}, data="folder", pool="b" * 64, family="strangers", alarms=("It leaks.",)
    )
    assert command.main([str(runs), "--out", str(top / "site")]) == 0
    return Made(runs, top / "site")
