"""The simulation held against worlds whose makespans are known: it agrees where it is right, and nowhere else."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

pytest.importorskip("simpy")

from benchmarks.find import find_benchmarks
from benchmarks.simulated import agreement, trainings
from benchmarks.simulated.agreement import judged
from benchmarks.simulated.cluster import Load
from benchmarks.simulated.trainings import Ran, Told, seconds_to_start
from harness.errors import InputError
from shadow_models.registry import find_family


@dataclass
class World:
    """Jobs of one length over two workers that start: told_* is what is measured beforehand, the rest what comes."""

    told_job: float = 20.0
    told_start: float = 8.0
    job: float = 20.0
    start: float = 8.0
    alone_job: float = 19.0
    at_a_time: int = 2
    more: float = 0.0  # seconds that each run takes beyond
    pace: float = 1.0  # after a run, all takes so many times as long
    done: list[str] = field(default_factory=list)

    def told(self) -> Told:
        self.done.append("told")
        load = Load([0.8 * self.told_job] * 6, [0.2 * self.told_job] * 6, 0.0, 0.0, 0.0, 0.0)
        return Told(load, find_family("dct").tiny(), self.told_start, 0.001, 0.001, 1e12)

    def alone(self, n_jobs, half):
        self.done.append(f"alone {half}")
        return [self.alone_job] * len(range(n_jobs)[half::2])

    def run(self, n_jobs):
        self.done.append(f"run {n_jobs}")
        seconds = self.start + -(-n_jobs // self.at_a_time) * self.job + self.more
        ran = Ran(seconds, self.job)
        self.told_job, self.job = self.pace * self.told_job, self.pace * self.job
        return ran


def test_a_world_that_is_as_the_model_says_agrees_and_every_run_is_predicted_before_it_is_done():
    world = World()
    apart, nearer, waits, there, eight, five, efficient, busy, *_ = judged(world, [8, 5])
    assert apart.holds
    assert apart.value < 0.01
    assert nearer.holds
    assert waits.value == pytest.approx(10 / 68)
    assert there.value == pytest.approx(8 / 68)
    assert "by 6 other trainings right before" in eight.name
    assert (eight.value, five.value) == (pytest.approx(1, abs=0.01), pytest.approx(1, abs=0.01))
    assert world.done == ["alone 0", "told", "run 8", "alone 1", "told", "run 5", "told"]
    assert efficient.value == pytest.approx(8 * 19 / (2 * 88))
    assert busy.value == pytest.approx(8 * 20 / (2 * 88))


@pytest.mark.parametrize(
    "world",
    [
        World(job=25.0),  # runs whose own jobs take longer than those that it was told of
        World(job=16.0),
        World(at_a_time=1),  # workers that wait for each other
        World(told_start=28.0),  # a start that is a guess
        World(start=32.0),
        World(more=20.0),  # what no part of the model stands for
    ],
)
def test_a_world_that_the_model_has_wrong_does_not_agree(world):
    apart, *_ = judged(world, [8, 5])
    assert apart.value > 0.15
    assert apart.holds is False


def test_the_farthest_of_the_runs_counts():
    world = World()
    world.run = lambda n_jobs: Ran(88.0 if n_jobs == 8 else 1.3 * 68, 20.0)
    apart, _, _, _, eight, five, *_ = judged(world, [8, 5])
    assert abs(eight.value - 1) < 0.01
    assert apart.value == pytest.approx(1 - five.value)
    assert apart.holds is False


def fluid(load, n_jobs, site):
    return site.start_sec + n_jobs * load.job_sec / site.gpus


def without_starts(load, n_jobs, site):
    return -(-n_jobs // site.gpus) * load.job_sec


@pytest.mark.parametrize("model", [fluid, without_starts])
@pytest.mark.parametrize(("job", "start"), [(20.0, 8.0), (77.6, 33.1), (47.0, 14.0), (77.6, 10.0), (10.0, 10.0)])
def test_sums_that_leave_out_what_the_simulation_knows_do_not_pass_for_it(monkeypatch, model, job, start):
    """Whatever the lengths, they may be near enough; they are not nearer than themselves."""
    world = {"job": job, "start": start, "told_job": job, "told_start": start}
    assert all(row.holds for row in judged(World(**world), [8, 5])[:2])
    monkeypatch.setattr(
        trainings, "simulate", lambda load, n, site, rng: SimpleNamespace(makespan_sec=model(load, n, site))
    )
    apart, nearer, *_ = judged(World(**world), [8, 5])
    assert not (apart.holds and nearer.holds)


def test_a_machine_that_gets_slower_is_told_and_each_run_is_predicted_by_what_was_measured_last():
    *first, drift = judged(World(pace=1.5), [8, 5])
    assert first[0].holds
    assert drift.value == pytest.approx(1.5**2)


def test_efficiency_is_that_of_the_same_work_one_at_a_time():
    """Workers that are busy all the time, for they slow each other, are not efficient."""
    rows = judged(World(alone_job=12.0), [8])
    efficient, busy = rows[5], rows[6]
    assert (efficient.reach, efficient.holds) == (agreement.EFFICIENT, False)
    assert busy.value > 0.9


def test_a_start_is_what_the_first_jobs_take_longer():
    class Launcher:
        begun = False

        def map(self, function, jobs, on_progress):
            time.sleep(0.1 if self.begun else 0.6)
            self.begun = True

    assert seconds_to_start(Launcher(), [0, 1], [2, 3]) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("given", [{"trainings": [3]}, {"told_by": 2}, {"trainings": [6]}, {"trainings": [8, 8]}])
def test_what_is_predicted_is_another_number_than_what_was_told(given):
    two = find_benchmarks("scaling")["two_workers"]
    with pytest.raises(InputError, match="--trainings and --told-by want numbers"):
        two.measure(two.filled_in(given, "usual"))
