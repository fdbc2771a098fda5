"""`python -m harness.submission check FILE --edition NAME`: is this file a submission the organisers would take?

One line a file; exit code 0 where all are valid, be it with something forgiven and named, 2 where one is not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from harness.cli import CODE_INPUT, console, disk_errors, run_parsed
from harness.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from harness.editions.edition import Edition, Submission


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _check, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.submission", description="Submissions to a challenge.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="say of each file whether it is valid, and else line and reason")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE", help="submissions, such as submission.csv")
    check.add_argument("--edition", required=True, metavar="NAME", help="whose format and ids; say imageclef2023")
    check.add_argument(
        "--ids", type=Path, metavar="PATH", help="a text file, one id a line, or the folder of candidates, instead"
    )
    return parser


def _check(options: argparse.Namespace) -> int:
    from harness.editions.edition import STANDARD, unknown_format
    from harness.editions.load import load_edition

    shown = console()
    try:
        edition = load_edition(options.edition)
        form = edition.submission
    except ValueError as error:
        raise InputError(str(error)) from error
    with disk_errors():
        ids = _ids(edition, options.ids)
        if form is None:
            shown.print(f"[yellow]Note:[/yellow] {unknown_format(edition.title)}", soft_wrap=True)
        valid = [_checked(path, ids, form or STANDARD, shown) for path in options.files]
    return 0 if all(valid) else CODE_INPUT


def _checked(path: Path, ids: Sequence[str], form: Submission, shown: Console) -> bool:
    """Print the line of one file; whether it is valid."""
    from harness.submission.files import read_submission

    try:
        reading = read_submission(path, ids, form)
    except InputError as error:
        shown.print(f"[bold red]not valid:[/bold red] {escape(str(error))}", soft_wrap=True)
        return False
    n_used = int(reading.used.sum())
    verdict = "[yellow]valid, with this forgiven:[/yellow]" if reading.forgiven else "[green]valid:[/green]"
    told = " ".join([f"{path}: {len(ids)} candidates, {n_used} called used.", *reading.forgiven])
    shown.print(f"{verdict} {escape(told)}", soft_wrap=True)
    return True


def _ids(edition: Edition, given: Path | None) -> tuple[str, ...]:
    """The ids to answer for: of a folder of candidates, of a file with one a line, or else the edition's own."""
    from harness.data.sources.listing import list_folder

    if given is None:
        try:
            return edition.leaves["test_candidates"].ids()
        except ValueError as error:
            raise InputError(
                f"The ids of the test set of {edition.title} are not public; give --ids, a text file with one id a "
                "line, or the folder of candidates."
            ) from error
    if given.is_dir():
        ids = [path.stem for path in list_folder(given, "--ids").images]
        what = "image"
    elif given.is_file():
        try:
            ids = given.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise InputError(f"--ids {given} is no UTF-8 text; give a text file with one id a line.") from error
        what = "line"
    else:
        raise InputError(f"--ids {given} does not exist; give a text file with one id a line, or a folder.")
    ids = [name.strip() for name in ids]
    if not ids or not all(ids) or len(set(ids)) < len(ids):
        bad = "no id" if not ids else "an empty id" if not all(ids) else "an id more than once"
        raise InputError(f"--ids {given} holds {bad}; each {what} must give one id of its own.")
    return tuple(ids)


if __name__ == "__main__":
    sys.exit(main())
