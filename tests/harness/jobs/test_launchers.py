"""What holds of every launcher: `way` is each in turn, and those on a cluster run with `pytest -m cluster`."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing

import launch_jobs
import psutil
import pytest
from launching import begun, runs, silent, start, ways
from trainings import artefacts, training

from harness.errors import HarnessWarning, InputError
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.train import train_and_release
from harness.jobs.work import FINISHED, Work
from harness.store.fetched import forget_fetched, told_of_fetched

# Each task of SLURM is a process of its own.
PROCESSES_STAY = pytest.mark.parametrize("way", ways("local", "ray"), indirect=True)


def test_results_keep_the_order_of_the_jobs_and_progress_arrives(launcher):
    seen = []
    assert launcher.map(launch_jobs.square, [3, 1, 2], seen.append) == [9, 1, 4]
    assert sorted(message.job for message in seen) == [0, 0, 1, 1, 2, 2]
    for number in range(3):
        assert [message.doing for message in seen if message.job == number] == ["squaring", FINISHED]


def test_more_jobs_than_there_is_room_for_are_all_done(launcher):
    assert launcher.at_a_time == 2
    assert launcher.map(launch_jobs.square, list(range(25)), silent) == [number**2 for number in range(25)]


def test_no_jobs_are_done_at_once(launcher):
    assert launcher.map(print, [], silent) == []


def test_here_means_in_this_process(launcher):
    assert launcher.here(launch_jobs.threads, [0], silent)[0][1] == os.getpid()


def test_a_job_finds_the_environment_of_the_local_launcher(launcher):
    with closing(LocalLauncher(1, "cpu")) as local:
        (expected,) = local.map(launch_jobs.environment, [0], silent)
    assert expected["threads"] == 1
    assert launcher.map(launch_jobs.environment, [0, 1], silent) == [expected] * 2


@PROCESSES_STAY
def test_processes_stay_for_the_next_jobs(launcher):
    first = {pid for _, pid in launcher.map(launch_jobs.threads, list(range(6)), silent)}
    second = {pid for _, pid in launcher.map(launch_jobs.threads, list(range(6)), silent)}
    assert os.getpid() not in first | second
    assert len(first | second) <= 2


@PROCESSES_STAY
@pytest.mark.filterwarnings("error")
def test_a_process_that_died_while_it_had_nothing_to_do_is_replaced_and_no_job_is_blamed(launcher):
    first = {pid for _, pid in launcher.map(launch_jobs.threads, list(range(6)), silent)}
    for pid in first:
        os.kill(pid, signal.SIGKILL)
        launch_jobs.wait_for(lambda pid=pid: not psutil.pid_exists(pid))
    second = {pid for _, pid in launcher.map(launch_jobs.threads, list(range(6)), silent)}
    assert not first & second


def test_the_first_failure_comes_through_as_it_was_and_ends_the_others(launcher, tmp_path):
    with pytest.raises(ValueError, match="one is not allowed") as raised:
        launcher.map(launch_jobs.keep_when_asked, [(tmp_path, 0), (tmp_path, 1)], silent)
    assert type(raised.value) is ValueError
    assert "keep_when_asked" in str(raised.value.__cause__), "where it was raised is told"
    assert (tmp_path / "kept").exists()
    assert not (tmp_path / "went on").exists()


def test_after_a_failure_the_next_jobs_are_done(launcher):
    with pytest.raises(ValueError, match="two is not allowed"):
        launcher.map(launch_jobs.fail_on_two, [2], silent)
    assert launcher.map(launch_jobs.square, [3], silent) == [9]


def test_what_a_job_says_is_passed_on_and_plain(way, capfd):
    with closing(way.made()) as launcher:  # all of it is there once that is closed
        launcher.map(launch_jobs.shout, [1], silent)
    told = capfd.readouterr().err
    assert told.count("evil\\x1b[2J\\x07 \\u202e") >= 2
    assert not [one for one in told if not one.isprintable() and one != "\n"]


def test_late_words_of_an_earlier_round_are_ignored(launcher):
    launcher.map(launch_jobs.talk_on, [0, 1], silent)
    seen = []
    launcher.map(launch_jobs.listen_a_while, [0, 1], seen.append)
    assert {message.doing for message in seen} == {"listening", FINISHED}


def test_a_job_whose_process_dies_twice_is_explained_once_the_others_are_done(launcher, tmp_path):
    jobs = [(tmp_path, number) for number in range(4)]
    with (
        pytest.warns(HarnessWarning, match="begun once more"),
        pytest.raises(InputError, match=r"job 2 was killed \(SIGKILL\), most likely .* words: farewell, and so"),
    ):
        launcher.map(launch_jobs.die_on_one, jobs, silent)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1 begun", "1 begun again", "2", "3"]


def test_a_training_whose_process_dies_goes_on_from_its_checkpoint_and_ends_bit_for_bit(way, tmp_path, images):
    train_and_release(training(calm := tmp_path / "calm", images(8, 16, 0)), Work("cpu", lambda *_: None))
    job = training(disturbed := tmp_path / "disturbed", images(8, 16, 0))
    with (
        closing(way.made(checkpoint_seconds=0.0)) as launcher,
        pytest.warns(HarnessWarning, match="job 1 was killed"),
    ):
        launcher.map(launch_jobs.train_and_die, [(job, tmp_path)], silent)
    trained = [line.split() for line in (tmp_path / "steps").read_text().splitlines() if line.startswith("training")]
    steps = [int(done) for _, done, _ in trained]
    assert steps == sorted(set(steps)), "nothing that was kept is trained twice"
    assert len({pid for *_, pid in trained}) == 2
    assert artefacts(disturbed) == artefacts(calm)
    assert len(artefacts(calm)) > 1


def test_keys_and_bytes_are_those_of_any_other_way(launcher, tmp_path, images):
    def made(root, mapped):
        mapped(train_and_release, [training(root, images(8, 16, 0), seed) for seed in range(2)], silent)
        return artefacts(root)

    with closing(LocalLauncher(0, "cpu")) as here:
        expected = made(tmp_path / "here", here.map)
    assert made(tmp_path / "there", launcher.map) == expected
    assert len({name.split("/")[1] for name in expected}) == 4, "a generator and a release of each"


# SLURM's jobs outlive their head, but for Ctrl-C: tests/harness/jobs/test_slurm.py.
@pytest.mark.parametrize(
    ("way", "how", "code"),
    [
        *ways("local", "ray", "slurm", args=(signal.SIGINT, 130)),
        *ways("local", "ray", args=(signal.SIGTERM, 143)),
        *ways("local", "ray", args=(signal.SIGKILL, -9)),
    ],
    indirect=["way"],
)
def test_an_interrupted_run_lets_its_jobs_keep_their_state_and_ends_within_ten_seconds(way, tmp_path, how, code):
    """Killed itself, it leaves nobody behind who works for nobody."""
    run = start(way.words, "keep_when_interrupted", tmp_path)
    workers = begun(tmp_path)
    asked = time.monotonic()
    run.send_signal(how)
    _, err = run.communicate(timeout=60)
    told = "Interrupted. What was finished is in the store: the same command goes on from there.\n"
    assert run.returncode == code
    assert err == told or how == signal.SIGKILL, err  # then Python's own helper says what it found lying about
    assert time.monotonic() - asked < 10
    launch_jobs.wait_for(lambda: not [one for one in workers if runs(one)])
    assert time.monotonic() - asked < 10
    kept = {path.name for path in tmp_path.glob("kept *")}
    assert kept == (set() if how == signal.SIGKILL else {"kept 0", "kept 1"})


def test_jobs_that_do_not_hear_are_ended_within_ten_seconds(way, tmp_path):
    run = start(way.words, "never_hear", tmp_path)
    workers = begun(tmp_path)
    asked = time.monotonic()
    how = signal.SIGINT if way.name == "slurm" else signal.SIGTERM
    run.send_signal(how)
    run.communicate(timeout=60)
    assert run.returncode == 128 + how
    launch_jobs.wait_for(lambda: not [one for one in workers if runs(one)])
    assert time.monotonic() - asked < 12


def test_what_jobs_remark_is_the_runs_own_remark_and_what_they_fetched_is_counted(way, capfd):
    forget_fetched()
    with closing(way.made()) as launcher, pytest.warns(HarnessWarning) as told:
        launcher.map(launch_jobs.remark, [1, 2, 3], silent)
    assert {str(one.message) for one in told} == {"Something was read otherwise."}
    said = "".join(capfd.readouterr())
    assert "otherwise" not in said
    assert "mirror" not in said
    assert told_of_fetched() == "Fetched from the mirror instead of made: 3 artefacts (release 3)."
