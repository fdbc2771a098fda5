"""`launch=local` beyond what holds of every launcher (`test_launchers`)."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import _threads_wakeups, _ThreadWakeup
from contextlib import closing, nullcontext
from multiprocessing import active_children, get_context
from pathlib import Path
from queue import SimpleQueue

import launch_jobs
import psutil
import pytest
from launching import begun, start
from threadpoolctl import threadpool_info, threadpool_limits

from harness.errors import HarnessWarning, InputError
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.work import FINISHED
from harness.jobs.worker import WorkerProcess
from harness.terminal import OutputFailed
from shadow_models.one_training import Stopped

PATH = os.pathsep.join([str(Path(__file__).parents[3]), str(Path(launch_jobs.__file__).parent)])


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_job_said_is_heard_before_anything_is_made_of_its_end(monkeypatch, fails):
    heard = []

    def hears_slowly(line):
        time.sleep(0.3)
        heard.append(line)
        raise OutputFailed("nobody reads it", broken=True)

    monkeypatch.setattr("harness.jobs.worker.pass_on", hears_slowly)
    monkeypatch.setattr("harness.jobs.worker._SAID_SEC", 100.0)
    started = time.monotonic()
    with closing(LocalLauncher(1, "cpu")) as launcher:
        with pytest.raises(ValueError, match="the job failed") if fails else nullcontext():
            launcher.map(launch_jobs.say_half, [fails], lambda message: None)
        assert heard == ["first", "half"], "and no mark of its end"
    assert time.monotonic() - started < 90, "its mark came"


def test_without_workers_jobs_are_done_in_this_process_in_order():
    seen = []
    with closing(LocalLauncher(0, "cpu")) as launcher:
        assert launcher.map(launch_jobs.threads, [0], seen.append)[0][1] == os.getpid()
        seen.clear()
        assert launcher.map(launch_jobs.square, [3, 1, 2], seen.append) == [9, 1, 4]
    assert sorted(message.job for message in seen) == [0, 0, 1, 1, 2, 2]
    assert [message.doing for message in seen if message.job == 0] == ["squaring", FINISHED]


def test_workers_have_one_thread_and_a_process_of_their_own():
    before = dict(os.environ)
    with closing(LocalLauncher(2, "cpu")) as launcher:
        results = launcher.map(launch_jobs.threads, list(range(4)), lambda _: None)
    assert {threads for threads, _ in results} == {"1"}
    assert os.getpid() not in {pid for _, pid in results}
    assert dict(os.environ) == before


@pytest.mark.parametrize("workers", [0, 1])
def test_whatever_the_threads_a_job_has_one_in_every_library(workers):
    """Sums of floats hang on how many threads share them: torch and BLAS may have been loaded with more."""
    with threadpool_limits(2), closing(LocalLauncher(workers, "cpu")) as launcher:
        assert max(one["num_threads"] for one in threadpool_info()) == 2
        assert launcher.map(launch_jobs.most_threads, [0], lambda _: None) == [1]
        assert max(one["num_threads"] for one in threadpool_info()) == 2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what is kept is a matter of the C library")
def test_workers_keep_the_memory_that_a_step_frees_for_the_next():
    with closing(LocalLauncher(1, "cpu")) as launcher:
        (faults,) = launcher.map(launch_jobs.faults_of_large_arrays, [0], lambda _: None)
    assert faults < 500  # above 1,000 where the C library gives memory back


def test_the_first_failure_in_this_process_comes_through():
    with pytest.raises(ValueError, match="two is not allowed"):
        LocalLauncher(0, "cpu").map(launch_jobs.fail_on_two, [1, 2, 3], lambda _: None)


def test_a_process_that_is_killed_in_half_a_word_silences_no_other(tmp_path):
    seen = []
    jobs = [(tmp_path, number) for number in range(3)]
    with closing(LocalLauncher(2, "cpu")) as launcher, pytest.warns(HarnessWarning, match=r"job 2 was killed"):
        assert launcher.map(launch_jobs.die_in_half_a_word, jobs, seen.append) == [0, 1, 2]
    assert sorted(one.job for one in seen if one.doing == FINISHED) == [0, 1, 2]


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")],
    ids=["python", "torch"],
)
def test_a_job_that_has_too_little_memory_twice_is_told_once_the_others_are_done(tmp_path, error):
    jobs = [(tmp_path, number, error) for number in range(3)]
    with (
        pytest.warns(HarnessWarning, match="begun once more"),
        pytest.raises(InputError, match=r"job 2 ended by itself .* for want of memory; its last words: .*Error"),
    ):
        LocalLauncher(1, "cpu").map(launch_jobs.want_memory, jobs, lambda _: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "2"]
    with pytest.raises(InputError, match="too little memory"):
        LocalLauncher(0, "cpu").map(launch_jobs.want_memory, jobs, lambda _: None)


@pytest.mark.parametrize(("workers", "heard"), [(0, 1.0), (1, 1.0)])
def test_a_job_that_hears_nothing_is_cut_off(tmp_path, workers, heard):
    code = (
        "import harness.jobs.ending as ending, launch_jobs, sys, pathlib\n"
        f"ending.ENDED_SEC = {heard}\n"
        "from harness.jobs.launchers.local import LocalLauncher\n"
        "import harness.jobs.launchers.local as local\n"
        f"local.ENDED_SEC = {heard}\n"
        "if __name__ == '__main__':\n"
        f"    LocalLauncher({workers}, 'cpu').map(launch_jobs.hear_nothing, [pathlib.Path(sys.argv[1])], print)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], env=os.environ | {"PYTHONPATH": PATH})
    launch_jobs.wait_for((tmp_path / "begun").exists)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (130, -signal.SIGINT)
    launch_jobs.wait_for(lambda: not [one for one in children if one.is_running() and one.status() != "zombie"])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_a_job_of_this_process_lets_it_keep_its_state(tmp_path, how):
    came = []
    before = signal.signal(how, lambda *_: came.append((tmp_path / "kept").exists()))
    try:
        with pytest.raises(Stopped):
            LocalLauncher(0, "cpu").map(launch_jobs.signal_and_keep, [(tmp_path, how)], lambda _: None)
    finally:
        signal.signal(how, before)
    assert came == [True], "what the signal is to do is done afterwards"


def test_an_interruption_while_a_process_begins_leaves_none_behind(monkeypatch):
    class Interrupted(ProcessPoolExecutor):
        def submit(self, *of):
            future = super().submit(*of)
            os.kill(os.getpid(), signal.SIGINT)
            return future

    monkeypatch.setattr("harness.jobs.worker.ProcessPoolExecutor", Interrupted)
    before = {one.pid for one in psutil.Process().children(recursive=True)}
    with pytest.raises(KeyboardInterrupt):
        LocalLauncher(1, "cpu").map(launch_jobs.wait_to_be_asked, [1], lambda _: None)
    begun = [one for one in psutil.Process().children(recursive=True) if one.pid not in before]
    assert not [one for one in begun if "spawn_main" in " ".join(one.cmdline())]


def test_after_an_interruption_no_thread_of_python_s_pool_is_left(monkeypatch):
    """One that just then closes its pipe made Python's exit end in a traceback."""
    before, close = set(_threads_wakeups), _ThreadWakeup.close

    def closed_slowly(wakeup):
        time.sleep(0.1)
        close(wakeup)

    def interrupted(message):
        raise KeyboardInterrupt

    monkeypatch.setattr(_ThreadWakeup, "close", closed_slowly)
    launcher = LocalLauncher(2, "cpu")
    with pytest.raises(KeyboardInterrupt):
        launcher.map(launch_jobs.listen_a_while, [1, 2, 3], interrupted)
    assert [one for one in set(_threads_wakeups) - before if one.is_alive()] == []


