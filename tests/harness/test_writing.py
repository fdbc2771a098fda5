"""Writing: for nobody else where it is private, never through a link, whole or not, and nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from harness import writing
from harness.writing import remove, replace_file, replaced_folder, save_array, write_durably

UMASKS = (0o000, 0o022, 0o077, 0o777)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(params=UMASKS, ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def victim(tmp_path):
    """A folder of somebody else's, where a planted link leads, and nothing may be written or deleted."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "kept.txt").write_text("kept")
    yield folder
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("kept.txt", "kept")]


def test_what_is_private_is_so_whatever_the_umask_and_from_the_beginning(tmp_path, umask):
    final = tmp_path / "key"
    with replaced_folder(final, private=True) as beside:
        assert mode(beside) == 0o700
        (beside / "inner").mkdir()
        (beside / "inner").chmod(0o777)
        (beside / "inner" / "a.txt").write_text("a")
        (beside / "inner" / "a.txt").chmod(0o666)
    assert {mode(path) for path in (final, final / "inner")} == {0o700}
    assert mode(final / "inner" / "a.txt") == 0o600


def test_what_is_a_result_follows_the_umask_but_nobody_writes_there_meanwhile(tmp_path, umask):
    if umask == 0o777:
        pytest.skip("a result that nobody may look at, and so not this test")
    final = tmp_path / "out"
    with replaced_folder(final) as beside:
        assert mode(beside) == 0o700
        write_durably(beside / "a.txt", "a")
    assert mode(final) == 0o777 & ~umask
    assert mode(final / "a.txt") == 0o666 & ~umask
    replace_file(tmp_path / "b.txt", "b")
    assert mode(tmp_path / "b.txt") == 0o666 & ~umask


@pytest.mark.parametrize("private", [True, False])
def test_links_under_names_that_could_be_guessed_are_not_followed(tmp_path, victim, private):
    parent = tmp_path / "shared"
    parent.mkdir()
    final = parent / "key"
    guesses = [f".{what}-key{end}" for what in ("making", "writing", "replaced") for end in ("", f"-{os.getpid()}")]
    for name in (*guesses, ".key.part"):
        (parent / name).symlink_to(victim)
    for content in ("first", "second"):
        with replaced_folder(final, private=private) as beside:
            (beside / "kept.txt").write_text(content)
        assert not final.is_symlink()
        assert (final / "kept.txt").read_text() == content
    (parent / ".answers.csv.part").symlink_to(victim / "kept.txt")
    replace_file(parent / "answers.csv", "mine")
    assert (parent / "answers.csv").read_text() == "mine"


@pytest.mark.parametrize("private", [True, False])
def test_even_a_name_that_was_guessed_is_not_written_through(tmp_path, victim, private, monkeypatch):
    monkeypatch.setattr(writing.secrets, "token_hex", lambda n: "0" * 16)
    monkeypatch.setattr(writing, "_clear_left", lambda *_, **__: None)  # planted after it has looked
    short = writing._short(tmp_path / "key")
    (tmp_path / f".writing-{short}-{'0' * 16}").symlink_to(victim / "new")
    (tmp_path / f".making-key-{'0' * 16}").symlink_to(victim)
    with pytest.raises(FileExistsError), replaced_folder(tmp_path / "key", private=private):
        pytest.fail("it went on")
    with pytest.raises(FileExistsError):
        replace_file(tmp_path / "key", "text")


@pytest.mark.parametrize("write", [lambda path: write_durably(path, "x"), lambda path: save_array(path, np.zeros(3))])
def test_a_new_file_is_new(tmp_path, victim, write):
    (tmp_path / "link").symlink_to(victim / "kept.txt")
    (tmp_path / "nowhere").symlink_to(victim / "new")
    (tmp_path / "there").write_text("there")
    for name in ("link", "nowhere", "there"):
        with pytest.raises(FileExistsError):
            write(tmp_path / name)
    write(tmp_path / "new")


