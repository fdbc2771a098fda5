"""What every command of the harness shares: one console, remarks shown once, mistakes as sentences, exit codes."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from harness.errors import AsAsked, HarnessWarning, InputError
from harness.interrupted_start import stand_back
from harness.places import expand_paths
from harness.plain import plain
from harness.several import is_first, n_processes
from harness.terminal import OutputFailed, PlainConsole, let_go, plain_streams

CODE_INPUT, CODE_INTERRUPTED, CODE_TERMINATED = 2, 130, 143  # the latter as the shell reports them: 128 + signal
CODE_NO_READER = 141  # as the shell reports it of a program that a closed pipe ends: 128 and SIGPIPE
STORE_PLACES = "store.root=DIR and out=DIR"  # options of the commands that keep a store
_OF_PLACES = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOENT, errno.ENOTEMPTY,
    errno.EIO, errno.ENODEV, errno.ESTALE,  # a disk that dies, was pulled out, or is another by now
)  # fmt: skip
GO_ON = "What was finished is in the store: the same command goes on from there."
_AGAIN = "To have it done, give the same command again."
PIPE_WIDTH = 100  # characters: a file or a pipe has no width of its own; rich would take 80


def exit_code(body: Callable[[], int | None], interrupted: str = _AGAIN, *, several: bool = False) -> int:
    """Do what a command does; its own code (None is 0), 2 for a mistake in the input, 130 for an
    interruption (Ctrl-C), 143 where it was asked to end (SIGTERM, a scheduler's).

    2, too, where what it prints cannot be written; 141 where the program that read it has ended. interrupted: what
    is said after an interruption; `GO_ON` where a store keeps what was finished. several: whether the command may be
    started in several processes at once; else it is refused there.
    """
    if n_processes() > 1 and not several:
        if not is_first():
            return CODE_INPUT  # one of them says why
        body = _refuse_several
    with plain_streams():
        try:
            try:
                return _code_of(body, interrupted)
            finally:
                sys.stdout.flush()
        except OutputFailed as failed:
            let_go()
            if failed.broken:
                return CODE_NO_READER
            with suppress(OutputFailed):
                _tell_mistake(f"What is printed here cannot be written ({failed.reason}).")
                sys.stderr.flush()
            return CODE_INPUT


def _refuse_several() -> NoReturn:
    raise InputError(
        f"This command was started in {n_processes()} processes at once, and each would do all of it and write to "
        "the same places; accelerate launch is for harness.run alone, so start it without."
    )


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came."""


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    """A scheduler's stop ends like Ctrl-C."""
    raise TerminatedError


def _code_of(body: Callable[[], int | None], told: str) -> int:
    try:
        signal.signal(signal.SIGTERM, _terminate)
        stand_back()
        return body() or 0
    except (InputError, Refused) as error:
        _tell_mistake(str(error))
        return CODE_INPUT
    except AsAsked as ended:
        tell(console(), "Note:", "yellow", str(ended), wrap=False)
        return 0
    except KeyboardInterrupt as interrupted:
        for number in (signal.SIGINT, signal.SIGTERM):  # an impatient second one would end in a traceback
            signal.signal(number, signal.SIG_IGN)
        _forget_interruption()
        tell(PlainConsole(stderr=True), "Interrupted.", "", told, wrap=False)
        return CODE_TERMINATED if isinstance(interrupted, TerminatedError) else CODE_INTERRUPTED


def _forget_interruption() -> None:
    """Let the code of this process be that of the command.

    Python notes a KeyboardInterrupt that leaves an `exec` of a text, as dataclasses are made by, and at the end of a
    module run by `-m` it kills itself by SIGINT, though the exception was caught. The next `exec` clears the note.
    """
    exec("")  # noqa: S102  # nothing is executed


def _tell_mistake(sentence: str) -> None:
    tell(PlainConsole(stderr=True), "Error:", "bold red", sentence, wrap=False)


def tell(shown: Console, head: str, style: str, sentence: str, wrap: bool = True) -> None:
    """Print a sentence, in which names of others may stand, as one line after a word in a style.

    wrap: whether a line that is wider than the terminal is broken between words.
    """
    shown.print(Text.assemble((head, style), " ", plain(sentence)), soft_wrap=not wrap)


def run_parsed(
    parser: argparse.ArgumentParser, body: Callable[[argparse.Namespace], int | None], arguments: Sequence[str] | None
) -> int:
    """A command whose options argparse reads: do its body, and return the exit code."""
    expand_paths(parser)
    return exit_code(lambda: body(parser.parse_args(arguments)))


class Refused(BaseException):
    """Carries a mistake through Hydra, which would print a traceback's head for an Exception."""


def console(stderr: bool = False) -> Console:
    """The console that results are printed to; stderr: that of remarks, where the results are for a program."""
    shown = PlainConsole(stderr=stderr)
    if not shown.is_terminal and "COLUMNS" not in os.environ:
        shown.width = PIPE_WIDTH
    return shown


@contextmanager
def remarks(shown: Console) -> Iterator[list[str]]:
    """Show each named warning once, as one line; yields the list of those shown."""
    seen: list[str] = []
    standard = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *rest: object) -> None:
        text = str(message)
        if not issubclass(category, HarnessWarning):
            standard(message, category, *rest)  # type: ignore[arg-type]
        elif text not in seen:
            seen.append(text)
            tell(shown, "Note:", "yellow", text)

    with warnings.catch_warnings():
        warnings.simplefilter("always", HarnessWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield seen


@contextmanager
def disk_errors(places: str = "") -> Iterator[None]:
    """A full disk or a folder that may not be written is the user's to mend, so it gets a sentence.

    places: of a command with a store, the options that put it and the results elsewhere.
    """
    elsewhere = f"give another place with {places}" if places else "give another place"
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            # A store drops what it began to write.
            kept = "Nothing half-written was kept; make room" if places else "Make room"
            raise InputError(
                f"The disk is full ({error.strerror}). {kept}, or {elsewhere}, and run the same command again."
            ) from error
        # Libraries written in Rust, as that of weights, raise these without a number or a name.
        nameless = error.errno is None and isinstance(error, FileNotFoundError | PermissionError | NotADirectoryError)
        if nameless or error.errno in _OF_PLACES:
            what = "A file" if error.filename is None else error.filename
            told = " ".join(str(error).split()) if nameless else error.strerror
            raise InputError(f"{what} cannot be read or written ({told}); mend that, or {elsewhere}.") from error
        raise
