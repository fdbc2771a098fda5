"""The simulated cluster: makespans known in closed form, a fair pipe, failures that lose what is not kept."""

from __future__ import annotations

import math

import numpy as np
import pytest

simpy = pytest.importorskip("simpy")

from benchmarks.find import find_benchmarks  # noqa: E402
from benchmarks.simulated import cluster, trainings  # noqa: E402
from benchmarks.simulated.cluster import Load, Site, simulate  # noqa: E402
from benchmarks.simulated.grid import curve  # noqa: E402
from benchmarks.simulated.picture import draw  # noqa: E402
from benchmarks.simulated.pipe import Pipe  # noqa: E402

NO_BYTES = Load([10.0], [2.0], 0.0, 0.0, 0.0, 0.0)
FAST = Site(4, 0.0, 0.0, 0.0, 0.0, 1e12, 60.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def moved_at(pipe_bytes_a_sec: float, moves: list[tuple[float, float]], leaves: dict[int, float] | None = None):
    """When each of (begun at, bytes) is through, and what went through in all; leaves: who stops when."""
    env = simpy.Environment()
    pipe, through = Pipe(env, pipe_bytes_a_sec), {}

    def mover(number: int, begun: float, n_bytes: float):
        yield env.timeout(begun)
        event = pipe.move(n_bytes)
        if number in (leaves or {}):
            yield env.timeout(leaves[number] - begun)
            pipe.leave(event)
            return
        yield event
        through[number] = env.now

    for number, one in enumerate(moves):
        env.process(mover(number, *one))
    env.run()
    return through, pipe.bytes_moved


@pytest.mark.parametrize(
    ("moves", "through"),
    [
        ([(0, 100)], {0: 10}),
        ([(0, 100), (0, 100)], {0: 20, 1: 20}),
        ([(0, 100), (0, 20)], {0: 12, 1: 4}),  # 4 s of half the width each, then the rest alone
        ([(0, 100), (5, 25)], {0: 12.5, 1: 10}),  # 50 alone, 25 beside the other, 25 alone
        ([(0, 10), (100, 10)], {0: 1, 1: 101}),
    ],
)
def test_whoever_moves_something_together_shares_the_pipe_equally(moves, through):
    found, n_bytes = moved_at(10.0, moves)
    assert found == pytest.approx(through)
    assert n_bytes == sum(one for _, one in moves)


def test_who_leaves_the_pipe_makes_room_and_what_had_gone_through_counts():
    found, n_bytes = moved_at(10.0, [(0, 100), (0, 100)], leaves={1: 4.0})
    assert found == pytest.approx({0: 12.0})  # 20 in 4 s, 80 alone
    assert n_bytes == pytest.approx(120)


@pytest.mark.parametrize(("jobs", "gpus", "rounds"), [(8, 4, 2), (9, 4, 3), (1, 4, 1), (5, 1, 5)])
def test_equal_jobs_are_done_in_rounds(jobs, gpus, rounds):
    found = simulate(NO_BYTES, jobs, FAST._replace(gpus=gpus), rng())
    assert found.makespan_sec == pytest.approx(12 * rounds)
    assert found.efficiency == pytest.approx(jobs / gpus / rounds)


def test_starts_head_and_planning_add_up():
    site = FAST._replace(gpus=2, start_sec=5.0, plan_sec=30.0, head_sec=0.5, found_sec=0.25)
    found = simulate(NO_BYTES, 2, site, rng())
    assert found.makespan_sec == pytest.approx(30 + 2 * 0.5 + 5 + 12 + 2 * 0.25)  # the second waits for the first
    assert found.gpu_sec[cluster.PLANNING] == pytest.approx(2 * 30.5)
    assert found.gpu_sec[cluster.HEAD] == pytest.approx(0.5 + 1.0)
    assert found.bottleneck == cluster.PLANNING


def test_a_narrow_store_bounds_the_makespan_and_is_named():
    load = Load([10.0], [2.0], 100.0, 300.0, 50.0, 0.0)
    found = simulate(load, 64, FAST._replace(gpus=64, bytes_a_sec=10.0), rng())
    assert found.store_bytes == 64 * (100 + 300 + 300 + 50)  # the generator is written, and read for its release
    assert found.makespan_sec == pytest.approx(found.store_bytes / 10.0 + 12, rel=0.01)
    assert found.bottleneck == cluster.STORE


def test_checkpoints_are_written_between_pieces_and_cost_their_time():
    load = NO_BYTES._replace(train_sec=[250.0], checkpoint_bytes=100.0)
    found = simulate(load, 1, FAST._replace(gpus=1, bytes_a_sec=10.0), rng())
    assert found.gpu_sec[cluster.KEEPING] == pytest.approx(4 * 10.0)  # after 60, 120, 180 and 240 s
    assert found.makespan_sec == pytest.approx(250 + 2 + 40)


def test_all_seconds_of_all_gpus_are_accounted_for_and_useful_ones_are_those_of_the_jobs():
    load = Load([400.0], [20.0], 10.0, 30.0, 5.0, 50.0)
    site = Site(24, 5.0, 3.0, 0.1, 0.05, 100.0, 60.0, 8, 2000.0, 100.0)
    found = simulate(load, 60, site, rng())
    assert found.failures > 0
    assert sum(found.gpu_sec.values()) == pytest.approx(24 * found.makespan_sec)
    assert found.gpu_sec[cluster.USEFUL] == pytest.approx(60 * 420)  # whatever was done twice
    assert min(found.gpu_sec.values()) >= 0


def test_failures_lose_on_average_half_an_interval_and_no_more_than_one():
    load = NO_BYTES._replace(train_sec=[6000.0], release_sec=[0.0])
    site = FAST._replace(gpus=1, gpus_a_node=1, node_mtbf_sec=3000.0, repair_sec=10.0)
    found = simulate(load, 400, site, rng())
    each = found.gpu_sec[cluster.LOST] / found.failures
    assert found.failures == pytest.approx(400 * 6000 / 3000, rel=0.1)
    assert each == pytest.approx(30.0, rel=0.1)
    assert found.gpu_sec[cluster.DOWN] == pytest.approx(10.0 * found.failures)


def test_without_checkpoints_failures_lose_whole_trainings():
    """A job of length T restarted from nothing takes (e^(T/M) - 1) M on the average."""
    load = NO_BYTES._replace(train_sec=[3000.0], release_sec=[0.0])
    site = FAST._replace(gpus=1, gpus_a_node=1, node_mtbf_sec=3000.0, kept_every_sec=math.inf)
    found = simulate(load, 2000, site, rng())
    assert found.makespan_sec / 2000 == pytest.approx((math.e - 1) * 3000, rel=0.1)
    assert found.twice > 0


def test_a_node_takes_all_its_workers_with_it():
    load = NO_BYTES._replace(train_sec=[1000.0])
    site = FAST._replace(gpus=8, node_mtbf_sec=500.0, repair_sec=7.0, kept_every_sec=math.inf)
    found = simulate(load, 8, site, rng())
    assert found.gpu_sec[cluster.DOWN] == pytest.approx(8 * 7.0 * found.failures)


def test_the_same_seed_gives_the_same_simulation_and_more_gpus_never_take_longer():
    load = Load([30.0, 40.0], [2.0, 3.0], 10.0, 30.0, 5.0, 50.0)
    one, other = (curve(load, FAST, 64, 2.0, (1, 4, 16, 64, 256)) for _ in range(2))
    assert one == other
    spans = [cell.makespan_sec for cell in one.cells]
    assert spans == sorted(spans, reverse=True)
    assert one.scales_to == 64
    assert one.why == cluster.FEW


def test_the_picture_is_drawn(tmp_path):
    curves = [curve(NO_BYTES, FAST, n, longer, (1, 4, 16)) for longer in (1, 10) for n in (4, 8)]
    draw(tmp_path / "scaling.png", curves)
    assert (tmp_path / "scaling.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_small_run_is_measured_simulated_and_told(tmp_path, monkeypatch):
    """The whole of both commands, at a size at which nothing is judged; what is told is measured once for all."""
    measured, told_by = [], trainings.told_by

    def once(*asked):
        if not measured:
            measured.append(told_by(*asked))
        return measured[0]

    monkeypatch.setattr(trainings, "told_by", once)
    two, many = (find_benchmarks("scaling")[name] for name in ("two_workers", "cluster"))
    rows = two.measure(two.filled_in({}, "quick"))
    apart, nearer, _, _, run, efficient, busy, side_by_side, alone, start, *_ = rows
    assert (apart.reach, nearer.reach, efficient.reach) == (0.15, 2.0, 0.9)
    (told,) = apart.detail["runs"]
    assert (told["n_jobs"], told["told_by"]) == (5, 4)
    assert run.value == pytest.approx(told["simulated_sec"] / told["ran"]["seconds"])
    assert apart.value == pytest.approx(abs(run.value - 1))
    assert len(efficient.detail["one_at_a_time_sec"]) == 5
    assert efficient.value == pytest.approx(5 * alone.value / 2 / told["ran"]["seconds"])
    assert 0 < efficient.value < 1
    assert 0 < busy.value < 1
    assert start.value > side_by_side.value, "libraries that are imported take longer than trainings of 30 steps"
    rows = many.measure(many.filled_in({"picture": tmp_path / "scaling.svg"}, "quick"))
    assert (tmp_path / "scaling.svg").exists()
    measured = {row.name: row.value for row in rows if row.name.startswith("measured")}
    assert measured["measured: a release's images"] == pytest.approx((16 * 16 * 16 + 128) / 2**20)
    assert measured["measured: a worker's start"] > 0.2
