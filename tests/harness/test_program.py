"""A program of the user's ends: in time, with its words in a log, and with all that it started."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import psutil
import pytest

from harness import program
from harness.program import ProgramError, last_words, run_program

CALLED = "shadow.command"
# Starts a child that would live for a minute, says its number, and goes on as the test says.
PARENT = """
import signal, subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
print(child.pid)
{then}
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
POLITE = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('ended')))"


@pytest.fixture(autouse=True)
def _as_most_have_it(monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


def python(code: str) -> list[str]:
    return [sys.executable, "-P", "-S", "-c", code]


def lives(pid: int) -> bool:
    """Whether a process runs; one that is dead and that nobody has asked for does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def is_dead_soon(pid: int) -> bool:
    end = time.monotonic() + 10
    while lives(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not lives(pid)


def run(code: str, log: Path, limit_sec: float = 60.0) -> None:
    run_program(python(code), log, called=CALLED, limit_sec=limit_sec)


def test_output_and_errors_are_in_the_log_that_nobody_else_reads(tmp_path):
    log = tmp_path / "new" / "log.txt"
    run("import sys; print('out', flush=True); print('err', file=sys.stderr)", log)
    assert log.read_text() == "out\nerr\n"
    assert log.stat().st_mode & 0o777 == 0o600
    run("print('again')", log)
    assert log.read_text() == "again\n"


def test_a_crash_is_a_sentence_with_the_last_lines_and_the_place_of_the_log(tmp_path):
    log = tmp_path / "log.txt"
    with pytest.raises(ProgramError) as caught:
        run("print('one\\n\\n  two'); raise SystemExit('no such weights')", log)
    assert str(caught.value) == (
        f"The program of {CALLED} ended with code 1; it printed last: one / two / no such weights (all of it is in "
        f"{log})."
    )
    with pytest.raises(ProgramError, match=r"^The program of .* ended with code 3; it printed nothing \(.*\)\.$"):
        run("raise SystemExit(3)", log)
    with pytest.raises(ProgramError, match=r"was ended by signal 9 \(Killed\)"):
        run("import os; os.kill(os.getpid(), 9)", log)


@pytest.mark.parametrize("word", ["no_such_program", "/", "nul\0"])
def test_a_program_that_cannot_be_started_is_a_sentence(tmp_path, word):
    before = psutil.Process().children()  # such as who keeps the books of processes that another test began
    with pytest.raises(ProgramError, match=r"^The program of .* cannot be started \(.+: .+\); it printed nothing"):
        run_program([word], tmp_path / "log.txt", called=CALLED, limit_sec=9.0)
    assert psutil.Process().children() == before


def test_what_it_printed_is_plain_and_short_in_the_sentence_and_whole_in_the_log(tmp_path):
    log = tmp_path / "log.txt"
    red = "\x1b[31mred\x1b]0;title\x07"
    with pytest.raises(ProgramError) as caught:
        run(f"print({red!r} + '\\r' + 'x' * 10**6 + '\\u202e'); raise SystemExit(1)", log)
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 1000
    assert log.stat().st_size > 10**6
    with pytest.raises(ProgramError, match=r"\\x1b\[31mred"):
        run(f"print({red!r}); raise SystemExit(1)", log)


def test_the_last_words_of_bytes_that_are_no_text(tmp_path):
    log = tmp_path / "log.txt"
    log.write_bytes(b"\xff\x00 " + "é\n".encode() * 3)
    assert last_words(log) == "\\xff\\x00 é / é / é"


def test_a_program_that_never_stops_printing_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(program, "MOST_LOG_BYTES", 10**5)
    monkeypatch.setattr(program, "_POLL_SEC", 0.05)
    with pytest.raises(ProgramError, match="was stopped, for it printed more than 100000 bytes"):
        run("while True: print('more')", tmp_path / "log.txt")


@pytest.mark.parametrize(
    ("then", "fault"),
    [
        ("time.sleep(60)", r"was stopped after 0\.0166667 minutes, its time limit"),
        ("", None),
        ("sys.exit(1)", "code 1"),
    ],
    ids=["time-out", "end", "crash"],
)
def test_nothing_that_it_started_outlives_it(tmp_path, then, fault):
    log = tmp_path / "log.txt"
    ours = psutil.Process().children(recursive=True)
    before, started = len(os.listdir("/proc/self/fd")), time.monotonic()  # noqa: PTH208  # as many, whatever they are
    with nullcontext() if fault is None else pytest.raises(ProgramError, match=fault):
        run(PARENT.format(then=then), log, limit_sec=1.0)
    assert time.monotonic() - started < 20
    assert is_dead_soon(int(log.read_text()))
    assert psutil.Process().children(recursive=True) == ours
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_one_that_does_not_want_to_end_is_killed_and_one_that_does_may_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(program, "GRACE_SEC", 0.5)
    log, ours = tmp_path / "log.txt", psutil.Process().children(recursive=True)
    for hearing, printed in ((DEAF, ""), (POLITE, "ended\n")):
        with pytest.raises(ProgramError, match="time limit"):
            run(f"import signal, sys, time; {hearing}; time.sleep(60)", log, limit_sec=0.5)
        assert log.read_text() == printed
        assert psutil.Process().children(recursive=True) == ours


@pytest.mark.parametrize(
    ("how", "hearing", "printed"),
    [("SIGKILL", DEAF, ""), ("SIGTERM", POLITE, "ended\n"), ("SIGINT", POLITE, "ended\n")],
)
def test_it_ends_with_us(tmp_path, how, hearing, printed):
    log = tmp_path / "log.txt"
    theirs = PARENT.format(then=f"{hearing}; print('begun'); time.sleep(60)")
    ours = f"""
from pathlib import Path
from harness import program
program.GRACE_SEC, program._WATCH = 0.5, program._WATCH.replace(str(program.GRACE_SEC), "0.5")
program.run_program({python(theirs)!r}, Path({str(log)!r}), called="c", limit_sec=60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", ours],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    ) as we:
        end = time.monotonic() + 60
        while not (log.exists() and log.read_text().endswith("begun\n")) and time.monotonic() < end:
            time.sleep(0.05)
        below = psutil.Process(we.pid).children(recursive=True)
        assert len(below) == 3  # the program, its child, and who watches over both
        we.send_signal(signal.Signals[how])
    assert [one for one in below if not is_dead_soon(one.pid)] == []
    assert log.read_text().partition("begun\n")[2] == printed


def test_nobody_is_asked(tmp_path):
    reading, writing = os.pipe()  # a terminal at which nobody types
    before = os.dup(0)
    try:
        os.dup2(reading, 0)
        run("import sys; print(repr(sys.stdin.read()))", tmp_path / "log.txt", limit_sec=20.0)
    finally:
        os.dup2(before, 0)
        for one in (before, reading, writing):
            os.close(one)
    assert (tmp_path / "log.txt").read_text() == "''\n"


def test_the_log_is_written_through_no_link(tmp_path):
    (tmp_path / "log.txt").symlink_to(tmp_path / "precious")
    (tmp_path / "precious").write_text("kept")
    with pytest.raises(OSError, match="symbolic"):
        run("print(1)", tmp_path / "log.txt")
    assert (tmp_path / "precious").read_text() == "kept"


@pytest.mark.parametrize("in_a_worker", [False, True])
def test_its_environment_is_the_users_and_not_our_workers(tmp_path, monkeypatch, in_a_worker):
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setenv("PYTHONUNBUFFERED", "yes")
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: os if in_a_worker else None)
    names = ("PATH", "PYTHONSAFEPATH", "PYTHONUNBUFFERED")
    run(f"import os; print([os.environ.get(name) for name in {names}])", tmp_path / "log.txt")
    assert (tmp_path / "log.txt").read_text() == f"{[os.environ['PATH'], None if in_a_worker else '1', 'yes']}\n"
