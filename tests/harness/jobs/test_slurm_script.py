"""`launch=slurm` without any SLURM: what is written, what is noted of it, what is read back."""

from __future__ import annotations

import json
import os
import shlex
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import launch_jobs
import pytest
from slow_jobs import slow_trainings

from harness.config.slurm_options import SlurmLaunch
from harness.errors import AsAsked, InputError
from harness.jobs.launchers.environment import WORKERS_ENVIRONMENT
from harness.jobs.launchers.slurm import queue, waiting
from harness.jobs.launchers.slurm.launcher import SlurmLauncher
from harness.jobs.launchers.slurm.logs import Logs, last_words
from harness.jobs.launchers.slurm.queue import ArrayTask, Queued, how_it_ended, queued
from harness.jobs.launchers.slurm.records import Handed, Records, job_key
from harness.jobs.launchers.slurm.results import outcomes, result_name
from harness.jobs.launchers.slurm.said import Heard, Says
from harness.jobs.train import train_and_release, train_start
from harness.jobs.work import FINISHED, Progress
from harness.store import Store


def silent(message):
    """No progress is wanted."""


def written(folder, n_jobs=3, device="cpu", **options):
    """The lines of the script for so many jobs, on a machine that has no SLURM."""
    launcher = SlurmLauncher(SlurmLaunch(dry=True, takes="all", **options), device, Store(folder))
    with pytest.raises(AsAsked, match=r"jobs are written to .*script\.sh and not handed in") as ended:
        launcher.map(launch_jobs.square, list(range(n_jobs)), silent)
    (script,) = (folder / "jobs").glob("*/script.sh")
    assert f"sbatch {script} does that" in str(ended.value)
    return script.read_text().splitlines()


@pytest.fixture
def no_slurm(monkeypatch, tmp_path):
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_slurm")
def test_the_script_asks_for_what_the_options_say(tmp_path):
    lines = written(
        tmp_path,
        n_jobs=5,
        partition="gpu",
        account="lab",
        time="1-0",
        gpus=2,
        cpus=4,
        memory_gib=1.5,
        workers=3,
        sbatch=["--qos=long", "--exclusive"],
        setup=["module load cuda"],
    )
    asked = dict(line.removeprefix("#SBATCH --").partition("=")[::2] for line in lines if line.startswith("#SBATCH"))
    expected = {
        "partition": "gpu",
        "account": "lab",
        "time": "1440",
        "gpus-per-node": "2",
        "cpus-per-task": "4",
        "mem": "1536M",
        "array": "0-4%3",
        "signal": "USR2@120",
        "qos": "long",
        "exclusive": "",
        "requeue": "",
        "nodes": "1",
        "ntasks-per-node": "1",
        "chdir": str(Path.cwd()),
    }
    assert {name: asked.get(name) for name in expected} == expected
    assert "wckey" not in asked
    assert lines.index("module load cuda") < next(i for i, line in enumerate(lines) if line.startswith("srun"))
    (run,) = [shlex.split(line) for line in lines if line.startswith("srun")]
    assert "--cpus-per-task=4" in run


@pytest.mark.usefixtures("no_slurm")
def test_a_task_has_the_environment_of_a_worker_of_this_machine(tmp_path):
    lines = [shlex.split(line) for line in written(tmp_path) if line.startswith("export ")]
    told = dict(word.split("=", 1) for _, word in lines)
    assert {name: told[name] for name in WORKERS_ENVIRONMENT} == dict(WORKERS_ENVIRONMENT)
    assert str(Path(launch_jobs.__file__).parent) in told["PYTHONPATH"].split(os.pathsep)
    assert not [one for one in told["PYTHONPATH"].split(os.pathsep) if "site-packages" in one]


@pytest.mark.usefixtures("no_slurm")
@pytest.mark.parametrize(("n_jobs", "array"), [(1, "0-0%1"), (3, "0-2%3"), (9, "0-3%4")])
def test_an_array_has_at_most_so_many_tasks(tmp_path, n_jobs, array):
    assert f"#SBATCH --array={array}" in written(tmp_path, n_jobs=n_jobs, array=4)
    assert len([*(tmp_path / "jobs").glob("*/task-*.pkl")]) == min(n_jobs, 4)


@pytest.mark.usefixtures("no_slurm")
@pytest.mark.parametrize(
    ("device", "options", "gpus"),
    [("cuda", {}, True), ("cpu", {}, False), ("auto", {}, False), ("auto", {"gpus": 1}, True)],
)
def test_jobs_that_compute_on_gpus_ask_for_one(tmp_path, device, options, gpus):
    assert ("#SBATCH --gpus-per-node=1" in written(tmp_path, device=device, **options)) is gpus


@pytest.mark.usefixtures("no_slurm")
def test_nobody_else_can_read_what_is_handed_in(tmp_path):
    written(tmp_path)
    assert not [path for path in (tmp_path / "jobs").rglob("*.pkl") if path.stat().st_mode & 0o077]
    assert not [path for path in (tmp_path / "jobs").rglob("*") if path.is_dir() and path.stat().st_mode & 0o077]


