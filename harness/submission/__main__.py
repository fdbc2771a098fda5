"""`python -m harness.submission check FILE --edition NAME`: is this file a submission the organisers would take?

One line a file; exit code 0 where all are valid, be it with something forgiven and named, 2 where one is not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import CODE_INPUT, console, disk_errors, run_parsed, tell
from harness.errors import InputError
from harness.places import expand_paths

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
    expand_paths(check)
    check.add_argument("files", type=Path, nargs="+", metavar="FILE", help="submissions, such as submission.csv")
    check.add_argument("--edition", required=True, metavar="NAME", help="whose format and ids; say imageclef2023")
    check.add_argument(
        "--ids", type=Path, metavar="PATH", help="a text file, one id a line, or the folder of candidates, instead"
    )
    return parser


def _check(options: argparse.Namespace) -> int:
    from harness.editions.edition import STANDARD, unknown_format
    from harness.editions.load import load_edition
    from harness.submission.ids import check_ids

    shown = console()
    try:
        edition = load_edition(options.edition)
        form = edition.submission
    except ValueError as error:
        raise InputError(str(error)) from error
    with disk_errors():
        ids = _ids(edition, options.ids)
        check_ids(ids, form or STANDARD, "The candidates" if options.ids is None else f"Those of --ids {options.ids}")
        if form is None:
            tell(shown, "Note:", "yellow", unknown_format(edition.title), wrap=False)
        valid = [_checked(path, ids, form, shown) for path in options.files]
    return 0 if all(valid) else CODE_INPUT


def _checked(path: Path, ids: Sequence[str], form: Submission | None, shown: Console) -> bool:
    """Print the line of one file; whether it is valid."""
    from harness.submission.files import read_submission

    try:
        reading = read_submission(path, ids, form)
    except InputError as error:
        tell(shown, "not valid:", "bold red", str(error), wrap=False)
        return False
    n_used = int(reading.used.sum())
    verdict, style = ("valid, with this forgiven:", "yellow") if reading.forgiven else ("valid:", "green")
    told = " ".join([f"{path}: {len(ids)} candidates, {n_used} called used.", *reading.forgiven])
    tell(shown, verdict, style, told, wrap=False)
    return True


def _ids(edition: Edition, given: Path | None) -> tuple[str, ...]:
    """The ids to answer for: of a folder of candidates, of a file with one a line, or else the edition's own."""
    from harness.bounded import read_text
    from harness.data.sources.folder.listing import list_folder
    from harness.submission.text import MOST_BYTES

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
    else:
        lines = read_text(given, MOST_BYTES, "--ids", links=True).split("\n")
        ids = [line.strip() for line in (lines if lines[-1] else lines[:-1])]
        what = "line"
    if not ids or not all(ids) or len(set(ids)) < len(ids):
        bad = "no id" if not ids else "an empty id" if not all(ids) else "an id more than once"
        raise InputError(f"--ids {given} holds {bad}; each {what} must give one id of its own.")
    return tuple(ids)


if __name__ == "__main__":
    sys.exit(main())