def test_a_final_name_that_is_a_link_loses_the_link_and_not_what_it_shows(tmp_path, victim):
    for final in (tmp_path / "folder", tmp_path / "broken"):
        final.symlink_to(victim if final.name == "folder" else tmp_path / "nowhere")
        with replaced_folder(final, private=True) as beside:
            (beside / "a").write_text("a")
        assert final.is_dir()
        assert not final.is_symlink()
    (tmp_path / "file").symlink_to(victim / "kept.txt")
    replace_file(tmp_path / "file", "new")
    assert not (tmp_path / "file").is_symlink()


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("old")
    path.chmod(0o640)
    replace_file(path, "new")
    assert (mode(path), path.read_text()) == (0o640, "new")


def _begin(final: Path, private: bool, begun, end) -> None:
    with replaced_folder(final, private=private) as beside:
        (beside / "half.txt").write_text("half")
        begun.set()
        end.wait(20)
        os._exit(9)


def _started(final: Path, private: bool):
    context = multiprocessing.get_context("fork")
    begun, end = context.Event(), context.Event()
    process = context.Process(target=_begin, args=(final, private, begun, end))
    process.start()
    assert begun.wait(20)
    return process, end


@pytest.mark.parametrize("private", [True, False])
def test_what_a_killed_run_left_is_cleared_away(tmp_path, private):
    final = tmp_path / "out [1]\n*"
    process, _ = _started(final, private)
    process.kill()
    process.join()
    assert len(list(tmp_path.iterdir())) == 1, "it left something"
    with replaced_folder(final, private=private) as beside:
        (beside / "whole.txt").write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == [final.name]
    assert [path.name for path in final.iterdir()] == ["whole.txt"]


def test_what_another_run_is_writing_is_not_cleared_away(tmp_path):
    process, end = _started(tmp_path / "out", False)
    with replaced_folder(tmp_path / "out") as beside:
        (beside / "whole.txt").write_text("whole")
    (left,) = [path for path in tmp_path.iterdir() if path.name != "out"]
    assert (left / "half.txt").read_text() == "half"
    end.set()
    process.join()


def test_what_only_looks_like_it_is_the_users(tmp_path):
    short = writing._short(tmp_path / "out")
    mine = [f".writing-{short}", f".writing-{short}-thesis", ".writing-out-thesis", f".replaced-{short}-1"]
    for name in mine:
        (tmp_path / name).mkdir()
    with replaced_folder(tmp_path / "out"):
        pass
    replace_file(tmp_path / "out.csv", "x")
    assert {path.name for path in tmp_path.iterdir()} == {*mine, "out", "out.csv"}


@pytest.mark.parametrize("name", ["n" * 255, "\u00e4" * 127, "a[b]*?", "a\nb", "-rf", "a b"])
def test_any_name_that_a_folder_can_have_can_be_written(tmp_path, name):
    for content in ("first", "second"):
        with replaced_folder(tmp_path / name) as beside:
            (beside / "a.txt").write_text(content)
    assert [path.read_text() for path in (tmp_path / name).iterdir()] == ["second"]
    (tmp_path / "files").mkdir()
    replace_file(tmp_path / "files" / name, "x")
    assert [path.name for path in tmp_path.iterdir()] == [name, "files"] or len(list(tmp_path.iterdir())) == 2


def test_removing_follows_no_link_and_gives_up_on_folders_by_the_thousand(tmp_path, victim):
    (tmp_path / "link").symlink_to(victim)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(victim)
    remove(tmp_path / "link")
    remove(folder)
    remove(tmp_path / "missing")
    assert {path.name for path in tmp_path.iterdir()} == {"victim"}
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        inner = here
        for _ in range(1200):
            os.mkdir("d", dir_fd=inner)
            outer, inner = inner, os.open("d", os.O_RDONLY, dir_fd=inner)
            if outer != here:
                os.close(outer)
        os.close(inner)
    finally:
        os.close(here)
    remove(tmp_path / "d")  # no traceback, whatever is left; pytest could not clear it away
    subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)
