"""Where one may write: told in a sentence, before any work, and nothing is left by the look."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.places import check_file, check_folder, expand_paths, shown, user_path


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A home, and in it the folder that we are in, with a store and slices."""
    home = tmp_path / "home"
    here = home / "work"
    here.mkdir(parents=True)
    for name in ("store/pool", "data/slices", "results"):
        (here / name).mkdir(parents=True)
    (here / "file").write_text("x")
    (here / "link").symlink_to("results")
    (here / "broken").symlink_to("nowhere")
    (here / "loop").symlink_to("loop")
    os.mkfifo(here / "pipe")
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    before = sorted(tmp_path.rglob("*"))
    yield
    monkeypatch.undo()
    assert sorted(tmp_path.rglob("*")) == before, "a look left something"


TAKEN = {"store.root": Path("store"), "data.root": Path("data/slices"), "data.extra": None}


@pytest.mark.parametrize("folder", ["results", "new", "deep/er/new", "runs [1]", "~x", "-x", "n" * 255, "a b", "ü"])
def test_a_place_that_can_be_written_is_taken(folder):
    check_folder("out=", Path(folder), TAKEN)


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        (".", "the folder you are in"),
        ("./results/..", "the folder you are in"),
        ("..", "the folder you are in"),
        ("/", "the folder you are in"),
        ("~", "the folder you are in"),
        ("store", "store.root=store"),
        ("store/pool/x", "store.root=store"),
        ("data", "data.root=data/slices"),
        ("data/slices/", "data.root=data/slices"),
        ("data/slices/out", "data.root=data/slices"),
        ("results/../data/slices/deep/out", "data.root=data/slices"),
        ("link", "is a link"),
        ("broken", "is a link"),
        ("loop", "is a link"),
        ("file", "no folder"),
        ("file/out", "is no folder"),
        ("file/deep/out", "is no folder"),
        ("pipe", "no folder"),
        ("pipe/out", "is no folder"),
        ("/proc/out", "takes no files"),
        ("/dev/null/out", "is no folder"),
        ("/proc", "mounted"),
        ("a\nb", "line break"),
        ("a\x1b[31mb", "line break"),
        ("a\u2028b", "line break"),
        ("a\udcffb", "no text"),
        ("n" * 256, "256 bytes; 255"),
        ("\u00e4" * 128, "256 bytes; 255"),
        ("/".join(["n" * 250] * 17), "bytes long"),
        ("/".join(["n" * 240] * 16), "bytes long"),
    ],
)
def test_a_place_that_cannot_or_must_not_be_written_is_a_sentence(folder, words):
    path = Path(folder).expanduser()
    with pytest.raises(InputError) as caught:
        check_folder("out=", path, TAKEN)
    sentence = str(caught.value)
    assert sentence.startswith("out=")
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "\x1b" not in sentence
    assert len(sentence) < 600


def test_home_and_what_lies_above_it_are_taken_from_elsewhere_too(monkeypatch, tmp_path):
    monkeypatch.chdir("/")
    for folder in (tmp_path / "home", tmp_path):
        with pytest.raises(InputError, match="is your home, or lies above it"):
            check_folder("--out ", folder, {})


def test_a_place_behind_a_link_is_known_by_where_it_lies():
    Path("way").symlink_to("data")
    try:
        with pytest.raises(InputError, match=r"data\.root"):
            check_folder("out=", Path("way/slices/out"), TAKEN)
    finally:
        Path("way").unlink()


