"""A program of the user's, run to its end: no shell, a time limit, its output in a log, nothing of it left running.

It has a process group of its own, so that what it starts can be ended with it. A second, tiny process ends both where
we are killed ourselves, as worker processes are when a run is interrupted.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.places import shown
from harness.plain import plain

MOST_LOG_BYTES = 2**28  # of a program that never stops printing
GRACE_SEC = 5.0  # for a program to end processes in groups of their own, as torchrun has
_POLL_SEC = 0.5
_TAIL_BYTES, _TAIL_LINES, _LINE_LETTERS = 8192, 5, 200  # of a log, in a sentence
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
# Reads the number of the program's group, then waits until the pipe's other end, ours, is closed.
_WATCH = f"""
import os, signal, sys, time
group = sys.stdin.readline()
sys.stdin.read()
if group:
    os.killpg(int(group), signal.SIGTERM)
    end = time.monotonic() + {GRACE_SEC}
    while time.monotonic() < end:
        os.killpg(int(group), 0)  # an error, which ends this as well, once nobody is left
        time.sleep(0.1)
    os.killpg(int(group), signal.SIGKILL)
"""


class ProgramError(ValueError):
    """A program did not do what it should have: one sentence, with the last lines of its log and the log's place."""

    def __init__(self, called: str, what: str, log: Path) -> None:
        words, where = last_words(log), shown(log)
        said = f"it printed last: {words} (all of it is in {where})" if words else f"it printed nothing ({where})"
        super().__init__(f"The program of {called} {plain(what)}; {said}.")


def run_program(words: Sequence[str], log: Path, *, called: str, limit_sec: float) -> None:
    """Run a program in the current folder until it ends, its output and errors in `log`, which is written anew.

    words: the program and its arguments; called: the option that named it. Raises ProgramError where it cannot be
    started, ends with another code than 0, runs longer than the limit or prints more than 256 MiB. Its process group
    is dead afterwards, also where we were interrupted.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        os.fdopen(os.open(log, _FLAGS, 0o600), "wb") as output,
        subprocess.Popen(  # noqa: S603  # our own words
            [sys.executable, "-I", "-S", "-c", _WATCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as watch,
    ):
        try:
            program = subprocess.Popen(  # noqa: S603  # the user's own words
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL among its arguments
            reason = getattr(error, "strerror", None) or str(error)
            raise ProgramError(called, f"cannot be started ({plain(words[0])}: {reason})", log) from error
        try:
            assert watch.stdin is not None
            watch.stdin.write(f"{program.pid}\n".encode())
            watch.stdin.flush()
            fault = _fault(program, log, limit_sec)
        finally:
            _end(program)
            watch.kill()
    if fault:
        raise ProgramError(called, fault, log)


def last_words(log: Path) -> str:
    """The last lines of a log on one line, plain; empty where nothing was printed."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        text = file.read().decode("utf-8", "backslashreplace")
    lines = [line.strip()[-_LINE_LETTERS:] for line in text.splitlines() if line.strip()]
    return " / ".join(plain(line) for line in lines[-_TAIL_LINES:])


def _fault(program: subprocess.Popen[bytes], log: Path, limit_sec: float) -> str | None:
    """Wait for the end; what was wrong with it, as it completes `The program of NAME ...`."""
    end = time.monotonic() + limit_sec
    while True:
        try:
            code = program.wait(max(0.0, min(_POLL_SEC, end - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end:
                return f"was stopped after {limit_sec / 60:g} minutes, its time limit"
            if log.stat().st_size > MOST_LOG_BYTES:
                return f"was stopped, for it printed more than {MOST_LOG_BYTES} bytes"
            continue
        if code < 0:
            return f"was ended by signal {-code} ({signal.strsignal(-code)})"
        return f"ended with code {code}" if code else None


def _end(program: subprocess.Popen[bytes]) -> None:
    """End a program that still runs, first by asking, and all that is left of its group."""
    if program.poll() is None:
        _signal_group(program, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            program.wait(GRACE_SEC)
    _signal_group(program, signal.SIGKILL)
    program.wait()


def _signal_group(program: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):  # nobody is left in it
        os.killpg(program.pid, number)


def _environment() -> dict[str, str]:
    """The user's. Our workers start with PYTHONSAFEPATH, under which a script does not find what lies beside it.

    Python is to print line by line: what it had to say before it was stopped is in the log then.
    """
    ours = multiprocessing.parent_process() is not None
    theirs = {name: value for name, value in os.environ.items() if not (ours and name == "PYTHONSAFEPATH")}
    return {"PYTHONUNBUFFERED": "1"} | theirs
