"""Real processes, really interrupted: no worker is left behind and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tiny import TINY_PHANTOM

OPTIONS = [*(o for o in TINY_PHANTOM if not o.startswith("launch")), "launch.workers=2", "shadow.steps=4000"]


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness.run", *OPTIONS],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_interrupted_while_training(tmp_path, how, code):
    process = start(tmp_path)
    checkpoints = tmp_path / "store" / "checkpoint"
    wait_for(lambda: any(checkpoints.rglob("*.safetensors")))
    workers = psutil.Process(process.pid).children(recursive=True)
    assert workers
    os.kill(process.pid, how)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    if how != signal.SIGKILL:
        assert "goes on from there" in err
        assert "Traceback" not in err
    wait_for(lambda: not any(w.is_running() and w.status() != psutil.STATUS_ZOMBIE for w in workers), 30)
    assert not (tmp_path / "runs").exists()