@pytest.mark.usefixtures("no_slurm")
def test_without_slurm_a_sentence_says_what_is_missing(tmp_path):
    with pytest.raises(InputError, match=r"takes SLURM's programs, and sbatch and squeue .* launch\.dry=true\.$"):
        SlurmLauncher(SlurmLaunch(takes="all"), "cpu", Store(tmp_path)).map(launch_jobs.square, [1], silent)


@pytest.mark.usefixtures("no_slurm")
def test_what_is_not_for_slurm_is_done_on_this_machine(tmp_path):
    launcher = SlurmLauncher(SlurmLaunch(here=0), "cpu", Store(tmp_path))
    assert launcher.map(launch_jobs.square, [3], silent) == [9]
    with pytest.raises(InputError, match="SLURM's programs"):
        launcher.map(train_start, [3], silent)


def test_a_job_is_found_by_what_it_makes_and_by_which_function(tmp_path):
    one, other = (job.training for job in slow_trainings(tmp_path, tmp_path))
    keys = {job_key(train_and_release, one), job_key(train_start, one), job_key(train_and_release, other)}
    assert len(keys) == 3
    assert job_key(train_and_release, one) == job_key(
        train_and_release, slow_trainings(tmp_path, tmp_path)[0].training
    )
    assert job_key(launch_jobs.square, 3) is None


def test_records_are_found_by_other_heads_and_cleared_once_nobody_waits(tmp_path):
    first, second = Records(Store(tmp_path)), Records(Store(tmp_path))
    name, folder = first.new_batch()
    handed = Handed(ArrayTask(name, 3), 1)
    first.note("ab", handed)
    assert second.find("ab") == handed
    second.wait_for(name)
    first.leave(done=True)
    assert folder.is_dir()
    second.leave(done=True)
    assert not folder.exists()
    assert second.find("ab") is None


@pytest.mark.parametrize(("other", "cancelled"), [("waits", ["12_1"]), ("is gone", ["12_0", "12_1"])])
def test_ctrl_c_leaves_the_tasks_that_another_head_waits_for(tmp_path, monkeypatch, other, cancelled):
    first, second = Records(Store(tmp_path)), Records(Store(tmp_path))
    (shared, folder), (own, _) = first.new_batch(), first.new_batch()
    second.wait_for(shared)
    if other == "is gone":
        mark = folder / "heads" / second._head
        told = json.loads(mark.read_text())
        mark.write_text(json.dumps(told | {"start": told["start"] + 1}))
    tasks = {ArrayTask(shared, 0): "12_0", ArrayTask(own, 0): "12_1"}
    with_slurm = {task: Queued(job_id, "RUNNING", "None") for task, job_id in tasks.items()}
    asked = []

    def cancel(job_ids):
        asked.extend(job_ids)
        for task in [task for task, one in with_slurm.items() if one.job_id in job_ids]:
            del with_slurm[task]

    monkeypatch.setattr(waiting, "cancel", cancel)
    monkeypatch.setattr(waiting, "queued", lambda: dict(with_slurm))
    heads = waiting.Waiting(SimpleNamespace(records=first), {0: "a", 1: "b"}, silent)
    for number, (task, job_id) in enumerate(tasks.items()):
        heads._tasks[task], heads._ids[task] = {0: number}, job_id
    with warnings.catch_warnings(record=True) as told_of:
        warnings.simplefilter("always")
        heads._end(keep_logs=False)
    assert sorted(asked) == cancelled
    assert [str(one.message)[:60] for one in told_of] == (
        ["1 SLURM tasks go on, for another run waits for them, too (12"] if other == "waits" else []
    )
    assert folder.is_dir() == (other == "waits")


@pytest.mark.parametrize("content", ["", "[]", '{"batch": "../../..", "task": 0, "place": 0}', '{"batch": 3}'])
def test_a_record_that_is_none_is_passed_over(tmp_path, content):
    records = Records(Store(tmp_path))
    records.note("ab", Handed(ArrayTask(records.new_batch()[0], 0), 0))
    (tmp_path / "jobs" / "keys" / "ab.json").write_text(content)
    assert records.find("ab") is None


def test_what_left_the_queue_a_day_ago_is_cleared_away(tmp_path):
    records = Records(Store(tmp_path))
    (old, old_folder), (queued_still, queued_folder), (_, new) = (records.new_batch() for _ in range(3))
    records.note("ab", Handed(ArrayTask(old, 0), 0))
    records.note("cd", Handed(ArrayTask(queued_still, 0), 0))
    before = time.time() - 100_000
    for path in (old_folder, queued_folder, *(tmp_path / "jobs" / "keys").iterdir()):
        os.utime(path, (before, before))
    records.clear_old([queued_still])
    assert [old_folder.exists(), queued_folder.exists(), new.exists(), records.find("ab")] == [
        False,
        True,
        True,
        None,
    ]
    assert records.find("cd") == Handed(ArrayTask(queued_still, 0), 0), "else it would be handed in once more"


