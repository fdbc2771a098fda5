"""`launch=ray` beyond what holds of every launcher: lost nodes, what it opens, and options."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import launch_jobs
import psutil
import pytest
from launching import begun, runs, silent, start
from trainings import artefacts, training

from harness.config.launch_options import RayLaunch
from harness.errors import HarnessWarning, InputError
from harness.jobs.launchers.making import make_launcher
from harness.jobs.launchers.on_ray import session
from harness.jobs.launchers.on_ray.room import Room, room_of
from harness.jobs.launchers.on_ray.round import Round
from harness.jobs.launchers.on_ray.runner import Done, Place
from harness.jobs.launchers.on_ray.slot import Slot
from harness.jobs.train import train_and_release
from harness.jobs.work import Work
from harness.store.elsewhere import Elsewhere, There

ALONE = RayLaunch(workers=2)


def node(cpus, gpus=0.0, memory=64.0, alive=True):
    return {"Alive": alive, "Resources": {"CPU": cpus, "GPU": gpus, "memory": memory * 2**30}}


@pytest.mark.cluster
def test_a_lost_nodes_job_goes_on_from_its_checkpoint_on_another(ray_cluster, tmp_path, images):
    calm, disturbed = tmp_path / "calm", tmp_path / "disturbed"
    for seed in range(2):
        train_and_release(training(calm, images(8, 16, 0), seed), Work("cpu", lambda *_: None))
    jobs = [(training(disturbed, images(8, 16, 0), seed), tmp_path) for seed in range(2)]
    (node_lost,) = ray_cluster.worker_nodes
    raylet = node_lost.all_processes["raylet"][0].process
    killed = []

    def kill():
        """Once both are in the middle of it."""
        launch_jobs.wait_for(lambda: all(steps(tmp_path, seed)[-1:] >= [(50, 0)] for seed in range(2)))
        killed.extend(seed for seed in range(2) if raylet.pid in ancestors(steps(tmp_path, seed)[-1][1]))
        raylet.kill()
        raylet.wait()  # else it is there to those who look, and its workers go on
        launch_jobs.wait_for(lambda: not psutil.pid_exists(steps(tmp_path, killed[0])[-1][1]))
        (tmp_path / "go on").touch()

    killer = threading.Thread(target=kill)
    killer.start()
    with (
        closing(make_launcher(RayLaunch(address=ray_cluster.address, checkpoint_seconds=0.0), "cpu")) as launcher,
        pytest.warns(HarnessWarning, match="was lost .* It is begun once more"),
    ):
        launcher.map(launch_jobs.train_when_told, jobs, silent)
    killer.join()
    ray_cluster.remove_node(node_lost, allow_graceful=False)
    ray_cluster.add_node(num_cpus=1)
    (lost,) = killed
    assert [done for done, _ in steps(tmp_path, lost)] == [25, 50, 60], "nothing that was kept is trained twice"
    assert len({pid for _, pid in steps(tmp_path, lost)}) == 2
    assert len({pid for _, pid in steps(tmp_path, 1 - lost)}) == 1, "the other job was left in peace"
    assert artefacts(disturbed) == artefacts(calm)


@pytest.mark.cluster
@pytest.mark.filterwarnings("error::harness.errors.HarnessWarning")
def test_an_actor_that_was_lost_while_it_had_nothing_to_do_is_no_jobs_fault(ray_cluster):
    with closing(make_launcher(RayLaunch(address=ray_cluster.address), "cpu")) as launcher:
        first = {pid for _, pid in launcher.map(launch_jobs.threads, list(range(6)), silent)}
        for pid in first:
            psutil.Process(pid).parent().kill()
            launch_jobs.wait_for(lambda pid=pid: not psutil.pid_exists(pid))
        second = {pid for _, pid in launcher.map(launch_jobs.threads, list(range(6)), silent)}
    assert not first & second


@pytest.mark.cluster
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_ray_of_this_run_alone_opens_nothing_and_ends_with_it_however_it_ends(tmp_path, monkeypatch, how, code):
    """Nothing listens beyond loopback, nothing is written but a folder for this user's eyes, which goes again."""
    pytest.importorskip("ray")
    for name in [name for name in os.environ if name.startswith("RAY_")]:  # of the cluster of other tests
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as home:
        for name, value in {"HOME": home, "TMPDIR": home, "RAY_ADDRESS": "192.0.2.1:6379"}.items():
            monkeypatch.setenv(name, value)
        run = start(("ray", '{"workers": 2}'), "keep_when_interrupted", tmp_path)
        workers = begun(tmp_path)
        everybody = [psutil.Process(run.pid), *psutil.Process(run.pid).children(recursive=True)]
        assert {one.pid for one in workers} < {one.pid for one in everybody}
        heard = {one.laddr.ip for process in everybody for one in process.net_connections("inet") if not one.raddr}
        (made,) = Path(home).iterdir()
        assert made.stat().st_mode & 0o077 == 0
        run.send_signal(how)
        out, err = run.communicate(timeout=60)
        assert (run.returncode, out, len(err.splitlines())) == (code, "", int(how == signal.SIGINT)), err
        ours = workers if how == signal.SIGKILL else everybody  # Ray's own helpers notice after a minute
        launch_jobs.wait_for(lambda: not [one for one in ours if runs(one)])
        assert how == signal.SIGKILL or not [*Path(home).iterdir()]
    assert heard
    assert not [ip for ip in heard if ip.removeprefix("::ffff:") not in ("127.0.0.1", "::1")]


