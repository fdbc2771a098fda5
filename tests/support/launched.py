"""A program that launches jobs, for tests that interrupt it: `python launched.py NAME OPTIONS FUNCTION FOLDER`."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

import launch_jobs

from harness.cli import exit_code
from harness.config.launch_options import BUILT_IN
from harness.jobs.launchers.making import make_launcher
from harness.store import Store


def main(name: str, options: str, function: str, folder: str) -> None:
    (kind,) = [one for one in BUILT_IN if one.name == name]
    with closing(make_launcher(kind(**json.loads(options)), "cpu", Store(Path(folder) / "store"))) as launcher:
        jobs = [(Path(folder), number) for number in range(2)]
        launcher.map(getattr(launch_jobs, function), jobs, lambda message: None)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(*sys.argv[1:])))
