"""Conformance tests compute in one thread: on tiny networks two took fifteen times as long where a core was busy."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

NOTING = """
import torch

def pytest_runtest_call():
    print("threads:", torch.get_num_threads())
"""


@pytest.mark.parametrize("words", [("attacks", "--attack", "knn"), ("shadow_models", "--generator", "copies")])
def test_they_have_one_thread(tmp_path, words):
    (tmp_path / "noting.py").write_text(NOTING)
    package, *chosen = words
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "noting", "-p", "no:cacheprovider", "-s", "-k", "picklable or called",
         "--pyargs", f"{package}.conformance", *chosen],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(re.findall(r"threads: (\d+)", done.stdout)) == {"1"}
