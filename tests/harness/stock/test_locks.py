"""Locks that nobody holds go; one that somebody has taken meanwhile, or beats by another clock, stays."""

from __future__ import annotations

import multiprocessing
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.stock import locks
from harness.stock.locks import drop_locks, locks_in
from harness.store import held_folder, owners
from harness.store.held_folder import HeldFolder
from harness.store.locks import HELD

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(held_folder, "BEAT_SEC", 0.1)
    monkeypatch.setattr(held_folder, "PATIENCE_SEC", 1.0)
    monkeypatch.setattr(locks, "PATIENCE_SEC", 1.0)


def hold(place: Path) -> None:
    HeldFolder(place).take(wait=True)
    time.sleep(3600)


@contextmanager
def holding(place: Path):
    """A process that has the lock, and is killed at the end."""
    owner = FORK.Process(target=hold, args=(place,))
    owner.start()
    try:
        while not place.exists():
            time.sleep(0.01)
        yield owner
    finally:
        owner.kill()
        owner.join()


def names(folder: Path) -> dict[str, bool]:
    return {one.of: one.held for one in locks_in(folder)}


def far_away_and_a_day_ahead(monkeypatch) -> None:
    """This process is on another machine than those before, and its clock is wrong."""
    monkeypatch.setattr(owners, "this_host", lambda: "0" * 32)
    ahead = SimpleNamespace(time=lambda: time.time() + 86_400, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(locks, "time", ahead)


def test_a_lock_that_a_new_owner_has_just_taken_stays(tmp_path):
    place = tmp_path / f"scores-k{HELD}"
    with holding(place):
        pass
    assert names(tmp_path) == {"scores/k": False}
    taken = HeldFolder(place)
    taken.take(wait=False)
    assert drop_locks([place]) == [place]
    assert not taken.lost
    taken.give_back()


def test_a_lock_that_beats_on_another_machine_stays_whatever_its_clock_says(tmp_path, monkeypatch):
    place = tmp_path / f"scores-k{HELD}"
    with holding(place):
        far_away_and_a_day_ahead(monkeypatch)
        assert names(tmp_path) == {"scores/k": False}, "by the clock it was silent for a day"
        assert drop_locks([place]) == [place]
        assert place.exists()


def test_locks_of_the_gone_go_here_at_once_and_of_other_machines_once_they_were_silent(tmp_path, monkeypatch):
    here, there, begun = (tmp_path / name for name in (f"scores-a{HELD}", f"scores-b{HELD}", ".begun-1"))
    with holding(here), holding(there):
        pass
    since = time.monotonic()
    assert drop_locks([here]) == []
    assert time.monotonic() - since < 0.9
    begun.mkdir()
    far_away_and_a_day_ahead(monkeypatch)
    since = time.monotonic()
    assert drop_locks([there, begun]) == []
    assert 0.9 < time.monotonic() - since < 10.0
    assert not [*tmp_path.iterdir()]
