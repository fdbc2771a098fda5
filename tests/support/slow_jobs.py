"""Trainings that wait for a sign, for the tests of SLURM: nothing there is quick, so nothing may hang on seconds.

As a program it is a head: `python slow_jobs.py OPTIONS STORE FOLDER`, options as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from launch_jobs import wait_for
from trainings import training

from harness.cli import exit_code
from harness.config.slurm_options import SlurmLaunch
from harness.jobs.generators import GeneratorJob
from harness.jobs.launchers.making import make_launcher
from harness.jobs.train import train_and_release
from harness.jobs.work import Work
from harness.store import Store


@dataclass(frozen=True)
class SlowTraining:
    """A training that writes into `folder` what it reports, and waits for a file `go` there or to be asked to end."""

    training: GeneratorJob
    folder: Path

    @property
    def name(self) -> str:
        return self.training.name

    @property
    def key(self) -> str:
        return self.training.key

    def said(self) -> list[list[str]]:
        """What it reported: doing, done, process."""
        path = self.folder / f"said {self.training.seed}"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def steps(self) -> list[int]:
        """The steps that it said it had done, in the order in which it did."""
        return [int(done) for doing, done, _ in self.said() if doing == "training"]


def slow_trainings(store: Path, folder: Path, n: int = 2) -> list[SlowTraining]:
    """Trainings on noise, by different seeds."""
    pixels = np.random.default_rng(0).integers(0, 255, (8, 16, 16), dtype=np.uint8)
    return [SlowTraining(training(store, pixels, seed), folder) for seed in range(n)]


def train_when_told(job: SlowTraining, work: Work) -> None:
    def report(doing, done, total):
        with (job.folder / f"said {job.training.seed}").open("a") as file:
            file.write(f"{doing} {done} {os.getpid()}\n")
        work.report(doing, done, total)
        while not ((job.folder / "go").exists() or work.stopping()):
            time.sleep(0.05)

    train_and_release(job.training, work._replace(report=report))


def wait_at_first(job, work):
    """The first try waits to be ended, the next is done at once."""
    folder, number = job
    tried = len([*folder.glob("begun *")])
    (folder / f"begun {tried}").touch()
    if not tried:
        wait_for(work.stopping)
        work.report("waiting", 1, 1)
    return number


def main(options: str, store: str, folder: str) -> None:
    launch = SlurmLaunch(**json.loads(options))
    with closing(make_launcher(launch, "cpu", Store(Path(store)))) as launcher:
        launcher.map(train_when_told, slow_trainings(Path(store), Path(folder)), lambda message: None)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(*sys.argv[1:])))