def test_progress_goes_through_a_file_and_is_heard_once(tmp_path):
    (tmp_path / "said").mkdir()
    path, heard = tmp_path / "said" / "0.json", Heard()
    assert [*heard.news(path)] == []
    says = Says(path)
    messages = [Progress(0, "training", 60, 60), Progress(0, FINISHED, 1, 1), Progress(1, "training", 25, 60)]
    for message in messages[:2]:
        says(message)
    assert [*heard.news(path)] == messages[:2]
    assert heard.finished(path) == {0}
    says(messages[2])
    assert [*heard.news(path)] == [], "not more often than every two seconds"
    says(Progress(1, "training", 60, 60))
    assert [*heard.news(path)] == [Progress(1, "training", 60, 60)]
    path.write_text('{"0": {"training": 3}}')
    assert [*heard.news(path)] == []


def test_logs_are_passed_on_by_whole_lines_without_those_of_slurm(tmp_path, capsys):
    log, logs = tmp_path / "7_0_0_log.err", Logs()
    logs.pass_on(tmp_path, "7_0")
    log.write_bytes(b"srun: starting\nevil\x1b[2J\nhal")
    logs.pass_on(tmp_path, "7_0")
    assert capsys.readouterr().err == "evil\\x1b[2J\n"
    log.write_bytes(log.read_bytes() + b"f\nslurmstepd-n: error: x\n")
    logs.pass_on(tmp_path, "7_0")
    assert capsys.readouterr().err == "half\n"
    assert last_words(tmp_path, "7_0") == "evil\\x1b[2J | half"
    assert last_words(tmp_path, "8_0") == ""


@pytest.mark.parametrize("slip", ["link", "open"])
def test_a_result_that_somebody_else_may_have_put_there_is_not_read(tmp_path, slip):
    result = tmp_path / result_name("7_0")
    result.touch()
    if slip == "link":
        result.rename(tmp_path / "else")
        result.symlink_to(tmp_path / "else")
    else:
        tmp_path.chmod(0o777)
    with pytest.raises(InputError, match="no file of yours in a folder of yours"):
        outcomes(tmp_path, "7_0", "task 7_0")


@pytest.mark.parametrize(
    ("told", "how"),
    [
        ("JobState=FAILED ExitCode=137:0", "was killed (SIGKILL), most likely for want of memory"),
        ("JobState=FAILED ExitCode=0:11", "was killed (SIGSEGV)"),
        ("JobState=FAILED ExitCode=1:0", "ended by itself (exit code 1)"),
        ("JobState=TIMEOUT ExitCode=0:0", "ended without a result (TIMEOUT)"),
        ("JobState=OUT_OF_MEMORY ExitCode=0:125", "ended without a result (OUT_OF_MEMORY)"),
        ("slurm_load_jobs error: Invalid job id specified", "ended without a result"),
    ],
)
def test_how_a_task_ended_is_read_from_what_slurm_remembers(monkeypatch, told, how):
    monkeypatch.setattr(queue, "_run", lambda *words: _Ended(0, told))
    assert how_it_ended("7_0") == how


def test_the_queue_is_read_by_the_names_of_our_jobs(monkeypatch):
    lines = "7|0|RUNNING|None|harness-ab\n7|1|PENDING|Resources|harness-ab\n8|N/A|RUNNING|None|other|job\n"
    monkeypatch.setattr(queue, "_run", lambda *words: _Ended(0, lines))
    assert queued() == {
        ArrayTask("ab", 0): Queued("7_0", "RUNNING", "None"),
        ArrayTask("ab", 1): Queued("7_1", "PENDING", "Resources"),
    }
    monkeypatch.setattr(queue, "_run", lambda *words: _Ended(1, ""))
    assert queued() is None


@pytest.mark.skipif(not Path("/usr/bin/squeue").exists(), reason="SLURM's programs are not here")
def test_where_the_controller_is_missing_it_is_said(tmp_path, monkeypatch):
    settings = ("ClusterName=none", "SlurmctldHost=nowhere(127.0.0.1)", "SlurmctldPort=9", "MessageTimeout=1", "")
    (tmp_path / "slurm.conf").write_text("\n".join(settings))
    monkeypatch.setenv("SLURM_CONF", str(tmp_path / "slurm.conf"))
    launcher = SlurmLauncher(SlurmLaunch(takes="all"), "cpu", Store(tmp_path / "store"))
    with pytest.raises(InputError, match=r"slurmctld, does not answer \(.+\), so nothing was handed in") as told:
        launcher.map(launch_jobs.square, [1], silent)
    assert "SLURM_CONF" in str(told.value)
    assert "again" not in str(told.value)


class _Ended:
    def __init__(self, code: int, said: str) -> None:
        self.returncode, self.stdout, self.stderr = code, said, ""
