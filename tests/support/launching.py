"""Runs that launch jobs, begun in a process of their own, and who does the jobs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import launch_jobs
import psutil
import pytest

SUPPORT = Path(__file__).parent
ROOT = SUPPORT.parents[1]


def ways(*names, args=()):
    """Launchers as parameters of `way`, with the mark of those that want a cluster. args: of further parameters."""
    return [pytest.param(name, *args, marks=() if name == "local" else pytest.mark.cluster) for name in names]


def silent(message):
    """No progress is wanted."""


def start(words, function, folder):
    """Two jobs of a function of `launch_jobs`, launched as the words say (`launched.py`)."""
    command = [sys.executable, "-P", str(SUPPORT / "launched.py"), *words, function, str(folder)]
    paths = os.pathsep.join([str(ROOT), str(SUPPORT)])
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    )


def begun(folder):
    """The processes of both jobs, once they have begun."""
    launch_jobs.wait_for(lambda: len([*folder.glob("begun *")]) == 2)
    return [psutil.Process(int(path.name.split()[-1])) for path in folder.glob("begun *")]


def runs(process):
    """Whether it still does something."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
