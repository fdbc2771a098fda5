"""A real SLURM of one machine, begun for tests and ended after them (`tests/slurm/cluster.sh`)."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "slurm" / "cluster.sh"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "srun")


class Cluster:
    """folder: of its files, slurm.conf among them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def submissions(self) -> int:
        """How often sbatch has handed something in."""
        return len(re.findall("_slurm_rpc_submit_batch_job: JobId=", (self.folder / "slurmctld.log").read_text()))

    def run(self, *words: str) -> str:
        """What one of its programs prints."""
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@contextmanager
def cluster() -> Iterator[Cluster]:
    """One with two CPUs, found by SLURM_CONF; the test is skipped where it cannot be begun."""
    pytest.importorskip("submitit", reason="submitit is not installed: pip install '.[slurm]'")
    path = os.environ["PATH"] + ":/usr/sbin"
    missing = [one for one in PROGRAMS if shutil.which(one, path=path) is None]
    if missing:
        pytest.skip(f"no SLURM ({', '.join(missing)}): apt-get install munge slurm-client slurmctld slurmd")
    with tempfile.TemporaryDirectory(prefix="slurm-", dir="/tmp", ignore_cleanup_errors=True) as name:
        started = subprocess.run(
            [SCRIPT, "start", name, str(_free_port())], check=False, capture_output=True, text=True
        )
        try:
            if started.returncode:
                pytest.skip(f"SLURM cannot be begun here: {' '.join(started.stderr.split())}")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SLURM_CONF", f"{name}/slurm.conf")
                yield Cluster(Path(name))
        finally:
            subprocess.run([SCRIPT, "stop", name], check=False)


def _free_port() -> int:
    """Of two that are free, one after the other, the first."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