def test_a_place_that_takes_no_files_is_told(monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harness.places.tempfile.TemporaryFile", full)
    with pytest.raises(InputError, match=r"out=new cannot be written: .* \(No space left on device\)"):
        check_folder("out=", Path("new"), {})
    with pytest.raises(InputError, match="No space left"):
        check_file("--out", Path("new.csv"))


@pytest.mark.parametrize("look", ["is_dir", "is_symlink"])
def test_a_place_that_may_not_even_be_looked_at_is_told(monkeypatch, look):
    """As behind a folder that is closed to us: root, who runs many tests, is let in everywhere."""

    def refusing(self):
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, look, refusing)
        for check in (lambda: check_folder("out=", Path("new"), {}), lambda: check_file("--out", Path("new"))):
            with pytest.raises(InputError, match=r"cannot be looked at \(Permission denied\)"):
                check()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_parent_is_told():
    Path("results").chmod(0o500)
    try:
        with pytest.raises(InputError, match="takes no files"):
            check_folder("out=", Path("results/new"), {})
    finally:
        Path("results").chmod(0o700)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (".", "is a folder"),
        ("results", "is a folder"),
        ("link", "is a folder"),
        ("broken", "is a link"),
        ("loop", "is a link"),
        ("pipe", "a device or a pipe"),
        ("/dev/null", "a device or a pipe"),
        ("/dev/full", "a device or a pipe"),
        ("nowhere/new", "there is no folder nowhere"),
        ("file/new", "there is no folder file"),
        ("/proc/new", "takes no files"),
        ("a\nb", "line break"),
        ("n" * 256, "256 bytes"),
    ],
)
def test_a_file_that_cannot_or_must_not_be_written_is_a_sentence(path, words):
    with pytest.raises(InputError, match=r"^--out .*\.$") as caught:
        check_file("--out", Path(path))
    assert words in str(caught.value)


def test_a_link_to_a_file_is_not_written_through():
    Path("to_file").symlink_to("file")
    try:
        with pytest.raises(InputError, match="nothing is written through links"):
            check_file("--out", Path("to_file"))
    finally:
        Path("to_file").unlink()


def test_a_file_may_be_replaced_but_not_one_that_is_read():
    check_file("--out", Path("file"), [Path("truth.csv"), None])
    check_file("--out", Path("new.csv"), [Path("file")])
    with pytest.raises(InputError, match="is what this command reads"):
        check_file("--out", Path("results/../file"), [None, Path("file")])


def test_nothing_is_written_into_a_folder_that_is_read():
    Path("results/slice.png").write_text("a slice")
    Path("to_results").symlink_to("results")
    try:
        for path in ("results/slice.png", "results/new.csv", "to_results/slice.png"):
            for folder in ("results", "to_results", "results/../results", "."):
                with pytest.raises(InputError, match=r"^--out .* lies in .*, which this command reads; give a file"):
                    check_file("--out", Path(path), [None, Path(folder)])
        check_file("--out", Path("file"), [Path("results"), Path("missing")])
    finally:
        Path("to_results").unlink()
        Path("results/slice.png").unlink()


def test_home_is_written_with_a_tilde(tmp_path):
    assert user_path("~/data.csv") == tmp_path / "home" / "data.csv"
    assert user_path("~") == tmp_path / "home"
    assert user_path("~root/x") == Path("~root").expanduser() / "x"
    assert user_path("./~x") == Path("./~x")
    assert user_path("a~") == Path("a~")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "out is empty"),
        ("~nobody_of_this_name", "~nobody_of_this_name is nobody's home"),
        ("~nobody_of_this_name/x", "Write ./~nobody_of_this_name"),
        ("x\0y", "NUL"),
        ("n" * 300, "300 bytes"),
        ("x/" * 3000, "bytes long"),
    ],
)
def test_a_path_that_none_can_be_is_a_sentence(text, words):
    with pytest.raises(InputError, match=r"\.$") as caught:
        user_path(text, "out=")
    assert words in str(caught.value)


def test_every_path_of_a_parser_is_the_users(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    expand_paths(parser)
    group = parser.add_argument_group("own").add_mutually_exclusive_group()
    group.add_argument("--many", type=Path, nargs="+")
    parser.add_argument("--truth", type=Path)
    home = tmp_path / "home"
    assert parser.parse_args(["--many", "~/a", "b"]).many == [home / "a", Path("b")]
    for given in ("~nobody_of_this_name", "", "n" * 300):
        with pytest.raises(SystemExit) as caught:
            parser.parse_args(["--truth", given])
        assert caught.value.code == 2
        assert "argument --truth: The path" in capsys.readouterr().err


def test_a_path_is_shown_on_one_line_and_not_for_ever():
    assert shown(Path("a [b]")) == "a [b]"
    assert "\n" not in shown("a\nb")
    assert "\x1b" not in shown("a\x1b]0;x\x07")
    assert len(shown("n" * 5000)) < 250
