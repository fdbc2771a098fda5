"""Every option that names a file to write, of every command: refused first, never through a link; and `~`."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from benchmarks.command import run_kind
from harness import published_facts
from harness.attribution import __main__ as attribution
from harness.audit import __main__ as audit
from harness.challenge import __main__ as challenge
from harness.compare import __main__ as compare
from harness.leaderboard import __main__ as leaderboard
from harness.submission import __main__ as submission

# What reads besides is missing: a command that does not look at its result's place first says that instead.
COMMANDS = {
    "leaderboard": (leaderboard.main, ["--edition", "imageclef2023", "--run", "missing", "--out"]),
    "compare": (compare.main, ["missing", "--out"]),
    "attribution": (attribution.main, ["--images", "missing", "--subsets", "a", "b", "--out"]),
    "published_facts": (
        published_facts.main, ["--edition", "imageclef2023", "--table", "missing", "--runs", "missing", "--out"]
    ),
    "score": (challenge.main, ["score", "--submission", "missing", "--truth", "missing", "--json"]),
    "benchmarks": (lambda words: run_kind("speed", words), ["--quick", "--json"]),
}  # fmt: skip
OTHERS = {
    "audit": (audit.main, ["--members", "a", "--holdout", "b", "--release"]),
    "audit out": (audit.main, ["--release", "r", "--members", "a", "--holdout", "b", "--out"]),
    "check": (submission.main, ["check", "--edition", "imageclef2023", "a.csv", "--ids"]),
    "check files": (submission.main, ["check", "--edition", "imageclef2023"]),
    "run": (leaderboard.main, ["--edition", "imageclef2023", "--run"]),
    "subsets": (attribution.main, ["--images", "i", "--subsets", "a"]),
}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    def late(number, frame):
        pytest.fail("it waited")

    monkeypatch.chdir(tmp_path)
    Path("mine.txt").write_text("mine")
    Path("link").symlink_to("mine.txt")
    Path("broken").symlink_to("nowhere")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    names = sorted(path.name for path in Path().iterdir())
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert Path("mine.txt").read_text() == "mine"
    assert sorted(path.name for path in Path().iterdir()) == names


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("link", "is a link"),
        ("broken", "is a link"),
        ("folder", "is a folder"),
        ("pipe", "a device or a pipe"),
        ("/dev/full", "a device or a pipe"),
        ("missing/new.csv", "there is no folder missing"),
        ("mine.txt/new.csv", "there is no folder mine.txt"),
        ("/proc/new.csv", "takes no files"),
        ("a\nb", "line break"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_first(capsys, command, given, words):
    main, options = COMMANDS[command]
    assert main([*options, given]) == 2
    err = " ".join(capsys.readouterr().err.split())
    assert err.startswith(f"Error: {options[-1]} ")
    assert words in err


@pytest.mark.parametrize("command", [*COMMANDS, *OTHERS])
@pytest.mark.parametrize("given", ["~nobody_of_this_name/x", "", "n" * 300])
def test_a_path_that_none_can_be_is_told_by_every_command(capsys, command, given):
    main, options = {**COMMANDS, **OTHERS}[command]
    with pytest.raises(SystemExit) as caught:
        main([*options, given])
    assert caught.value.code == 2
    assert "error: argument " in capsys.readouterr().err


def test_home_is_meant_by_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "folder"))
    assert leaderboard.main(["--edition", "imageclef2023", "--format", "csv", "--out", "~/table.csv"]) == 0
    assert (tmp_path / "folder" / "table.csv").read_text().startswith("rank,team,")


@pytest.mark.parametrize("option", ["--truth", "--submission"])
def test_what_is_read_is_not_replaced(capsys, option):
    words = ["--edition", "imageclef2023", "--truth", "a", "--submission", "b"]
    words[words.index(option) + 1] = "mine.txt"
    assert leaderboard.main([*words, "--out", "./folder/../mine.txt"]) == 2
    assert "is what this command reads" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (leaderboard.main, ["--edition", "imageclef2023", "--run", "read", "--out"]),
        (
            leaderboard.main,
            ["--edition", "imageclef2023", "--submission", "a", "--truth", "b", "--handed-in", "read", "--out"],
        ),
        (attribution.main, ["--images", "read", "--subsets", "a", "b", "--out"]),
        (attribution.main, ["--images", "a", "--subsets", "b", "read", "--out"]),
        (attribution.main, ["--images", "read", "--cluster", "auto", "--out"]),
        (published_facts.main, ["--edition", "imageclef2023", "--table", "a", "--runs", "read", "--out"]),
        (lambda words: run_kind("power", words), ["--quick", "--lung-slices", "read", "--json"]),
    ],
)
def test_a_slice_in_a_folder_that_is_read_is_not_replaced(capsys, tmp_path, main, words):
    read = tmp_path / "folder" / "read"  # under what is there after each test
    read.mkdir()
    (read / "img_000.png").write_text("a slice")
    words = [str(read) if word == "read" else word for word in words]
    assert main([*words, str(read / "img_000.png")]) == 2
    assert "which this command reads" in " ".join(capsys.readouterr().err.split())
    assert (read / "img_000.png").read_text() == "a slice"