def test_a_pool_that_could_not_begin_leaves_no_process_and_no_other_fault(monkeypatch):
    """Python waited at its own end for such a process, without end."""

    def none_left(thread):
        raise RuntimeError("can't start new thread")

    before = set(active_children())
    monkeypatch.setattr("concurrent.futures.process._ExecutorManagerThread.start", none_left)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        LocalLauncher(2, "cpu").map(launch_jobs.square, [1], lambda message: None)
    for one in (left := set(active_children()) - before):
        one.kill()
    assert left == set()


def test_no_jobs_start_no_process(monkeypatch):
    monkeypatch.setattr("harness.jobs.launchers.local.WorkerProcess", None)
    assert LocalLauncher(2, "cpu").map(print, [], lambda _: None) == []


def test_processes_stay_for_the_next_jobs_and_end_when_closed():
    with closing(LocalLauncher(1, "cpu")) as launcher:
        ((_, first),), ((_, second),) = (launcher.map(launch_jobs.threads, [0], lambda _: None) for _ in range(2))
        assert first == second
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_a_process_that_died_while_it_had_nothing_to_do_is_replaced():
    with closing(LocalLauncher(1, "cpu")) as launcher:
        ((_, first),) = launcher.map(launch_jobs.threads, [0], lambda _: None)
        os.kill(first, signal.SIGKILL)
        launch_jobs.wait_for(lambda: not psutil.pid_exists(first))
        ((_, second),) = launcher.map(launch_jobs.threads, [0], lambda _: None)
    assert second != first


def test_a_head_that_is_killed_leaves_no_words_of_python_s_own(tmp_path):
    run = start(("local", '{"workers": 2}'), "keep_when_interrupted", tmp_path)
    begun(tmp_path)
    run.kill()
    out, err = run.communicate(timeout=60)  # until the last process that it started has ended
    assert (out, err) == ("", "")


def test_how_a_process_ended_is_waited_for_where_another_thread_was_told_first():
    """The pool waits for its processes, too: who comes second hears of no code for a moment."""

    class Process:
        told = 0

        @property
        def exitcode(self) -> int | None:
            self.told += 1
            return None if self.told < 4 else -signal.SIGKILL

        def join(self, seconds: float) -> None:
            del seconds

    worker = WorkerProcess(get_context("spawn"), 0, "cpu", 60.0, SimpleQueue())
    worker._process, worker._listeners = Process(), []
    assert worker.how_it_ended() == "was killed (SIGKILL), most likely for want of memory"
