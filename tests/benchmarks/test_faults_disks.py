"""Faults of disks and of files: the disks are what they are said to be, and what goes wrong is counted."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.faulted import beside, disk_faults
from benchmarks.faulted.counts import Count
from benchmarks.faulted.disk_faults import Met, Started
from benchmarks.faulted.disks import OF_OTHERS, disk, fill, make_read_only, make_writable, resize, slow_fsync, why_not
from benchmarks.faulted.runs import RUN, STORE, Ended
from benchmarks.faults import damage, disks
from benchmarks.faults.disks import Calm, Ways
from harness.artefact import forget
from harness.stock.runs import Runs
from harness.stock.verify import Verified
from harness.store import Store
from harness.store.uses import Record
from shadow_models import checkpoint
from shadow_models.checkpoint import Checkpoint, read_checkpoint, write_checkpoint

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
    ("code", "in_time", "ways"),
    [(2, True, (["f"], [], [])), (0, True, ([], ["f"], [])), (0, False, ([], [], ["f"])), (1, False, ([], [], []))],
)
def test_refusals_ends_as_if_nothing_and_faults_that_came_late_are_told_apart(
    tmp_path, monkeypatch, code, in_time, ways
):
    here = run_of(tmp_path / "here", "a")
    calm = Calm(disks._digests(here, Started()), {})
    ends = [Met(Ended(code, "Error: full.", 1.0), in_time), Met(Ended(0, "", 1.0), True)]
    monkeypatch.setattr(disks, "FAULTS", {"f": lambda here, calm: iter([Started(refused=True), Started()])})
    monkeypatch.setattr(disks, "ended", lambda here, how: ends.pop(0))
    count, found = Count(), Ways()
    disks.meet("f", here, calm, count, found)
    assert (found.refused, found.as_if_nothing, found.late) == ways
    assert (count.tried, len(count.failures)) == (len(found.late) == 0, code == 1)


def test_what_came_after_a_runs_end_came_late(tmp_path, monkeypatch):
    def start(here, words, environment, before):
        del words, environment, before
        return subprocess.Popen([sys.executable, "-P", "-c", "pass"], stdout=subprocess.PIPE, text=True, cwd=here)

    monkeypatch.setattr(disk_faults, "start", start)
    happened = []
    met = disk_faults.ended(tmp_path, Started(midway=("pool", lambda: happened.append(1))))
    assert (met.ended.code, met.in_time) == (0, False)
    assert disk_faults.ended(tmp_path, Started()).in_time


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
    assert "1 half artefacts" in disks._wrong(here, ended, Started(), right)[-1]
    refused = Ended(2, "Error: the disk is full.", 1.0)
    assert "1 half artefacts" in disks._wrong(here, refused, Started(refused=True), right)[-1]


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


def test_damage_of_salt_and_notes_is_found_and_what_is_not_found_counts(tmp_path, monkeypatch):
    count, draw = Count(), random.Random(0)  # noqa: S311  # where to damage
    beside.look_at_salt(tmp_path / "a", count, draw)
    beside.look_at_notes(tmp_path / "a", count, draw)
    assert (count.tried, count.failures) == (100, [])
    monkeypatch.setattr(beside, "damaged_salt", lambda root: None)
    count = Count()
    beside.look_at_salt(tmp_path / "b", count, draw)
    assert (count.tried, bool(count.failures)) == (40, True), "a salt that is damaged, and nothing is told"
    monkeypatch.setattr(beside, "_found_anew", lambda store: forget() or store.damage("release", "k") is not None)
    count = Count()
    beside.look_at_notes(tmp_path / "b", count, draw)
    assert (count.tried, len(count.failures)) == (60, 60), "a damaged file that is taken as whole"


def test_a_damaged_record_is_unread_or_counts(tmp_path, monkeypatch):
    place = tmp_path / "runs" / "r.json"
    place.parent.mkdir()
    place.write_text("content")
    whole = Record(tmp_path, frozenset(), 1.0, None)
    count, draw = Count(), random.Random(0)  # noqa: S311  # where to damage
    monkeypatch.setattr(beside, "read_record", lambda path: whole if path.read_bytes() == b"content" else None)
    monkeypatch.setattr(beside, "runs_of", lambda root, folders: Runs([], [], [place]))
    beside.look_at_records(tmp_path, count, draw)
    assert (count.tried, count.failures) == (40, [])
    monkeypatch.setattr(beside, "runs_of", lambda root, folders: Runs([], [], []))
    beside.look_at_records(tmp_path, count, draw)
    assert (count.tried, len(count.failures)) == (80, 40)


def test_every_file_of_a_checkpoint_is_damaged_in_every_way(tmp_path, monkeypatch):
    write_checkpoint(tmp_path / "checkpoint" / "k", Checkpoint(3, {"w": torch.ones(50)}, {}), {"seed": 1})
    count, draw = Count(), random.Random(0)  # noqa: S311  # where to damage
    beside.look_at_checkpoints(tmp_path, count, draw)
    assert count.tried == 6
    assert not [one for one in count.failures if "safetensors" in one]
    assert read_checkpoint(tmp_path / "checkpoint" / "k", {"seed": 1}) is not None
    monkeypatch.setattr(checkpoint, "read_checkpoint", lambda folder, run: None)
    count = Count()
    beside.look_at_checkpoints(tmp_path, count, draw)
    assert (count.tried, len(count.failures)) == (6, 6)
