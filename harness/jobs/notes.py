"""What processes that do jobs remark: lines of their stderr there, and here the run's own notes, each once."""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress

from harness.errors import HarnessWarning
from harness.store.fetched import hears, told_by
from harness.terminal import OutputFailed

_NOTE = "Note: "


def say_in_lines() -> None:
    """In a process that does jobs: a remark is one line, without the place in the code that it comes from."""
    standard = warnings.showwarning
    if getattr(standard, "says_in_lines", False):
        return

    def show(message: Warning | str, category: type[Warning], *rest: object) -> None:
        if issubclass(category, HarnessWarning):
            _say(f"{_NOTE}{' '.join(str(message).split())}")
        else:
            standard(message, category, *rest)  # type: ignore[arg-type]

    show.says_in_lines = True  # type: ignore[attr-defined]
    warnings.showwarning = show  # type: ignore[assignment]
    told_by(_say)


def pass_on(line: str) -> None:
    """In the run: a line that such a process said, to stderr, or as a remark of this process where it is one."""
    if line.startswith(_NOTE):
        warnings.warn(HarnessWarning(line.removeprefix(_NOTE)), stacklevel=2)
    elif not hears(line):
        _say(line)


def _say(line: str) -> None:
    with suppress(OSError, ValueError, OutputFailed):  # whatever became of our own stderr
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
