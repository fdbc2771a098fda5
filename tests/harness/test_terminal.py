"""What commands print: plain on any terminal, into a closed pipe and onto a full device, without a traceback."""

from __future__ import annotations

import importlib
import os
import pickle
import re
import subprocess
import sys
import warnings
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from attacks.pytest_plugin import _seen
from benchmarks.command import run_kind, run_one
from harness.cli import CODE_NO_READER, exit_code, remarks, tell
from harness.errors import HarnessWarning, InputError
from harness.jobs.progress import shown as progress
from harness.terminal import OutputFailed, PlainConsole, PlainStream, StyledStream

NAME = "a[bold]b[/x]:smile:[red]"
HOSTILE = "evil\x1b[2J\x1b]0;title\x07\r\nError: forged \u202e\u200bname"
# Every command, each with little to do.
COMMANDS = {
    "editions": ["harness.editions"],
    "one edition": ["harness.editions", "imageclef2023"],
    "leaderboard": ["harness.leaderboard", "--edition", "imageclef2023"],
    "leaderboard as csv": ["harness.leaderboard", "--edition", "imageclef2023", "--format", "csv"],
    "submission": ["harness.submission", "check", "x.csv", "--edition", "imageclef2023", "--ids", "ids.txt"],
    "score": ["harness.challenge", "score", "--submission", "x.csv", "--truth", "truth.csv"],
    "challenge": ["harness.challenge", "make", "--help"],
    "run": ["harness.run", "--help"],
    "audit": ["harness.audit", "--help"],
    "attribution": ["harness.attribution", "--help"],
    "published facts": ["harness.published_facts", "--help"],
    "benchmarks": ["benchmarks"],
    "one benchmark": ["benchmarks.speed.intervals", "--help"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Small files of a challenge."""
    place = tmp_path_factory.mktemp("challenge")
    (place / "x.csv").write_text("é[bold]1,1\nb,0\n", encoding="utf-8")
    (place / "ids.txt").write_text("é[bold]1\nb\n", encoding="utf-8")
    (place / "truth.csv").write_text("id,used\né[bold]1,1\nb,0\n", encoding="utf-8")
    return place


def _run(words, folder, **options):
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": _ROOT, "PYTHONUNBUFFERED": "", **options.pop("environment", {})}
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, timeout=120, check=False, **given
    )


def _main(words, monkeypatch, folder):
    """The command in this process; its exit code."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", words)
    if words[0] == "benchmarks.speed":
        return run_kind("speed", words[1:])
    package = importlib.import_module(words[0])
    module = importlib.import_module(f"{words[0]}.__main__") if hasattr(package, "__path__") else package
    try:
        return module.main() if not hasattr(module, "BENCHMARK") else run_one(module.BENCHMARK, words[1:])
    except SystemExit as error:
        return error.code


_ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def no_reader():
    """The end of a pipe that nobody reads from."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as file:  # noqa: PTH123 - a descriptor is no path
        yield file
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_closed_pipe_and_a_full_device_end_every_command(words, folder, monkeypatch, no_reader, capsys):
    with Path("/dev/full").open("w") as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", full)
        assert _main(words, patch, folder) == 2
        patch.setattr(sys, "stdout", no_reader)
        assert _main(words, patch, folder) == CODE_NO_READER
    assert capsys.readouterr().err == "Error: What is printed here cannot be written (No space left on device).\n"


@pytest.mark.parametrize("name", ["leaderboard as csv", "run"])
def test_nor_does_the_interpreter_complain_as_it_ends(name, folder, no_reader):
    ran = _run(COMMANDS[name], folder, stdout=no_reader)
    assert (ran.returncode, ran.stderr) == (CODE_NO_READER, b"")
    with Path("/dev/full").open("wb") as full:
        ran = _run(COMMANDS[name], folder, stdout=full)
    assert ran.returncode == 2
    assert ran.stderr == b"Error: What is printed here cannot be written (No space left on device).\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("name", ["leaderboard", "score"])
def test_a_poor_terminal_shows_what_it_can(name, encoding, folder):
    ran = _run(COMMANDS[name], folder, environment={"PYTHONIOENCODING": encoding})
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode(encoding)


def test_a_system_without_any_locale(folder):
    poor = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = _run(COMMANDS["score"], folder, environment=poor)
    assert (ran.returncode, ran.stderr) == (0, b"")
    ran = _run(
        ["harness.submission", "check", "é\x1b[2J.csv", "--edition", "imageclef2023"], folder, environment=poor
    )
    assert ran.returncode == 2
    assert b"\x1b" not in ran.stdout + ran.stderr
    assert b"not valid" in ran.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["harness.submission", "check", HOSTILE, "--edition", "imageclef2023"],
        ["harness.submission", "check", "x.csv", "--edition", HOSTILE],
        ["harness.leaderboard", "--edition", "imageclef2023", "--format", HOSTILE],
        ["harness.leaderboard", "--edition", "imageclef2023", "--run", HOSTILE],
        ["harness.editions", HOSTILE],
        ["harness.audit", "--release", HOSTILE, "--members", "m", "--holdout", "h"],
        ["harness.attribution", "--images", HOSTILE, "--cluster", "2"],
        ["harness.run", f"attack={HOSTILE}"],
        ["harness.run", f"data.root={HOSTILE}"],
        ["harness.challenge", HOSTILE],
        ["benchmarks.speed", "--only", HOSTILE],
    ],
    ids=lambda words: " ".join(words).split("evil")[0],
)
def test_nothing_that_is_given_steers_the_terminal(words, folder, monkeypatch, capsys):
    assert _main(words, monkeypatch, folder) == 2
    told = "".join(capsys.readouterr())
    assert told
    assert not [one for one in told if not one.isprintable() and one != "\n"]


def test_a_traceback_and_a_warning_of_a_library_are_plain(folder):
    code = f"""
import sys, warnings
from attacks.pytest_plugin import _seen
from benchmarks.command import run_kind, run_one
from harness.cli import exit_code
def body():
    warnings.warn({HOSTILE!r})
    raise RuntimeError({HOSTILE!r})
sys.exit(exit_code(body))
"""
    (folder / "raises.py").write_text(code)
    ran = _run(["raises"], folder, environment={"PYTHONPATH": os.pathsep.join([_ROOT, str(folder)])})
    told = ran.stderr.decode()
    assert ran.returncode == 1
    assert told.count("evil\\x1b[2J") >= 2
    assert not [one for one in told if not one.isprintable() and one != "\n"]


def test_names_are_shown_whole_wherever_rich_shows_them():
    file = StringIO()
    shown = PlainConsole(file=file, width=200)
    table = Table(NAME, title=NAME)
    table.add_row(NAME)
    shown.print(table)
    shown.print(NAME)
    shown.print(Text(NAME))
    tell(shown, "Note:", "yellow", NAME)
    assert file.getvalue().count(NAME) == 6
    file = StringIO()
    terminal = PlainConsole(file=file, width=200, force_terminal=True, color_system=None)
    with terminal.status(NAME):
        pass
    with progress(terminal, NAME, [NAME]):
        pass
    assert file.getvalue().count(NAME) >= 2


def test_a_console_shows_nothing_raw_and_still_has_styles():
    file = StringIO()
    shown = PlainConsole(file=file, width=200, force_terminal=True, color_system="standard")
    table = Table("name")
    table.add_row(HOSTILE)
    table.add_row(Text(HOSTILE))
    shown.print(table, HOSTILE, Text(HOSTILE))
    tell(shown, "Note:", "yellow", HOSTILE)
    written = file.getvalue()
    assert "\x1b[33mNote:" in written
    for raw in ("\x1b[2J", "\x1b]0", "\x07", "\r", "\u202e", "\u200b"):
        assert raw not in written
    assert written.splitlines()[-1].count("Error: forged") == 1, "a sentence is one line, whatever is named in it"


def test_sentences_with_names_are_one_line_each(capsys):
    def body():
        with remarks(PlainConsole(width=2000)):
            warnings.warn(HarnessWarning(HOSTILE), stacklevel=1)
        raise InputError(HOSTILE)

    assert exit_code(body) == 2
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [f"Note: {_spelt()}"]
    assert captured.err.splitlines() == [f"Error: {_spelt()}"]


def _spelt() -> str:
    return r"evil\x1b[2J\x1b]0;title\x07\r\nError: forged \u202e\u200bname"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_a_stream_writes_what_its_encoding_lacks_as_python_does(encoding):
    raw = TextIOWrapper(BytesIO(), encoding=encoding, newline="")
    stream = PlainStream(raw)
    stream.write("患者 \N{MINUS SIGN}0.5 Fréchet \udce9\x1b\n")
    stream.flush()
    told = raw.buffer.getvalue().decode(encoding)
    assert told.endswith("\\udce9\\x1b\n")
    assert told.startswith(
        "患者 \N{MINUS SIGN}0.5 Fréchet " if encoding.startswith("utf") else "\\u60a3\\u8005 -0.5 Fr"
    )


def test_streams_are_given_back_and_a_failure_travels_between_processes():
    before = sys.stdout, sys.stderr
    assert exit_code(lambda: None) == 0
    assert (sys.stdout, sys.stderr) == before
    failed = pickle.loads(pickle.dumps(OutputFailed("gone", True)))  # noqa: S301  # our own bytes
    assert (failed.reason, failed.broken) == ("gone", True)


def test_what_reads_the_remarks_may_end_as_well(folder, monkeypatch, no_reader):
    monkeypatch.setattr(sys, "stderr", no_reader)
    assert _main(["harness.editions", "imageclef1999"], monkeypatch, folder) == CODE_NO_READER


def test_closed_streams_are_no_traceback(folder):
    words = " ".join([sys.executable, "-m", "harness.editions"])
    ran = subprocess.run(  # noqa: S602  # it is the shell that closes streams
        f"{words} >&- 2>&-", shell=True, cwd=folder, env={**os.environ, "PYTHONPATH": _ROOT}, check=False
    )
    assert ran.returncode == 0


def test_rich_may_write_styles_where_others_may_not():
    file = StringIO()
    StyledStream(file).write("\x1b[1mx")
    PlainStream(file).write("\x1b[1mx")
    assert file.getvalue() == "\x1b[1mx\\x1b[1mx"


def test_there_is_one_way_to_print_and_one_to_write_a_table():
    """What a module prints or writes by another way would be raw."""
    own = {
        r"\bConsole\((?!quiet=True)": ("terminal.py",),
        r"rich\.markup": (),
        r"(?<![\w.])print\(": (),
        r"TextColumn\((?!.*markup=False)": (),
        # Read back by programs, letter for letter: the store's index, a challenge, an edition's facts, odd inputs.
        r"csv\.(writer|DictWriter)\(": ("plain.py", "pool.py", "make.py", "published.py", "odd_inputs"),
    }
    for package in ("harness", "benchmarks"):
        for path in Path(_ROOT, package).rglob("*.py"):
            for pattern, allowed in own.items():
                if not {path.name, path.parent.name} & set(allowed):
                    assert not re.findall(pattern, path.read_text(encoding="utf-8")), (path, pattern)


def test_what_conformance_says_of_a_broken_plug_in_is_plain():
    assert _seen(f"{HOSTILE}\n") == _spelt().replace(r"\r\n", "\\r\n") + "\n"
