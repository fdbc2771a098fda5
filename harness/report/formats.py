"""Where a command's table goes, in one of five forms: to the terminal, to a program, or into a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import PIPE_WIDTH, console, disk_errors
from harness.writing import replace_file

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMATS = ("rich", "markdown", "csv", "latex", "html")


def for_people(form: str, out: Path | None) -> bool:
    """Whether remarks may stand among what is printed: nothing of it is for a program."""
    return form == "rich" or out is not None


def deliver(
    terminal: Callable[[int], RenderableType], writers: Mapping[str, Callable[[], str]], form: str, out: Path | None
) -> None:
    """Print a table in a form, or write it to a file. terminal: for a width, characters; writers: by the other forms.

    InputError where the file cannot be written.
    """
    if out is not None:
        with disk_errors():
            replace_file(out, _as_printed(terminal) if form == "rich" else writers[form]())
    elif form == "rich":
        shown = console()
        shown.print(terminal(shown.width))
    else:
        sys.stdout.write(writers[form]())


def _as_printed(terminal: Callable[[int], RenderableType]) -> str:
    from harness.terminal import PlainConsole  # start-up: only to write

    file = StringIO()
    PlainConsole(file=file, width=PIPE_WIDTH).print(terminal(PIPE_WIDTH))
    return file.getvalue()
