"""Several processes at one training: what the first one is and refuses, and real ones that `accelerate` starts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from harness.config.launch_options import RayLaunch
from harness.errors import InputError
from harness.jobs import together
from harness.jobs.launchers.making import make_launcher
from shadow_models.registry import find_family

ROOT = str(Path(__file__).parents[3])
TINY = (
    "data=phantom", "data.size=16", "data.patients=16", "data.slices=1", "shadow.block=2", "shadow.channels=[8,16]",
    "shadow.steps=60", "shadow.n_images=16", "shadow.count=4", "shadow.start=nothing", "device=cpu", "attack=knn",
    "store.root=store", "out=run",
)  # fmt: skip


@pytest.fixture
def as_process(monkeypatch):
    """Makes this process one of several, by what a launcher puts into the environment."""

    def as_process(rank: int, of: int) -> None:
        for name, value in (("RANK", rank), ("WORLD_SIZE", of), ("LOCAL_RANK", rank)):
            monkeypatch.setenv(name, str(value))

    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    return as_process


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    """Where the test is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_alone_a_process_is_first_and_tells_nobody(as_process):
    assert (together.n_processes(), together.is_first()) == (1, True)
    assert [together.workers_beside(n) for n in (None, 0, 2)] == [None, 0, 2]
    together.tell_others("a job", find_family("gan")(), "cpu")
    with together.leading():
        pass


@pytest.mark.parametrize(("rank", "of", "first"), [(0, 2, True), (1, 2, False), (0, 1, True)])
def test_the_first_of_several_is_the_run(as_process, rank, of, first):
    as_process(rank, of)
    assert (together.n_processes(), together.is_first()) == (of, first)


def test_of_several_processes_the_first_starts_no_workers(as_process):
    as_process(0, 2)
    assert together.workers_beside(None) == 0
    with pytest.raises(InputError, match=r"launch\.workers=2 starts processes of its own, and 2 were started here"):
        together.workers_beside(2)
    with pytest.raises(InputError, match=r"launch=ray gives trainings to other processes, and 2 were started here"):
        make_launcher(RayLaunch(name="ray"), "cpu")


@pytest.mark.parametrize("family", ["gan", "copies"])
def test_a_family_that_trains_in_one_process_is_refused_in_several(as_process, family):
    as_process(0, 2)
    with pytest.raises(InputError, match=f"family {family} are trained in one process, and .* in 2; start"):
        together.tell_others("a job", find_family(family)(), "cpu")


@pytest.mark.parametrize("family", ["dct", "ddpm", "flow", "latent"])
def test_families_whose_loss_is_a_mean_over_slices_share_a_training(family):
    assert find_family(family).shares_training


IN_ONE_CALL = """
import hashlib, sys
from harness.jobs import ending, together

ending.ENDED_SEC = 1.0

def waits(told):
    print("begun", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 1_000_000_000)  # a call that returns to Python after minutes

together._said = waits
sys.exit(together.follow(lambda job, device: None))
"""


def test_a_process_that_follows_ends_soon_though_it_is_in_one_long_call(tmp_path):
    (tmp_path / "follows.py").write_text(IN_ONE_CALL)
    with subprocess.Popen(
        [sys.executable, "follows.py"], cwd=tmp_path, env=around(tmp_path), stdout=subprocess.PIPE, text=True
    ) as follower:
        try:
            assert follower.stdout.readline() == "begun\n"
            time.sleep(0.5)
            follower.terminate()
            assert follower.wait(20) == 143
        finally:
            follower.kill()


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("harness.audit.__main__", ["a", "b"]),
        ("harness.challenge.__main__", ["make"]),
        ("harness.look.command", []),
        ("harness.stock.command", []),
        ("harness.doctor.__main__", []),
        ("benchmarks.__main__", []),
        ("harness.compare.__main__", ["a"]),
        ("benchmarks.suite.__main__", ["list"]),
    ],
)
def test_every_other_command_is_refused_in_several_processes_and_one_of_them_says_so(
    as_process, module, words, capsys, empty_folder
):
    main = import_module(module).main
    for rank, said in ((0, "Error: This command was started in 2 processes at once"), (1, "")):
        as_process(rank, 2)
        assert main(words) == 2
        assert capsys.readouterr().err[:54] == said
    assert not [*empty_folder.iterdir()]


