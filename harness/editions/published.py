"""The published table of an edition: what the organisers printed, and how many candidates each run called used.

`<edition>_published.csv` is written by `python -m harness.published_facts`, never by hand.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO
from typing import NamedTuple

from harness.editions.load import edition_names, load_edition

_SUFFIX = "_published.csv"
# 2023: not said by the organisers; by the confusion matrices that teams published. Nearly every row follows from it,
# and from no other number (a test counts).
_N_USED = {"imageclef2023": 100}


class PublishedRow(NamedTuple):
    """One official row. f1: the digits as printed; called_used: candidates its run calls used, None if not known."""

    rank: int
    team: str
    submission: str
    f1: str
    called_used: int | None


@dataclass(frozen=True)
class Published:
    """An edition's official rows by rank, its candidates, and how many of those were used."""

    edition: str
    title: str
    ids: tuple[str, ...]
    n_used: int
    rows: tuple[PublishedRow, ...]

    @property
    def n_candidates(self) -> int:
        """How many candidates its test set has."""
        return len(self.ids)


def load_published(edition: str) -> Published:
    """The published table of an edition. Raises ValueError where the edition is unknown or has none."""
    described = load_edition(edition)
    file = files(__package__).joinpath(edition + _SUFFIX)
    if edition not in _N_USED or not file.is_file():
        there = ", ".join(name for name in edition_names() if name in _N_USED)
        raise ValueError(
            f"No table was published for the edition {edition}, or none is held here. There is: {there}."
        )
    rows = rows_of(file.read_text(encoding="utf-8"))
    return Published(edition, described.title, described.leaves["test_candidates"].ids(), _N_USED[edition], rows)


def rows_of(text: str) -> tuple[PublishedRow, ...]:
    """The rows of a CSV text with the columns rank,team,submission,f1 and, where it has it, called_used.

    Raises ValueError where a column is missing or a number is none.
    """
    try:
        return _rows(csv.DictReader(StringIO(text, newline="")))
    except csv.Error as error:
        raise ValueError(f"it cannot be read as CSV: {error}.") from error


def _rows(lines: csv.DictReader[str]) -> tuple[PublishedRow, ...]:
    columns = lines.fieldnames or []
    missing = [name for name in PublishedRow._fields[:-1] if name not in columns]
    if missing:
        raise ValueError(
            f"it has the columns {', '.join(columns) or 'none'}; it must have {', '.join(PublishedRow._fields[:-1])}."
        )
    rows = []
    for number, line in enumerate(lines, start=2):
        whole = [line["rank"], line.get("called_used") or "0"]
        for value in whole:
            if not (value or "").isdecimal():
                raise ValueError(f"line {number}: {value!r} is no whole number.")
        rank, called_used = map(int, whole)
        is_known = bool(line.get("called_used"))
        rows.append(
            PublishedRow(rank, line["team"], line["submission"], line["f1"], called_used if is_known else None)
        )
    return tuple(rows)


def text_of(rows: Iterable[PublishedRow]) -> str:
    """The same rows as the text of `<edition>_published.csv`."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PublishedRow._fields)
    writer.writerows(rows)  # None is written as nothing
    return text.getvalue()
