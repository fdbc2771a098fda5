"""Tries a case: writes its input, asks, catches whatever comes, and has it judged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.odd_inputs.case import Case, Ended
from benchmarks.odd_inputs.judge import Verdict, judge
from benchmarks.odd_inputs.questions import QUESTIONS, Question
from harness.errors import HarnessWarning, InputError

LIMIT_SEC = 20  # a case that takes longer hangs
ALONE_LIMIT_SEC = 60  # one in a process of its own: what is large is tried there
_START_SEC = 20  # of that process
LIMIT_MIB = 1024  # what a question may take besides the libraries


class _HangsError(BaseException):
    """Past every `except Exception` of the harness."""


def tried(case: Case, questions: Mapping[str, Question] = QUESTIONS) -> Verdict:
    """How a case ended. questions: in place of the harness's own, for those who try the judge."""
    place = tempfile.mkdtemp(prefix="misread-")
    try:
        root = Path(place)
        right = case.write(root)
        there = _below(root)
        alone = case.alone and questions is QUESTIONS
        ended = _asked_alone(case.ask, root) if alone else asked(questions[case.ask], root)
        names = frozenset(Path(os.fsdecode(one)).name for one in there)
        left = () if ended.refusal is None else tuple(sorted(map(repr, _below(root) - there)))
        return judge(case, right, replace(ended, names=names, left=left))
    finally:
        # By another program: thousands of nested folders are too deep for shutil.rmtree.
        _remove(place)


def _below(root: Path) -> set[bytes]:
    """Every path below. By another program: thousands of nested folders are too deep for os.walk."""
    done = subprocess.run(  # noqa: S603  # a folder we made
        ["find", str(root), "-mindepth", "1", "-print0"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    return {one.removeprefix(os.fsencode(root)) for one in done.stdout.split(b"\0") if one}


def _remove(place: str) -> None:
    _run("rm", "-rf", "--", place)
    if Path(place).exists():  # a case took away the right to look into a folder
        _run("chmod", "-R", "u+rwX", place)
        _run("rm", "-rf", "--", place)


def _run(*words: str) -> None:
    subprocess.run(words, check=False, stderr=subprocess.DEVNULL)  # noqa: S603  # words of ours, a folder we made


def asked(question: Question, root: Path, limit_sec: int | None = None) -> Ended:
    """Ask in this process; a hang ends after so long, `LIMIT_SEC` where nothing is said."""
    limit_sec = LIMIT_SEC if limit_sec is None else limit_sec
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with _at_most(limit_sec):
                answer = question(root)
            ended = Ended(answer=answer)
        except InputError as error:
            ended = Ended(refusal=str(error))
        except _HangsError:
            ended = Ended(crash=f"no answer after {limit_sec} s")
        except (Exception, SystemExit) as error:
            ended = Ended(crash=f"{type(error).__name__}: {error}")
    notes = tuple(str(one.message) for one in caught if issubclass(one.category, HarnessWarning))
    return Ended(ended.answer, ended.refusal, ended.crash, notes)


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _HangsError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _asked_alone(ask: str, root: Path) -> Ended:
    """Ask in a process of its own, which tells how much memory the question took."""
    words = [sys.executable, "-m", "benchmarks.odd_inputs.alone", ask, str(root)]
    try:
        done = subprocess.run(  # noqa: S603  # a module of ours
            words, capture_output=True, text=True, timeout=ALONE_LIMIT_SEC + _START_SEC, check=False
        )
    except subprocess.TimeoutExpired:
        return Ended(crash=f"no answer after {ALONE_LIMIT_SEC + _START_SEC} s")
    try:
        told = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return Ended(crash=f"the process ended with {done.returncode}: {done.stderr[-200:]}")
    if told["mib"] > LIMIT_MIB:
        return Ended(crash=f"took {told['mib']} MiB of memory")
    return Ended(told["answer"], told["refusal"], told["crash"], tuple(told["notes"]), done.stderr)


def environment(**more: str) -> dict[str, str]:
    """That of this process, with some of it changed."""
    return {**os.environ, **more}
