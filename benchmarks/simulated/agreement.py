"""Whether what was simulated comes true: told, predicted and then done, the machine looked at before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple, Protocol

from benchmarks.rows import Row, at_least, at_most
from benchmarks.simulated.trainings import WORKERS, Ran, Told

APART, EFFICIENT = 0.15, 0.9  # asked for: of the measured makespan; of what two workers can do at best
NEARER = 2.0  # times as near as sums on the back of an envelope, or the simulation is no better than they are


class World(Protocol):
    """Where trainings are done. Each call does others, but `alone` and `run`: those do the same, in two stores."""

    def told(self) -> Told:
        """Measured now, by trainings that nothing is predicted about."""

    def alone(self, n_jobs: int, half: int) -> Sequence[float]:
        """Seconds of each of every second job of so many, one at a time, by a worker that has begun. half: 0 or 1."""

    def run(self, n_jobs: int) -> Ran:
        """So many, by workers that begin with them."""


class Predicted(NamedTuple):
    """What was simulated, then what was measured. told_by: so many other trainings.

    simpler_sec: by sums of the same times, by what they leave out.
    """

    n_jobs: int
    told_by: int
    simulated_sec: float
    simpler_sec: Mapping[str, float]
    ran: Ran

    @property
    def ratio(self) -> float:
        """Simulated over measured."""
        return self.simulated_sec / self.ran.seconds


def judged(world: World, trainings: Sequence[int]) -> list[Row]:
    """Runs of so many trainings each: predicted first, by what was measured right before, and then done.

    The trainings of the first are also done one at a time, half of them before it and half of them after.
    """
    first, *others = trainings
    alone = [*world.alone(first, 0)]
    told = [world.told()]
    runs = [_predicted(world, told[-1], first)]
    alone += world.alone(first, 1)
    for n_jobs in others:
        told.append(world.told())
        runs.append(_predicted(world, told[-1], n_jobs))
    told.append(world.told())
    return [*_agreement(runs), *_efficiency(runs[0], alone), *_told(told, fmean(alone))]


def _predicted(world: World, told: Told, n_jobs: int) -> Predicted:
    simulated_sec = told.makespan_sec(n_jobs)  # before anybody knows what comes
    simpler_sec = {
        "no worker waits for the last job": told.start_sec + n_jobs * told.job_sec / WORKERS,
        "workers are there at once": -(-n_jobs // WORKERS) * told.job_sec,
    }
    return Predicted(n_jobs, len(told.load.train_sec), simulated_sec, simpler_sec, world.run(n_jobs))


def _agreement(runs: Sequence[Predicted]) -> list[Row]:
    numbers = " and ".join(f"{one.n_jobs:,}" for one in runs)
    apart = max(abs(one.ratio - 1) for one in runs)
    simpler = {
        name: max(abs(one.simpler_sec[name] / one.ran.seconds - 1) for one in runs) for name in runs[0].simpler_sec
    }
    detail = [one._asdict() | {"ran": one.ran._asdict(), "ratio": one.ratio} for one in runs]
    return [
        at_most(
            f"makespan of {numbers} trainings, {WORKERS} workers: simulated, then measured, the farthest apart",
            apart,
            "ratio",
            APART,
            runs=detail,
        ),
        at_least(
            "  how many times as near as the nearest of the sums below",
            min(simpler.values()) / max(apart, 1e-9),
            "",
            NEARER,
        ),
        *(Row(f"  as if {name}: the farthest apart", one, "ratio") for name, one in simpler.items()),
        *(Row(f"  {_told_of(one)}", one.ratio, "ratio") for one in runs),
    ]


def _told_of(one: Predicted) -> str:
    simulated = f"simulated {one.simulated_sec:.1f} s by {one.told_by} other trainings right before"
    return f"{one.n_jobs:,} trainings: {simulated}, then measured {one.ran.seconds:.1f} s"


def _efficiency(run: Predicted, alone: Sequence[float]) -> list[Row]:
    of_workers = WORKERS * run.ran.seconds
    return [
        at_least(
            f"efficiency of {run.n_jobs:,} trainings: one at a time, summed, over {WORKERS} times the makespan",
            sum(alone) / of_workers,
            "ratio",
            EFFICIENT,
            one_at_a_time_sec=[*alone],
        ),
        Row(f"  {WORKERS} at a time, summed, over the same", run.n_jobs * run.ran.job_sec / of_workers, "ratio"),
    ]


def _told(told: Sequence[Told], alone_sec: float) -> list[Row]:
    def row(name: str, values: Sequence[float], unit: str) -> Row:
        return Row(f"told, {len(told)} times: {name}", fmean(values), unit, detail={"each_time": values})

    jobs = [one.job_sec for one in told]
    return [
        row(f"a training and its release, {WORKERS} at a time", jobs, "s"),
        Row("  one at a time, which is not told", alone_sec, "s"),
        row("a worker's start, until it works at the usual pace", [one.start_sec for one in told], "s"),
        row("the head, a job", [1000 * one.head_each_sec for one in told], "ms"),
        Row(
            "the machine meanwhile: the slowest telling's trainings over the fastest's",
            max(jobs) / min(jobs),
            "ratio",
        ),
    ]
