"""The store: whole artefacts or none, each made once, whatever interrupts."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest

import harness.artefact
import harness.writing
from harness.cli import disk_errors
from harness.errors import HarnessWarning, InputError
from harness.store import Store, artefacts, content_key
from harness.writing import replace_file, replaced_folder


def maker(text: str, made: list[str] | None = None):
    def make(folder):
        (folder / "data.txt").write_text(text)
        if made is not None:
            made.append(text)
        return {"length": len(text)}

    return make


def test_made_once_and_found_with_its_facts(tmp_path):
    store, made = Store(tmp_path), []
    first = store.get("kind", "k1", maker("hello", made))
    again = store.get("kind", "k1", maker("other", made))
    assert made == ["hello"]
    assert (again.folder / "data.txt").read_text() == "hello"
    assert first.facts == again.facts == {"length": 5}
    assert store.find("kind", "k2") is None


def test_a_failure_leaves_nothing_and_is_not_remembered(tmp_path):
    store = Store(tmp_path)

    def fail(folder):
        (folder / "half.txt").write_text("half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.get("kind", "k", fail)
    assert list((tmp_path / "kind").iterdir()) == []
    assert store.get("kind", "k", maker("whole")).facts == {"length": 5}


def test_a_full_disk_leaves_nothing(tmp_path):
    store = Store(tmp_path)

    def full(folder):
        (folder / "data.txt").write_text("x")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.get("kind", "k", full)
    assert list((tmp_path / "kind").iterdir()) == []


def test_what_a_killed_run_left_is_not_taken_for_finished(tmp_path):
    left = tmp_path / "kind" / ".making-k"
    left.mkdir(parents=True)
    (left / "data.txt").write_text("half")
    store = Store(tmp_path)
    assert store.find("kind", "k") is None
    assert (store.get("kind", "k", maker("whole")).folder / "data.txt").read_text() == "whole"
    assert not left.exists()


@pytest.mark.parametrize("damage", ["data.txt", "meta.json"])
def test_a_damaged_artefact_is_made_again_with_a_warning(tmp_path, damage):
    store = Store(tmp_path)
    folder = store.get("kind", "k", maker("whole")).folder
    (folder / damage).write_text("rot")
    with pytest.warns(HarnessWarning, match="damaged"):
        again = store.get("kind", "k", maker("whole"))
    assert (again.folder / "data.txt").read_text() == "whole"
    json.loads((again.folder / "meta.json").read_text())


def test_every_byte_of_meta_counts(tmp_path):
    """Its facts are in no file's digest, and results are made of them."""
    store = Store(tmp_path)
    path = store.get("kind", "k", maker("whole")).folder / "meta.json"
    whole = path.read_bytes()
    for place in range(len(whole)):
        for changed in (whole[:place], bytes([*whole[:place], whole[place] ^ 1, *whole[place + 1 :]])):
            path.write_bytes(changed)
            assert store.damage("kind", "k") == ["meta.json"], (place, changed)
    path.write_bytes(whole)
    assert store.damage("kind", "k") == []


def test_what_was_verified_once_is_not_read_again(tmp_path, monkeypatch):
    """Until it is written to: then it is, even where size and time of writing are as before."""
    store, read = Store(tmp_path), []
    path = store.get("kind", "k", maker("whole")).folder / "data.txt"
    digest = harness.artefact._sha256
    monkeypatch.setattr(harness.artefact, "_sha256", lambda path: (read.append(path), digest(path))[1])
    for _ in range(3):
        assert store.find("kind", "k") is not None
        assert Store(tmp_path).find("kind", "k") is not None
    assert read == [path]
    before = path.stat()
    path.write_text("whole"[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # same size, same time: a disk that rots says no more
    with pytest.warns(HarnessWarning, match="damaged"):
        assert store.find("kind", "k") is None
    assert read == [path, path]


def test_a_file_that_goes_while_it_is_looked_at_is_missing(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.get("kind", "k", maker("whole"))

    def gone(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(harness.artefact, "_sha256", gone)
    with pytest.warns(HarnessWarning, match="damaged"):
        assert Store(tmp_path).find("kind", "k") is None


def test_a_replaced_folder_is_the_new_one_or_the_old_one(tmp_path):
    final = tmp_path / "out"
    for content in ("first", "second"):
        with replaced_folder(final) as beside:
            (beside / "a.txt").write_text(content)
        assert [path.read_text() for path in final.iterdir()] == [content]

    def fail():
        with replaced_folder(final) as beside:
            (beside / "b.txt").write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fail()
    assert [path.name for path in final.iterdir()] == ["a.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "nothing is left beside it"


def test_where_the_new_folder_cannot_take_its_place_the_old_one_is_put_back(tmp_path, monkeypatch):
    final = tmp_path / "out"
    final.mkdir()
    (final / "a.txt").write_text("old")
    rename = Path.rename

    def refusing(self, target):
        if self.name.startswith(".writing"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(OSError, match="No space"), replaced_folder(final) as beside:
        (beside / "a.txt").write_text("new")
    assert (final / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_replaced_file_is_the_new_one_or_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "answers.csv"
    replace_file(path, "first\n")
    replace_file(path, "second\n")
    assert path.read_bytes() == b"second\n"

    def full(file, text):
        file.write(text[:2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(harness.writing, "_write_through", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, "third\n")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("answers.csv", "second\n")]


def _slow_get(root, log):
    def make(folder):
        with log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(0.5)
        (folder / "data.txt").write_text("whole")

    Store(root).get("kind", "k", make)


def test_two_processes_share_the_work(tmp_path):
    context = multiprocessing.get_context("fork")
    log = tmp_path / "log"
    workers = [context.Process(target=_slow_get, args=(tmp_path / "store", log)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(log.read_text().split()) == 1


def _make_many(root):
    def make(folder):
        for number in range(20):
            (folder / f"{number}.txt").write_text(f"{folder.parent.name} {number}" * 50)

    for key in range(30):
        Store(root).get("kind", f"k{key}", make)


def test_ten_kills_at_any_moment_end_with_the_same_bytes_and_nothing_left(tmp_path):
    def content(root):
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.txt")}

    _make_many(tmp_path / "calm")
    context = multiprocessing.get_context("fork")
    rng = random.Random(0)  # noqa: S311  # when to kill
    for _ in range(10):
        worker = context.Process(target=_make_many, args=(tmp_path / "killed",))
        worker.start()
        time.sleep(rng.uniform(0.01, 0.1))
        worker.kill()
        worker.join()
    _make_many(tmp_path / "killed")
    assert content(tmp_path / "killed") == content(tmp_path / "calm")
    assert not list((tmp_path / "killed").rglob(".*"))


def test_keys_hang_on_every_part_and_on_nothing_else():
    key = content_key(stage="x", options={"a": 1, "b": [1, 2]})
    assert key == content_key(options={"b": [1, 2], "a": 1}, stage="x")
    assert key != content_key(stage="x", options={"a": 1, "b": [2, 1]})
    assert key != content_key(stage="y", options={"a": 1, "b": [1, 2]})
    with pytest.raises(ValueError, match="JSON"):
        content_key(value=float("nan"))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_store_that_cannot_be_written_to_is_named_and_no_lock_in_it(tmp_path, monkeypatch, number):
    store = Store(tmp_path / "store")

    def refused(folder, name, *_, **__):
        raise OSError(number, os.strerror(number), str(folder / name))

    monkeypatch.setattr(artefacts, "locked", refused)
    with pytest.raises(InputError, match=rf"^{store.root} cannot be read or written"), disk_errors():
        store.get("release", "k", lambda folder: {})