@pytest.mark.cluster
def test_a_mirror_s_credentials_are_those_of_the_head_and_go_nowhere_else(ray_cluster, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the head")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "of no matter")
    asks = [There(str(tmp_path), Elsewhere(mirror=mirror), launch_jobs.secrets) for mirror in ("s3://b/x", None)]
    with closing(make_launcher(RayLaunch(address=ray_cluster.address, workers=1), "cpu")) as launcher:
        found = [launcher.map(one, ["job"], silent) for one in [*asks, asks[0]]]
    assert found == [[{"AWS_SECRET_ACCESS_KEY": "of the head"}], [{}], [{"AWS_SECRET_ACCESS_KEY": "of the head"}]]


class RayThatFails:
    """As far as a slot asks it: the words of each actor's job are the next of these, raised or returned."""

    def __init__(self, exceptions, first_words):
        self.exceptions, self._words = exceptions, iter(first_words)

    def remote(self, **resources):
        def answers(answer):
            return SimpleNamespace(remote=lambda *_: answer)

        def do():
            yield next(self._words)

        made = SimpleNamespace(
            place=answers(Place("node", "machine")),
            do=SimpleNamespace(options=lambda **_: SimpleNamespace(remote=lambda *_: do())),
        )
        return lambda runner: answers(made)

    def get(self, reference):
        if isinstance(reference, Exception):
            raise reference
        return reference

    def wait(self, references, **_):
        return references, []

    def nodes(self):
        return [{"NodeID": "node", "Alive": True}]

    def kill(self, actor):
        del actor


def one_job(ray):
    room = Room(1, {"num_cpus": 1.0}, "cpu")
    return Round(
        launch_jobs.threads, ["job"], silent, ray=ray, slots=[],
        new_slot=lambda: Slot(ray, room.of_each, "cpu", 60.0), room=room,
    ).results()  # fmt: skip


@pytest.mark.cluster
@pytest.mark.usefixtures("ray_cluster")
@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("ActorDiedError", (), "worker of the cluster ended"),
        ("OutOfMemoryError", ("low on memory",), "ended for want of memory"),
        ("WorkerCrashedError", (), "worker of the cluster ended"),
        ("NodeDiedError", ("dead",), "worker of the cluster ended"),
        ("LocalRayletDiedError", (), "worker of the cluster ended"),
        ("ObjectLostError", ("ab", None, "here"), "worker of the cluster ended"),
        ("OwnerDiedError", ("ab", None, "here"), "worker of the cluster ended"),
        ("OutOfDiskError", (), "worker of the cluster ended"),
    ],
)
def test_whatever_ray_calls_a_death_the_job_is_begun_once_more(name, words, told):
    from ray import exceptions

    def died():
        return getattr(exceptions, name)(*words)

    with pytest.warns(HarnessWarning, match=f"{told}.* It is begun once more"):
        assert one_job(RayThatFails(exceptions, [died(), Done("result")])) == ["result"]
    with pytest.warns(HarnessWarning), pytest.raises(InputError, match="and so it did before"):
        one_job(RayThatFails(exceptions, [died(), died()]))


