"""What was read and found whole is noted in the store, and no note hides a file that is another by now."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

import harness.artefact
import harness.verified
from harness.artefact import forget, meta_text, read_meta
from harness.errors import HarnessWarning
from harness.experiment.executor import Executor
from harness.store import Store

SIZE = harness.verified.WORTH_BYTES
CONTENT = bytes(range(256)) * (SIZE // 256)


@pytest.fixture(autouse=True)
def read(monkeypatch) -> list[str]:
    """The names of files whose bytes were read to be verified; files count as settled at once."""
    names: list[str] = []
    digest = harness.artefact._sha256
    monkeypatch.setattr(harness.artefact, "_sha256", lambda path: (names.append(path.name), digest(path))[1])
    monkeypatch.setattr(harness.verified, "SETTLED_NS", -(10**9))
    forget()
    return names


def make(folder: Path) -> None:
    (folder / "images.npy").write_bytes(CONTENT)
    (folder / "about.txt").write_text("small")


@pytest.fixture
def store(tmp_path, read) -> Store:
    """With one artefact, found whole and noted by a process before this one."""
    made = Store(tmp_path / "store")
    made.get("release", "k", make)
    assert made.find("release", "k") is not None
    assert len(notes(made)) == 1
    forget()
    read.clear()
    return made


def notes(store: Store) -> list[Path]:
    return sorted((store.root / "verified").glob("*"))


def images(store: Store) -> Path:
    return store.folder("release", "k") / "images.npy"


def times_as_before(path: Path, before: os.stat_result) -> None:
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_second_process_reads_nothing(store, read):
    for _ in range(3):
        assert store.find("release", "k") is not None
    assert read == []


def test_asked_to_verify_each_process_reads_everything_once(store, read):
    asked = Store(store.root, verify=True)
    for _ in range(3):
        assert asked.find("release", "k") is not None
    assert sorted(read) == ["about.txt", "images.npy"]


def test_asked_to_verify_what_this_process_took_from_a_note_is_read(store, read):
    """As where a job ran in it, which takes what was noted; and what was read for it is read by nobody again."""
    assert store.find("release", "k") is not None
    assert read == []
    for asked in (Store(store.root, verify=True), store, Store(store.root, verify=True)):
        assert asked.find("release", "k") is not None
        assert sorted(read) == ["about.txt", "images.npy"]


def truncated(path: Path) -> None:
    os.truncate(path, SIZE - 1)


def one_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff")


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(CONTENT[::-1])
    other.rename(path)


def missing(path: Path) -> None:
    path.unlink()


def a_link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere.npy")
    path.symlink_to(path.parent.parent / "elsewhere.npy")


@pytest.mark.parametrize("change", [truncated, one_byte, replaced, missing, a_link])
def test_no_note_hides_a_change_even_where_the_time_of_writing_is_set_back(store, change):
    path = images(store)
    before = path.stat()
    change(path)
    if path.is_file() and not path.is_symlink():
        times_as_before(path, before)
    with pytest.warns(HarnessWarning, match="damaged"):
        assert store.find("release", "k") is None
    assert notes(store) == [], "what is damaged is noted no more"


def test_a_disk_that_rots_is_found_when_asked_to_verify_and_from_then_on(store, monkeypatch):
    """Nothing tells of it but the bytes: here the change lies behind the digest that reading gives."""
    assert store.find("release", "k") is not None
    forget()
    digest = harness.artefact._sha256
    monkeypatch.setattr(harness.artefact, "_sha256", lambda path: digest(path)[::-1])
    assert store.find("release", "k") is not None, "the note stands for it"
    with pytest.warns(HarnessWarning, match="damaged"):
        assert Store(store.root, verify=True).find("release", "k") is None
    for _ in range(2):  # in this process, and in one that has just started
        with pytest.warns(HarnessWarning, match="damaged"):
            assert store.find("release", "k") is None
        forget()


def test_a_job_takes_nothing_as_whole_that_a_run_asked_to_verify_found_damaged(store, monkeypatch):
    """Its own store is not asked to verify: the note of a generator must be gone, whatever its release is."""
    store.get("generator", "k", make)
    assert store.find("generator", "k") is not None
    assert len(notes(store)) == 2
    forget()
    digest, taken = harness.artefact._sha256, []
    monkeypatch.setattr(harness.artefact, "_sha256", lambda path: digest(path)[::-1])

    class AnotherProcess:
        at_a_time = 1

        def map(self, _function: object, jobs: list, _on_progress: object) -> None:
            forget()
            taken.extend(Store(store.root).find("generator", job.key) for job in jobs)

    monkeypatch.setattr("harness.experiment.executor.check_room", lambda *_: None)
    job = SimpleNamespace(name="a generator", key="k", release_key="k")
    with pytest.warns(HarnessWarning, match="damaged"):
        Executor(Store(store.root, verify=True), AnotherProcess(), Console(quiet=True)).train([job])
    assert taken == [None]


def test_meta_that_names_another_digest_is_not_answered_by_the_note(store):
    folder = store.folder("release", "k")
    told = read_meta(folder)
    files = {**told.files, "images.npy": "0" * 64}
    (folder / "meta.json").write_text(meta_text("release", "k", told._replace(files=files)))
    with pytest.warns(HarnessWarning, match="damaged"):
        assert store.find("release", "k") is None


def test_a_store_that_was_copied_is_verified_anew(store, read, tmp_path):
    shutil.copytree(store.root, tmp_path / "copy")
    copy = Store(tmp_path / "copy")
    assert copy.find("release", "k") is not None
    assert sorted(read) == ["about.txt", "images.npy"]
    forget()
    assert copy.find("release", "k") is not None
    assert len(read) == 2


def test_another_machine_reads_for_itself(store, read, monkeypatch):
    monkeypatch.setattr(harness.verified, "_machine", lambda: "of others")
    assert store.find("release", "k") is not None
    assert sorted(read) == ["about.txt", "images.npy"]
    assert len(notes(store)) == 2


@pytest.mark.parametrize("error", [PermissionError(13, "no"), OSError(30, "Read-only file system")])
def test_where_no_note_can_be_written_every_process_reads(store, read, monkeypatch, error):
    shutil.rmtree(store.root / "verified")

    def refused(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(harness.verified, "replace_file", refused)
    for _ in range(2):
        forget()
        assert store.find("release", "k") is not None
    assert sorted(read) == ["about.txt", "about.txt", "images.npy", "images.npy"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": 1}',
        '{"schema": 2, "files": {}}',
        '{"schema": 1, "files": {"images.npy": [1, 2]}}',
        '{"schema": 1, "files": {"images.npy": ["a", 1, 1, 1, "x"]}}',
        '{"schema": 1, "files": {"images.npy": [1, 1, 1, 1, 1]}}',
        "[" * 100,
        "x" * 2_000_000,
    ],
)
def test_a_note_that_we_did_not_write_is_ignored(store, read, text):
    notes(store)[0].write_text(text)
    assert store.find("release", "k") is not None
    assert sorted(read) == ["about.txt", "images.npy"]
    assert harness.verified.noted(notes(store)[0]), "and written anew"


def test_links_in_a_notes_place_are_not_followed(store, read, tmp_path):
    """Neither to read from nor to write to."""
    note = notes(store)[0]
    kept = tmp_path / "kept.json"
    note.rename(kept)
    text = kept.read_text()
    note.symlink_to(kept)
    assert store.find("release", "k") is not None
    assert len(read) == 2
    assert kept.read_text() == text
    assert not note.is_symlink()
    outside = tmp_path / "outside"
    (store.root / "verified").rename(outside)
    (store.root / "verified").symlink_to(outside)
    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    forget()
    assert store.find("release", "k") is not None
    assert len(read) == 4
    images(store).unlink()
    with pytest.warns(HarnessWarning, match="damaged"):
        assert store.find("release", "k") is None
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before


def test_what_was_just_written_is_not_noted(store, read, monkeypatch):
    """Within one tick of the disk's clock it could be written again and have the same times."""
    monkeypatch.setattr(harness.verified, "SETTLED_NS", 60 * 10**9)
    for _ in range(2):
        forget()
        store.get("release", "new", make)
        assert store.find("release", "new") is not None
    assert len(notes(store)) == 1
    # Nor once it has settled, by a process that read it before.
    monkeypatch.setattr(harness.verified, "SETTLED_NS", -(10**9))
    assert store.find("release", "new") is not None
    assert len(notes(store)) == 1


def test_small_artefacts_are_read_by_every_process(tmp_path, read):
    store = Store(tmp_path / "store")
    store.get("scores", "k", lambda folder: (folder / "scores.npy").write_bytes(b"0" * 4000) and None)
    read.clear()
    for number in range(2):
        forget()
        assert store.find("scores", "k") is not None
        assert len(read) == number + 1
    assert notes(store) == []


def ask(root: str) -> bool:
    harness.verified.SETTLED_NS = -(10**9)
    return all(Store(Path(root)).find("release", "k") is not None for _ in range(20))


def test_two_processes_at_once(store):
    notes(store)[0].unlink()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert all(pool.map(ask, [str(store.root)] * 8))
    assert harness.verified.noted(notes(store)[0])
    assert [path.suffix for path in notes(store)] == [".json"], "nothing is left beside it"


def test_a_note_is_private(store):
    assert notes(store)[0].parent.stat().st_mode & 0o077 == 0
