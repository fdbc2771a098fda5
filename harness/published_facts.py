"""`python -m harness.published_facts`: writes an edition's published table with what each handed-in run called used.

For who adds an edition. The table is the organisers' own, the folder holds the runs as they were handed in, and which
file belongs to which row is told by the files' names alone.
"""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from harness.cli import console, disk_errors, remarks, run_parsed
from harness.errors import HarnessWarning, InputError
from harness.places import check_file
from harness.writing import replace_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.published_facts",
        description="Write the facts that python -m harness.leaderboard starts from: the published rows, each with "
        "the number of candidates that its run calls used.",
    )
    parser.add_argument("--edition", required=True, metavar="NAME", help="whose candidates the runs answer for")
    parser.add_argument("--table", type=Path, required=True, metavar="FILE", help="CSV rank,team,submission,f1")
    parser.add_argument("--runs", type=Path, required=True, metavar="DIR", help="TEAM_submissionN, any file ending")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write the CSV")
    return run_parsed(parser, _run, arguments)


def _run(options: argparse.Namespace) -> None:
    check_file("--out", options.out, [options.table, options.runs])
    with disk_errors(), remarks(console()):
        text = published_facts(options.edition, options.table, options.runs)
        replace_file(options.out, text)


def published_facts(edition: str, table: Path, folder: Path) -> str:
    """The text of `<edition>_published.csv`; warns of each row whose run cannot be told, which stays without a count.

    Raises InputError for an unknown edition, a table that cannot be read or a run that is no submission.
    """
    from harness.bounded import read_text
    from harness.editions.load import load_edition  # start-up: --help needs no yaml, and no numpy
    from harness.editions.published import rows_of, text_of
    from harness.submission.handed_in import called_used_of, files_of
    from harness.submission.text import MOST_BYTES

    try:
        ids = load_edition(edition).leaves["test_candidates"].ids()
    except ValueError as error:
        raise InputError(str(error)) from error
    if not table.is_file():
        raise InputError(f"The table {table} is no file; give the organisers' table as CSV rank,team,submission,f1.")
    try:
        rows = rows_of(read_text(table, MOST_BYTES, "The table", links=True))
    except (ValueError, csv.Error) as error:
        raise InputError(f"The table {table} cannot be used: {error}") from error
    found = files_of(folder, [(row.team, row.submission) for row in rows])
    for row in rows:
        if (row.team, row.submission) not in found:
            text = f"Which run is {row.team} {row.submission} cannot be told from the names in {folder}"
            warnings.warn(HarnessWarning(f"{text}; called_used stays empty."), stacklevel=2)
    return text_of(
        row._replace(called_used=called_used_of(found[row.team, row.submission], ids))
        if (row.team, row.submission) in found
        else row._replace(called_used=None)
        for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
