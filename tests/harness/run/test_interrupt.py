"""Real processes, really interrupted: no worker is left behind and the next run goes on."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from tiny import TINY_PHANTOM

from harness.errors import HarnessWarning
from harness.jobs.generators import GeneratorJob
from harness.jobs.train import drop_checkpoint, train_and_release
from harness.jobs.work import Work
from harness.store import Store
from shadow_models.families.dct import DctRecipe

OPTIONS = [
    *(o for o in TINY_PHANTOM if not o.startswith("launch")),
    "launch.workers=2",
    "launch.checkpoint_seconds=3",
    "shadow.steps=4000",
]


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness.run", *OPTIONS],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_interrupted_while_training(tmp_path, how, code):
    """Asked to end, each training keeps its state, long before that was due; killed, it has what was kept before."""
    process = start(tmp_path)

    def kept() -> set[str]:
        return {"/".join(path.parts[-3:-1]) for path in tmp_path.glob("store/checkpoint/*/step-*/state.json")}

    wait_for(lambda: len(kept()) == 2)
    before = kept()
    workers = psutil.Process(process.pid).children(recursive=True)
    assert workers
    os.kill(process.pid, how)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    if how != signal.SIGKILL:
        assert "goes on from there" in err
        assert "Traceback" not in err
        assert len(kept() - before) == 2
    wait_for(lambda: not any(w.is_running() and w.status() != psutil.STATUS_ZOMBIE for w in workers), 30)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("damage", [None, "state.json", "state.safetensors"])
def test_training_goes_on_from_its_checkpoint_and_ends_bit_for_bit(tmp_path, images, damage):
    """Through the job and the store: cut off after a checkpoint, taken up, compared with an undisturbed one."""
    recipe = DctRecipe(size=16, block=2, channels=[8, 16], steps=60, overview=4, closeup=4)
    pixels = images(8, 16, 0)

    def job(root: Path) -> GeneratorJob:
        folder = root / "pool" / "p"
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "pixels.npy", pixels)
        return GeneratorJob(str(root), "shadow 0", "p", tuple(range(8)), ("d",) * 8, recipe, 3, 8)

    def release(root: Path) -> np.ndarray:
        return np.load(root / "release" / job(root).release_key / "images.npy")

    steps: list[int] = []

    def interrupting(doing: str, done: int, total: int) -> None:
        if doing == "training" and done >= 50:
            raise KeyboardInterrupt

    train_and_release(job(tmp_path / "calm"), Work("cpu", lambda *_: None))
    disturbed = tmp_path / "disturbed"
    with pytest.raises(KeyboardInterrupt):
        train_and_release(job(disturbed), Work("cpu", interrupting, kept_every_sec=0))
    (kept,) = (disturbed / "checkpoint").glob("*/step-*")
    assert kept.name.endswith("50")
    if damage is None:
        train_and_release(job(disturbed), Work("cpu", lambda doing, done, _: steps.append(done)))
        assert min(steps[:1]) > 50  # it did not start anew
    else:
        (kept / damage).write_bytes(b"rot")
        with pytest.warns(HarnessWarning, match="starts anew"):
            train_and_release(job(disturbed), Work("cpu", lambda *_: None))
    assert np.array_equal(release(disturbed), release(tmp_path / "calm"))
    assert not list((disturbed / "checkpoint").rglob("*"))


@pytest.mark.parametrize("where", ["harness.store.artefacts.digests", "harness.store.artefacts.write_durably"])
def test_a_training_that_is_done_keeps_its_checkpoint_until_it_is_in_the_store(tmp_path, images, monkeypatch, where):
    recipe = DctRecipe(size=16, block=2, channels=[8], steps=6, overview=4, closeup=4)
    (tmp_path / "pool" / "p").mkdir(parents=True)
    np.save(tmp_path / "pool" / "p" / "pixels.npy", images(8, 16, 0))
    job = GeneratorJob(str(tmp_path), "shadow 0", "p", tuple(range(8)), ("d",) * 8, recipe, 3, 8)

    def left() -> list[str]:
        return [path.name for path in tmp_path.glob("checkpoint/*/*")]

    def full(*of):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(where, full)
        with pytest.raises(OSError, match="No space left"):
            train_and_release(job, Work("cpu", lambda *_: None, kept_every_sec=0))
    assert left() == ["step-000000005"]
    steps = []
    train_and_release(job, Work("cpu", lambda doing, done, _: steps.append((doing, done))))
    assert [done for doing, done in steps if doing == "training"] == [6]
    assert left() == []


def test_a_checkpoint_beside_its_generator_is_cleared_away(tmp_path):
    """Of a run that ended between the one and the other."""
    store = Store(tmp_path)
    store.get("generator", "k", lambda folder: None)
    (store.private_folder("checkpoint") / "k" / "step-000000001").mkdir(parents=True)
    drop_checkpoint(store, "k")
    assert list((tmp_path / "checkpoint").iterdir()) == []