@pytest.mark.cluster
@pytest.mark.usefixtures("ray_cluster")
@pytest.mark.filterwarnings("error::harness.errors.HarnessWarning")
def test_what_a_job_raised_is_no_death():
    from ray import exceptions

    raised = exceptions.RayTaskError("do", "its traceback", ValueError("of the job"), "title", 1, "127.0.0.1")
    with pytest.raises(exceptions.RayTaskError):
        one_job(RayThatFails(exceptions, [raised]))


def test_room_is_what_the_nodes_that_are_there_have():
    nodes = [node(4.0), node(2.0, gpus=2.0), node(64.0, alive=False)]
    assert room_of(nodes, RayLaunch(), "cpu")[:1] == (6,)
    assert room_of(nodes, RayLaunch(workers=3), "cpu").at_a_time == 3
    assert room_of(nodes, RayLaunch(cpus=2.0), "cpu").at_a_time == 3
    on_gpus = room_of(nodes, RayLaunch(), "auto")
    assert (on_gpus.at_a_time, on_gpus.of_each["num_gpus"], on_gpus.device) == (2, 1.0, "cuda:0")
    assert room_of(nodes, RayLaunch(gpus=0.5), "auto").at_a_time == 2
    assert room_of(nodes, RayLaunch(memory_gib=32.0), "cpu").at_a_time == 4
    assert room_of([node(4.0)], RayLaunch(), "auto").device == "cpu"
    with pytest.raises(InputError, match=r"takes 8 CPU, 0 GPU, and no node"):
        room_of(nodes, RayLaunch(cpus=8.0), "cpu")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"workers": 0}, r"launch\.workers=0 must be at least 1"),
        ({"cpus": 0.0}, r"launch\.cpus=0\.0 must be"),
        ({"gpus": -1.0}, r"launch\.gpus=-1\.0 must be"),
        ({"memory_gib": float("inf")}, r"launch\.memory_gib=inf must be"),
        ({"address": "ray://head:10001"}, r"launch\.address=ray://head:10001 is no address"),
        ({"checkpoint_seconds": -1.0}, r"launch\.checkpoint_seconds=-1\.0 must be"),
    ],
)
def test_options_that_cannot_be_are_refused_in_a_sentence(options, told):
    RayLaunch().check()
    RayLaunch(address="head:6379").check()
    with pytest.raises(InputError, match=told):
        RayLaunch(**options).check()


def test_without_ray_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs the package ray.*\[ray\]"):
        make_launcher(RayLaunch(), "cpu")


def test_a_certain_gpu_is_not_asked_of_a_cluster(monkeypatch):
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda name: object())
    with pytest.raises(InputError, match="device=cuda:1: Ray hands out GPUs itself"):
        make_launcher(RayLaunch(), "cuda:1")


@pytest.mark.cluster
@pytest.mark.usefixtures("ray_cluster")  # which imports Ray as the tests want it
def test_an_address_that_leads_nowhere_is_a_sentence():
    with (
        closing(make_launcher(RayLaunch(address="127.0.0.1:1"), "cpu")) as launcher,
        pytest.raises(InputError, match=r"launch\.address=127\.0\.0\.1:1 leads to no Ray cluster"),
    ):
        launcher.map(launch_jobs.square, [1], silent)


def test_the_paths_that_workers_get_are_those_of_this_process_and_nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(session.sys, "path", [str(tmp_path), *session.sys.path])
    assert session.own_paths()[-1] == str(tmp_path.resolve())
    assert not [one for one in session.own_paths() if "site-packages" in one]


def steps(folder, seed):
    """The steps of a training that were reported, and the process of each."""
    path = folder / f"steps {seed}"
    lines = path.read_text().splitlines() if path.exists() else []
    return [
        (int(one.split()[1]), int(one.split()[2]))
        for one in lines
        if one.startswith("training") and one.count(" ") == 2
    ]


def ancestors(pid):
    return {one.pid for one in psutil.Process(pid).parents()}