def words_of(n: int, words: tuple[str, ...], script: Path | None = None) -> list[str]:
    """`accelerate launch -m harness.run words` in so many processes; 1: without accelerate; script: in its stead."""
    several = ["accelerate.commands.launch", "--multi_gpu", "--num_machines", "1", "--num_processes", str(n),
               "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]  # fmt: skip
    started = ["-m", "harness.run"] if script is None else [str(script)]
    before = ["harness.run"] if n == 1 else [*several, *started]
    return [sys.executable, "-m", *before, *TINY, *(["launch.workers=0"] if n == 1 else []), *words]


def around(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": ROOT, "OMP_NUM_THREADS": "1", "HF_HOME": str(folder)}


def launched(n: int, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        words_of(n, words),
        cwd=folder, env=around(folder), capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip


@pytest.mark.cluster
def test_two_processes_make_what_one_makes_to_rounding_and_either_goes_on_from_the_other(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for n, folder in ((1, one), (2, two)):
        done = launched(n, folder)
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout.count("Results: run") == 1
    for kind in ("generator", "release"):
        keys = {path.name for path in (one / "store" / kind).glob("[!.]*")}
        assert keys == {path.name for path in (two / "store" / kind).glob("[!.]*")}
    for path in (one / "store" / "generator").glob("*/generator.safetensors"):
        alone, together = load_file(path), load_file(two / path.relative_to(one))
        largest = max(float(np.abs(weight).max()) for weight in alone.values())
        assert max(float(np.abs(alone[name] - together[name]).max()) for name in alone) < 0.02 * largest
    for path in (one / "store" / "release").glob("*/images.npy"):
        apart = np.load(path).astype(int) - np.load(two / path.relative_to(one)).astype(int)
        assert np.abs(apart).max() <= 2
    assert not [*(two / "store" / "checkpoint").iterdir()]
    again = launched(1, two)  # nothing is made again
    assert again.returncode == 0
    assert "Training" not in again.stdout


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("words", "fails", "said"),
    [
        (["dry_run=true"], False, "shadow 0"),
        (["--help"], False, "python -m harness.run attack=knn"),
        (["shadow.batch=7"], True, "batch is 7, which 2 processes cannot share evenly"),
        (["attack=kn"], True, "Did you mean knn"),
        (["launch.workers=2"], True, "launch.workers=2 starts processes of its own"),
    ],
)
def test_nobody_is_left_waiting(words, fails, said, tmp_path):
    done = launched(2, tmp_path / "two", *words)
    assert bool(done.returncode) == fails
    assert said in " ".join((done.stdout + done.stderr).split())


WHERE_ONE_CANNOT_READ = """
import os, runpy
import shadow_models.training as training
from shadow_models.checkpoint import CheckpointError

whole, times = training.read_checkpoint, []

def damaged_once(folder, run):
    times.append(1)
    if len(times) == 1 and os.environ["RANK"] in os.environ["CANNOT_READ"]:
        raise CheckpointError("The checkpoint is damaged (sha256 differs).")
    return whole(folder, run)

training.read_checkpoint = damaged_once
runpy.run_module("harness.run", run_name="__main__", alter_sys=True)
"""


@pytest.mark.cluster
@pytest.mark.parametrize("who", ["0", "1", "01"])
def test_a_checkpoint_that_some_of_them_cannot_read_is_begun_anew_by_all(who, tmp_path):
    script = tmp_path / "damaged_once.py"
    script.write_text(WHERE_ONE_CANNOT_READ)
    with subprocess.Popen(
        words_of(2, ("shadow.steps=5",), script), cwd=tmp_path, env=around(tmp_path) | {"CANNOT_READ": who},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as run:  # fmt: skip
        try:
            said, _ = run.communicate(timeout=150)
        except subprocess.TimeoutExpired:
            run.terminate()
            pytest.fail("they wait for each other")
    assert run.returncode == 0, said[-2000:]
    told = " ".join(said.split())
    assert told.count("is damaged (sha256 differs). It was deleted, and the training starts anew.") == 1


@pytest.mark.cluster
def test_asked_to_end_the_first_keeps_its_state_and_one_process_goes_on(tmp_path):
    folder, words = tmp_path / "two", ("shadow.steps=1500", "launch.checkpoint_seconds=5")
    folder.mkdir()
    with subprocess.Popen(
        words_of(2, words), cwd=folder, env=around(folder), stderr=subprocess.PIPE, text=True
    ) as run:
        kept = awaited(folder)
        time.sleep(2)
        asked = time.monotonic()
        run.terminate()
        _, said = run.communicate(timeout=60)
        took = time.monotonic() - asked
    assert "Interrupted. What was finished is in the store" in said
    assert took < 30, "or a process had to be killed"
    assert awaited(folder) > kept
    done = launched(1, folder, *words)
    assert done.returncode == 0, done.stderr[-2000:]


def awaited(folder: Path) -> str:
    """The name of the checkpoint, once there is one."""
    for _ in range(1200):
        if found := sorted(path.name for path in (folder / "store" / "checkpoint").glob("*/step-*")):
            return found[-1]
        time.sleep(0.1)
    raise AssertionError("no checkpoint in two minutes")
