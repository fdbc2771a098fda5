"""Faults of disks and of files: the disks are what they are said to be, and what goes wrong is counted."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.faulted.counts import Count
from benchmarks.faulted.disk_faults import Started
from benchmarks.faulted.disks import OF_OTHERS, disk, fill, make_read_only, make_writable, resize, slow_fsync, why_not
from benchmarks.faulted.runs import RUN, STORE, Ended
from benchmarks.faults import damage, disks
from benchmarks.faults.disks import Calm
from harness.stock.verify import Verified
from harness.store import Store

needs_disks = pytest.mark.skipif(why_not() is not None, reason=f"disks of tests: {why_not()}")


@needs_disks
def test_a_small_disk_is_full_and_then_has_room(tmp_path):
    with disk(tmp_path / "disk", 2**20):
        fill(tmp_path / "disk")
        assert (tmp_path / "disk" / OF_OTHERS).stat().st_size >= 2**19
        with pytest.raises(OSError, match="No space left"):
            (tmp_path / "disk" / "more").write_bytes(bytes(5000))
        resize(tmp_path / "disk", 2**21)
        (tmp_path / "disk" / "more").write_bytes(bytes(5000))
    assert list((tmp_path / "disk").iterdir()) == []


@needs_disks
def test_a_read_only_disk_is_so_for_root_and_then_no_more(tmp_path):
    (tmp_path / "disk").mkdir()
    with (tmp_path / "disk" / "open").open("w") as still:
        make_read_only(tmp_path / "disk")
        try:
            with pytest.raises(OSError, match="Read-only"):
                (tmp_path / "disk" / "x").touch()
            still.write("a lock, say")
        finally:
            make_writable(tmp_path / "disk")
    (tmp_path / "disk" / "x").touch()
    assert (tmp_path / "disk" / "x").exists()


def test_a_slow_disk_is_one_for_whoever_has_it_on_its_path(tmp_path):
    path = slow_fsync(tmp_path / "slow", 0.0)
    words = [sys.executable, "-P", "-c", "import os; print(os.fsync.__module__)"]
    done = subprocess.run(
        words, env=os.environ | {"PYTHONPATH": str(path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "sitecustomize\n"


def run_of(here: Path, content: str) -> Path:
    """A run's folder and a store of one artefact."""
    (here / RUN).mkdir(parents=True)
    (here / RUN / "scores.csv").write_text(content)
    Store(here / STORE).get("release", "k", lambda folder: (folder / "x").write_text("x") and None)
    return here


@pytest.mark.parametrize(
    ("ended", "how", "wrong"),
    [
        (Ended(2, "Error: the disk is full.", 1.0), Started(refused=True), ""),
        (Ended(2, "Error: the disk is full.", 1.0), Started(), "code 2"),
        (Ended(2, "", 1.0), Started(refused=True), "code 2"),
        (Ended(1, "Error: what?", 1.0), Started(refused=True), "code 1"),
        (Ended(-11, "Error: what?", 1.0), Started(refused=True), "code -11"),
        (Ended(2, "Traceback (most ...\nError: x", 1.0), Started(refused=True), "traceback"),
        (Ended(0, "", 1.0), Started(refused=True), ""),
    ],
)
def test_how_a_run_may_meet_a_fault(tmp_path, ended, how, wrong):
    here = run_of(tmp_path / "here", "a")
    found = disks._wrong(here, ended, how, Calm(disks._digests(here, how), {}))
    assert [wrong in one for one in found] == ([True] if wrong else [])


def test_other_bytes_and_half_artefacts_are_wrong(tmp_path):
    here, calm = run_of(tmp_path / "here", "a"), run_of(tmp_path / "calm", "b")
    right = Calm(disks._digests(here, Started()), {})
    other = Calm(disks._digests(calm, Started()), {})
    ended = Ended(0, "", 1.0)
    assert disks._wrong(here, ended, Started(), right) == []
    assert "scores.csv" in disks._wrong(here, ended, Started(), other)[0]
    (here / STORE / "release" / "k" / "x").write_text("")
    assert "1 half artefacts" in disks._wrong(here, ended, Started(), right)[0]


def test_damage_is_looked_for_in_every_file_and_what_is_not_found_counts(tmp_path, monkeypatch):
    store = run_of(tmp_path, "a") / STORE
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    count = Count()
    damage.look(store, count, random.Random(0))  # noqa: S311  # where to damage
    assert (count.tried, count.failures) == (6, [])
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before
    monkeypatch.setattr(damage, "verified", lambda found: [Verified(one, [], []) for one in found.items.values()])
    damage.look(store, count, random.Random(0))  # noqa: S311  # where to damage
    assert (count.tried, len(count.failures)) == (12, 6)
