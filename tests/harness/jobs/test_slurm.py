"""`launch=slurm` before a real SLURM: time limits, heads that end, lost machines, scripts handed in by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import launch_jobs
import pytest
import slow_jobs
from slow_jobs import slow_trainings, train_when_told
from trainings import artefacts

from harness.config.slurm_options import SlurmLaunch
from harness.errors import AsAsked, InputError
from harness.jobs.launchers.slurm.launcher import SlurmLauncher
from harness.jobs.train import train_and_release
from harness.jobs.work import Work
from harness.store import Store

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).parents[3]


def silent(message):
    """No progress is wanted."""


def launcher(folder, **options):
    return SlurmLauncher(SlurmLaunch(takes="all", **options), "cpu", Store(folder))


@contextmanager
def watching(look):
    """Looks ten times a second while the body waits."""
    done = threading.Event()

    def watch():
        while not done.wait(0.1):
            look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def undisturbed(folder):
    """What the trainings leave that nothing comes between."""
    for job in slow_trainings(folder / "calm", folder):
        train_and_release(job.training, Work("cpu", lambda *_: None))
    return artefacts(folder / "calm")


@pytest.fixture
def heads(tmp_path):
    """Begins heads that train the same; ends those that are left."""
    begun = []

    def start(**options):
        words = [json.dumps({"takes": "all", **options}), str(tmp_path / "store"), str(tmp_path)]
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
        begun.append(
            subprocess.Popen(
                [sys.executable, "-P", slow_jobs.__file__, *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": paths},
            )
        )
        return begun[-1]

    yield start
    for head in begun:
        head.kill()
        head.communicate()


def test_a_job_whose_time_is_up_keeps_a_checkpoint_and_is_requeued(slurm, tmp_path):
    """It waits for the notice; told, it trains one step more, and what was done before is not done again."""
    (job, _) = slow_trainings(tmp_path / "store", tmp_path)
    before = slurm.submissions()
    waiting = launcher(tmp_path / "store", time="1", notice_seconds=5, checkpoint_seconds=1e6)

    def go_on():
        if len({process for *_, process in job.said()}) == 2:
            (tmp_path / "go").touch()

    with watching(go_on):
        waiting.map(train_when_told, [job], silent)
    assert slurm.submissions() - before == 1, "SLURM itself began it again"
    assert len({process for *_, process in job.said()}) == 2
    assert job.steps() == sorted(set(job.steps()))
    found = artefacts(tmp_path / "store")
    assert found
    assert found.items() <= undisturbed(tmp_path).items()


def test_heads_that_end_leave_their_jobs_alone_and_the_next_ones_train_nothing_twice(slurm, heads, tmp_path):
    jobs, before = slow_trainings(tmp_path / "store", tmp_path), slurm.submissions()
    marks = (tmp_path / "store" / "jobs").glob
    first = heads()
    launch_jobs.wait_for(lambda: all(job.said() for job in jobs))
    first.send_signal(signal.SIGTERM)
    _, told = first.communicate(timeout=30)
    assert first.returncode == 143
    assert "2 SLURM tasks go on without it" in told
    second = heads()
    launch_jobs.wait_for(lambda: len([*marks("*/heads/*")]) == 1)
    second.kill()
    last = [heads(), heads()]
    launch_jobs.wait_for(lambda: len([*marks("*/heads/*")]) == 3)
    (tmp_path / "go").touch()
    for head in last:
        _, told = head.communicate(timeout=100)
        assert (head.returncode, told) == (0, "")
    assert slurm.submissions() - before == 1
    for job in jobs:
        assert len({process for *_, process in job.said()}) == 1
        assert job.steps() == sorted(set(job.steps()))
    assert artefacts(tmp_path / "store") == undisturbed(tmp_path)


def test_jobs_of_a_machine_that_is_lost_are_done_again(slurm, tmp_path):
    (node,) = slurm.run("sinfo", "--noheader", "--format=%n").split()[:1]

    before, lost = slurm.submissions(), []

    def lose_it():
        if (tmp_path / "begun 0").exists() and not lost:
            lost.append(node)
            slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=lost")
            slurm.run("scontrol", "update", f"nodename={node}", "state=resume")

    with watching(lose_it):
        assert launcher(tmp_path / "store").map(slow_jobs.wait_at_first, [(tmp_path, 7)], silent) == [7]
    assert sorted(path.name for path in tmp_path.glob("begun *")) == ["begun 0", "begun 1"]
    assert slurm.submissions() - before == 1


def test_a_script_that_was_only_written_may_be_handed_in_by_hand(slurm, tmp_path):
    jobs = slow_trainings(tmp_path / "store", tmp_path)
    (tmp_path / "go").touch()
    before = slurm.submissions()
    with pytest.raises(AsAsked, match=r"2 jobs are written to .*not handed in"):
        launcher(tmp_path / "store", dry=True).map(train_when_told, jobs, silent)
    assert slurm.submissions() == before
    (script,) = (tmp_path / "store" / "jobs").glob("*/script.sh")
    slurm.run("sbatch", str(script))
    launcher(tmp_path / "store").map(train_when_told, jobs, silent)
    assert slurm.submissions() - before == 1
    assert artefacts(tmp_path / "store") == undisturbed(tmp_path)


def test_a_task_may_do_several_jobs_and_only_the_one_that_killed_it_counts(slurm, tmp_path):
    (folder := tmp_path / "jobs").mkdir()
    before, seen = slurm.submissions(), []
    waiting = launcher(tmp_path / "store", array=1)
    with (
        pytest.warns(UserWarning, match="job 2 was killed .*begun once more"),
        pytest.raises(InputError, match=r"job 2 was killed \(SIGKILL\)"),
    ):
        waiting.map(launch_jobs.die_on_one, [(folder, number) for number in range(4)], seen.append)
    assert {message.job for message in seen} == {0, 2, 3}
    assert slurm.submissions() - before == 3, "all; those that were left; and the last two"


def test_what_sbatch_refuses_is_told(slurm, tmp_path):
    with pytest.raises(InputError, match=r"sbatch did not take .*nvalid partition.*launch\.partition"):
        launcher(tmp_path, partition="nowhere").map(launch_jobs.square, [1], silent)
