"""`python -m harness.leaderboard`: an edition's published table, what follows from it, and own rows beside it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import console, disk_errors, remarks, run_parsed, tell
from harness.errors import InputError
from harness.places import check_file
from harness.report.formats import FORMATS, deliver, for_people

if TYPE_CHECKING:
    from harness.leaderboard.standings import Standings


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.leaderboard",
        description="Print the published table of an edition with what follows from it exactly, beside rules that "
        "look at nothing and what chance reaches. Own runs are of other data and stand apart, unless --handed-in "
        "shows that the truth contradicts no published row.",
    )
    parser.add_argument("--edition", required=True, metavar="NAME", help="such as imageclef2023")
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="(default %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there instead of printing")
    own = parser.add_argument_group("own rows")
    own.add_argument(
        "--run", type=Path, action="append", default=[], metavar="DIR", help="a run's folder; repeatable"
    )
    own.add_argument(
        "--submission", type=Path, action="append", default=[], metavar="FILE", help="a submission; repeatable"
    )
    own.add_argument("--truth", type=Path, metavar="FILE", help="of the submissions: CSV with header id,used")
    own.add_argument(
        "--handed-in",
        type=Path,
        metavar="DIR",
        help="for organisers: all runs as handed in. Where the truth contradicts none of the published rows, the "
        "submissions stand among the ranks",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    if bool(options.submission) != (options.truth is not None):
        raise InputError("--submission and --truth go together: what was answered, and what is so of the same ids.")
    if options.handed_in is not None and options.truth is None:
        raise InputError("--handed-in holds a --truth against published rows; give --submission and --truth, too.")
    check_file("--out", options.out, [*options.run, *options.submission, options.truth, options.handed_in])
    beside = console(stderr=not for_people(options.format, options.out))
    with disk_errors(), remarks(beside):
        shown = _standings(options)
    from harness.leaderboard import tables  # start-up: only to show

    writers = {
        "markdown": lambda: tables.markdown_standings(shown),
        "csv": lambda: tables.csv_standings(shown),
        "latex": lambda: tables.latex_standings(shown),
        "html": lambda: tables.html_standings(shown),
    }
    deliver(lambda _: tables.terminal_standings(shown), writers, options.format, options.out)
    if options.format == "csv" or options.out is not None:  # CSV has no place for sentences
        for remark in shown.remarks:
            tell(beside, "Note:", "yellow", remark)


def _standings(options: argparse.Namespace) -> Standings:
    from harness.editions.published import load_published  # start-up: --help needs no numpy, scipy or yaml
    from harness.leaderboard.notes import standings
    from harness.leaderboard.own_rows import own_run, own_submissions

    try:
        published = load_published(options.edition)
    except ValueError as error:
        raise InputError(str(error)) from error
    own = [own_run(folder, published) for folder in dict.fromkeys(options.run)]
    if options.submission:
        paths = list(dict.fromkeys(options.submission))
        own += own_submissions(paths, options.truth, options.handed_in, published)
    there = [one for one in own if one is not None]
    return standings(published, [one.row for one in there], [one.remark for one in there])


if __name__ == "__main__":
    sys.exit(main())
