"""What launching costs: the same trainings one at a time before and after, by workers that have begun."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks.speed import launching

_ALONE_SEC, _WALL_SEC = 2.0, 0.5


class Launchers:
    """Launchers that train nothing. maps: of each call the workers, and how many jobs of how many steps."""

    def __init__(self):
        self.maps = []
        self.makes = {1: "the same", 2: "the same"}

    def made(self, launch, device):
        launchers = self

        class Launcher:
            def map(self, function, jobs, on_progress):
                launchers.maps.append((launch.workers, len(jobs), jobs[0].recipe.n_steps))
                for one in jobs:
                    folder = Path(one.store_root) / "generator" / one.key
                    folder.mkdir(parents=True)
                    (folder / "weights").write_text(launchers.makes[launch.workers])
                time.sleep(_WALL_SEC if launch.workers == 2 else 0)
                return [_ALONE_SEC / launch.workers] * len(jobs)

            def close(self):
                pass

        return Launcher()


@pytest.fixture
def launchers(monkeypatch):
    made = Launchers()
    monkeypatch.setattr(launching, "make_launcher", made.made)
    monkeypatch.setattr(launching, "find_spec", lambda name: None)
    monkeypatch.setattr(launching.os, "sched_getaffinity", lambda pid: {0, 1})
    return made


def measured():
    benchmark = launching.BENCHMARK
    few = ["data.patients=16", "data.slices=1", "data.size=16", "shadow.steps=7"]
    return benchmark.measure(benchmark.filled_in({"override": few}, "usual"))


def test_half_of_the_trainings_are_done_one_at_a_time_before_and_half_after_and_no_start_counts_among_them(launchers):
    local, ray = measured()
    assert launchers.maps == [(1, 1, 2), (1, 4, 7), (2, 8, 7), (1, 1, 2), (1, 4, 7)]
    assert local.detail["one_at_a_time_own_seconds"] == [_ALONE_SEC] * 8
    assert local.value == pytest.approx(8 * _ALONE_SEC / (2 * local.detail["wall_seconds"]))
    assert _WALL_SEC <= local.detail["wall_seconds"] < 10 * _WALL_SEC
    assert "Ray is not installed" in ray.skipped


def test_trainings_that_make_something_else_are_no_figure(launchers):
    launchers.makes[2] = "other"
    with pytest.raises(AssertionError, match="launch=local made other artefacts"):
        measured()
