"""Locks of keys: what is made once stays so with many processes, some of them killed, stopped or far away."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from filelock import Timeout

from harness.errors import InputError
from harness.store import Store, file_systems, owners
from harness.store.elsewhere import Elsewhere, known
from harness.store.held_folder import OWNER, HeldFolder
from harness.store.locks import HELD, MARK

FORK = multiprocessing.get_context("fork")
NEVER = 3600.0


@contextmanager
def started(*calls):
    processes = [FORK.Process(target=function, args=arguments) for function, *arguments in calls]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.join()


def until(holds, sec=20.0):
    deadline = time.monotonic() + sec
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def make_all(root, way, log, keys, slow):
    def make(folder):
        with log.open("a") as file:
            file.write(f"{folder.name.split('-')[1]}\n")
        time.sleep(slow)
        for number in range(3):
            (folder / f"{number}.txt").write_text(f"{os.getpid()}" * 50)

    random.Random(os.getpid()).shuffle(keys)  # noqa: S311  # an order of its own for each process
    with known(root, Elsewhere(lock=way)):
        for key in keys:
            Store(root).get("kind", key, make)


@pytest.mark.parametrize("way", ["flock", "file"])
def test_many_processes_make_each_key_once(tmp_path, way):
    root, log, keys = tmp_path / "store", tmp_path / "log", [f"k{n}" for n in range(8)]
    with started(*[(make_all, root, way, log, keys, 0.01)] * 8) as processes:
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 8
    assert Counter(log.read_text().split()) == dict.fromkeys(keys, 1)
    left = {path.name for path in (root / "locks").iterdir()}
    assert left == ({MARK} if way == "file" else set()), "nothing of a lock stays behind"


def count_up(place, file, times):
    for _ in range(times):
        lock = HeldFolder(place)
        lock.take(wait=True)
        before = int(file.read_text())
        time.sleep(0.001)
        file.write_text(str(before + 1))
        assert not lock.lost
        lock.give_back()


def test_one_at_a_time(tmp_path):
    place, file = tmp_path / f"l{HELD}", tmp_path / "count"
    file.write_text("0")
    with started(*[(count_up, place, file, 40)] * 6) as processes:
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 6
    assert file.read_text() == "240"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]


def hold(place, patience=None):
    HeldFolder(place, patience=patience).take(wait=True)
    time.sleep(NEVER)


def test_a_killed_owner_on_this_machine_is_known_to_be_gone_at_once(tmp_path):
    place = tmp_path / f"l{HELD}"
    with started((hold, place, NEVER)) as (owner,):
        until(place.exists)
        with pytest.raises(Timeout):
            HeldFolder(place).take(wait=False)
        owner.kill()
        owner.join()
        lock = HeldFolder(place)
        lock.take(wait=False)
        assert not lock.lost
        lock.give_back()
    assert not list(tmp_path.iterdir())


def test_a_process_number_that_another_has_by_now_is_not_the_owner(tmp_path):
    place = tmp_path / f"l{HELD}"
    lock = HeldFolder(place, beat=NEVER, patience=NEVER)
    lock.take(wait=False)
    record = json.loads((place / OWNER).read_text())
    (place / OWNER).write_text(json.dumps(record | {"start": record["start"] + 1}))
    HeldFolder(place).take(wait=False)


def takes_and_counts(place, log):
    lock = HeldFolder(place)
    lock.take(wait=True)
    with log.open("a") as file:
        file.write("in ")
        file.flush()
        time.sleep(0.05)
        file.write("out ")
    lock.give_back()


@pytest.mark.parametrize("at", range(3))
def test_of_many_who_find_an_owner_gone_one_takes_over_at_a_time(tmp_path, at):
    place, log = tmp_path / f"l{HELD}", tmp_path / "log"
    log.touch()
    with started((hold, place)) as (owner,):
        until(place.exists)
        with started(*[(takes_and_counts, place, log)] * 6) as waiting:
            time.sleep(0.1 * at)
            owner.kill()
            owner.join()
            for process in waiting:
                process.join()
    assert log.read_text() == "in out " * 6


def test_whoever_dies_while_taking_over_is_followed_by_the_next(tmp_path, monkeypatch):
    place = tmp_path / f"l{HELD}"

    def dies_there():
        monkeypatch.setattr(HeldFolder, "_take_away", lambda self: os._exit(1))
        HeldFolder(place).take(wait=True)

    with started((hold, place)) as (owner,):
        until(place.exists)
        owner.kill()
    with started((dies_there,)) as (first,):
        first.join()
    assert {path.name for path in place.iterdir()} == {"owner", "over-0"}
    lock = HeldFolder(place)
    lock.take(wait=False)
    assert {path.name for path in place.iterdir()} == {"owner"}
    lock.give_back()


def test_one_alone_may_take_a_folder_away_and_none_one_that_is_away(tmp_path):
    """Whatever they have seen before: here all have found the owner gone."""
    place = tmp_path / f"l{HELD}"
    with started((hold, place)) as (owner,):
        until(place.exists)
        owner.kill()
    folder = os.open(place, os.O_RDONLY)
    others = [HeldFolder(place) for _ in range(3)]
    assert [one._is_first(folder, 0) for one in others] == [True, False, False]
    others[0]._take_away()
    assert not any(one._is_first(folder, 1) for one in others), "it is gone by now"
    os.close(folder)
    begun = place.with_name("begun")
    begun.mkdir()
    folder = os.open(begun, os.O_RDONLY)
    assert not others[0]._is_first(folder, 0), "without a record it is being taken away"
    os.close(folder)


def test_what_was_made_after_the_lock_was_lost_is_for_nobody(tmp_path):
    store, made = Store(tmp_path / "store"), []

    def make(folder):
        made.append(len(made))
        if len(made) == 1:
            (held,) = (store.root / "locks").glob(f"*{HELD}")
            held.rename(held.with_name("taken"))
        (folder / "a.txt").write_text(f"{made}")

    with known(store.root, Elsewhere(lock="file")):
        assert (store.get("kind", "k", make).folder / "a.txt").read_text() == "[0, 1]"
    assert not list((store.root / "kind").glob(".*"))


def far_away(monkeypatch):
    """From now on this process is on another machine than those before, as far as anybody can tell."""
    monkeypatch.setattr(owners, "this_host", lambda: "0" * 32)


def test_of_another_machine_only_silence_tells_whatever_its_clock_says(tmp_path, monkeypatch):
    place = tmp_path / f"l{HELD}"
    with started((hold, place)) as (owner,):
        until(place.exists)
        far_away(monkeypatch)
        lock = HeldFolder(place)
        for wrong in (-86_400.0, 86_400.0):  # times of a machine whose clock is a day off say nothing
            deadline = time.monotonic() + 1.5
            while time.monotonic() < deadline:
                now = time.time() + wrong
                os.utime(place / OWNER, (now, now))
                with pytest.raises(Timeout):
                    lock.take(wait=False)
                time.sleep(0.05)
        owner.kill()
        owner.join()
        since = time.monotonic()
        lock.take(wait=True)
        assert 0.5 < time.monotonic() - since < 10.0
        lock.give_back()


@pytest.mark.parametrize("killed", [False, True])
def test_an_owner_that_is_stopped_too_long_learns_of_it_and_nothing_is_mixed(tmp_path, killed):
    """It is made twice then, and whole: what the first one made after it was woken is for nobody."""
    root, log = tmp_path / "store", tmp_path / "log"

    with started((make_all, root, "file", log, ["k"], 0.5)) as (first,):
        until(lambda: log.exists() and log.read_text())
        os.kill(first.pid, signal.SIGSTOP)
        with started((make_all, root, "file", log, ["k"], 1.0)) as (second,):
            until(lambda: len(log.read_text().split()) == 2)
            if killed:
                second.kill()
            os.kill(first.pid, signal.SIGCONT)
            first.join(60.0)
            second.join(60.0)
            assert first.exitcode == 0
            author = (first if killed else second).pid
    assert log.read_text().split() == ["k"] * (3 if killed else 2)
    store = Store(root)
    assert store.find("kind", "k") is not None
    assert {path.read_text() for path in store.folder("kind", "k").glob("*.txt")} == {f"{author}" * 50}
    assert {path.name for path in (root / "locks").iterdir()} == {MARK}
    assert not list((root / "kind").glob(".*"))


def test_which_kind_is_taken_hangs_on_the_file_system_and_stays(tmp_path, monkeypatch):
    root = tmp_path / "store"
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)

    def mounted(kind):
        point = str(tmp_path).replace(" ", "\\040")
        mounts.write_text(f"1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:9 / {point} rw shared:1 - {kind} server:/b rw\n")

    for kind in ("ext4", "tmpfs", "nfs4", "lustre", "fuse.sshfs", "new"):
        mounted(kind)
        assert Store(root).locks.kind == ("flock" if kind in ("ext4", "tmpfs") else "file"), kind
    assert "new" in Store(root).locks.why
    mounted("nfs4")
    Store(root).get("kind", "k", lambda folder: (folder / "a").write_text("a") and None)
    mounted("xfs")
    assert Store(root).locks == ("file", "as the store's own mark says"), "the server itself sees a disk of its own"
    with known(root, Elsewhere(lock="flock")), pytest.raises(InputError, match="are-folders"):
        _ = Store(root).locks
    mounts.unlink()
    assert Store(tmp_path / "other").locks.kind == "flock"


def test_who_holds_a_file_learns_that_somebody_takes_folders(tmp_path):
    """Neither sees the other's lock: what the first one made is thrown away, and it asks again, now for a folder."""
    made = []

    def make(folder):
        made.append(len(made))
        if len(made) == 1:
            (tmp_path / "locks" / MARK).touch()  # by another machine, meanwhile
        (folder / "x").write_text(str(len(made)))

    assert (Store(tmp_path).get("kind", "k", make).folder / "x").read_text() == "2"
    assert made == [0, 1]
