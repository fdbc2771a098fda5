"""Where a command prints: streams on which nothing is raw, whatever a terminal can show, and the console on them."""

from __future__ import annotations

import codecs
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.status import Status
from rich.text import Text

from harness.plain import plain, written_out

_KEPT = "\n\t"
_SIMPLER = "harness.simpler"
# What our own sentences have beyond ASCII.
_LIKE = {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{LATIN SMALL LETTER E WITH ACUTE}": "e"}


class OutputFailed(BaseException):
    """What was printed could not be written. broken: who read it has gone, as `head` does; else `reason` says why.

    No Exception, so that nobody on the way takes it for a fault of a run's own files.
    """

    def __init__(self, reason: str, broken: bool) -> None:
        super().__init__(reason, broken)
        self.reason, self.broken = reason, broken


class StyledStream:
    """A text stream to which rich may write what steers a terminal; characters that its encoding lacks are spelt out.

    Raises OutputFailed where it cannot be written to.
    """

    def __init__(self, raw: TextIO) -> None:
        self.raw = raw

    def write(self, text: str) -> int:
        """Write the text; how long it is."""
        encoding = getattr(self.raw, "encoding", None)
        with _failing():
            self.raw.write(text.encode(encoding, _SIMPLER).decode(encoding) if encoding else text)
        return len(text)

    def flush(self) -> None:
        """Send out what was written."""
        with _failing():
            self.raw.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


class PlainStream(StyledStream):
    """The same for everybody else: what argparse, Hydra, a warning or a traceback writes is plain."""

    def write(self, text: str) -> int:
        """Write the text; how long it is."""
        super().write(plain(text, _KEPT))
        return len(text)


class PlainConsole(Console):
    """A console to which names and sentences are text: no markup, no emoji, no control characters.

    For a style there are `rich.text.Text` and `style=`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    @property
    def file(self) -> Any:
        """Where it prints."""
        found = super().file
        return StyledStream(found.raw) if isinstance(found, PlainStream) else found

    @file.setter
    def file(self, new: Any) -> None:
        self._file = new

    def render_str(self, text: str, **options: Any) -> Text:
        """The text as rich lays it out."""
        return super().render_str(plain(text, _KEPT), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Its segments; those of a `Text` were not seen by `render_str`."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(plain(segment.text, _KEPT), segment.style)

    def status(self, status: RenderableType, *, spinner: str = "dots", **options: Any) -> Status:
        """A line while something goes on, moving where this is a terminal."""
        shown = Text(status) if isinstance(status, str) else status
        return super().status(shown, spinner=spinner if self.encoding.startswith("utf") else "line", **options)


@contextmanager
def plain_streams() -> Iterator[None]:
    """Within it, stdout and stderr are plain, and tell by OutputFailed where they cannot be written to."""
    before = sys.stdout, sys.stderr
    make_streams_plain()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def make_streams_plain() -> None:
    """The same until the process ends; a traceback that ends it is plain as well."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed before we started, as by `>&-`
            stream = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives
        if not isinstance(stream, PlainStream):
            setattr(sys, name, PlainStream(stream))
    sys.excepthook = _plain_traceback


def let_go() -> None:
    """Turn streams that cannot be written to into nothing, else the interpreter complains of them as it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OutputFailed:
            with suppress(OSError, ValueError):  # no file at all, as within a test
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, stream.fileno())
                os.close(nothing)


def _plain_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    with suppress(OutputFailed):
        PlainStream(sys.stderr).write("".join(traceback.format_exception(kind, error, trace)))


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputFailed(error.strerror or str(error), isinstance(error, BrokenPipeError)) from error


def _simpler(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks."""
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    return "".join(_LIKE.get(one) or written_out(one) for one in missing), error.end


codecs.register_error(_SIMPLER, _simpler)
