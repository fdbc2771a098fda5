"""Reads a truth file: what is so of every id, opened only once all answers are given."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.bounded import read_bytes
from harness.data.numbered import numbered
from harness.errors import InputError
from harness.submission.text import MOST_BYTES


class Truth(NamedTuple):
    """Who was used. ids: [n]; used: bool [n]; unit: what is resampled, numbers intp [n]; of: its name."""

    ids: tuple[str, ...]
    used: NDArray[np.bool_]
    unit: NDArray[np.intp]
    of: str


def read_columns(path: Path, wanted: Sequence[str], welcome: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Columns of a CSV file with a header, each [n], by name; the first one wanted names the rows, each once.

    wanted: must be there, and have a value in every row; welcome: are given where they are there. Raises
    InputError, naming line and fault.
    """
    columns, lines = _lines(path)
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        raise InputError(f"{path} has the column {twice[0]!r} more than once; which one holds cannot be told.")
    if not set(wanted) <= set(columns):
        has = ", ".join(columns) or "none"
        raise InputError(f"{path} has the columns {has}; its header must be {','.join(wanted)}.")
    taken = [*wanted, *(name for name in welcome if name in columns)]
    places = [columns.index(name) for name in taken]
    rows = []
    for number, line in lines:
        if len(line) > len(columns):
            raise InputError(f"{path}, line {number} has {len(line)} fields; the header names {len(columns)}.")
        rows.append([line[place].strip() if place < len(line) else "" for place in places])
    if not rows:
        raise InputError(f"{path} has a header and no row; a truth says something of every id.")
    for (number, _), row in zip(lines, rows, strict=True):
        for name, value in zip(taken, row, strict=True):
            if not value:
                raise InputError(f"{path}, line {number}: {row[0]!r} has no {name}.")
    found = dict(zip(taken, zip(*rows, strict=True), strict=True))
    _refuse(
        [name for name, count in Counter(found[wanted[0]]).items() if count > 1], path, "stand there more than once"
    )
    return found


def _lines(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the rows that are not empty with the number of the line each ends in."""
    try:
        text = read_bytes(path, MOST_BYTES, "The truth", links=True).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text; save it as UTF-8 CSV.") from error
    lines = csv.reader(StringIO(text, newline=""))
    try:
        header = next((line for line in lines if line), [])
        return [name.strip() for name in header], [(lines.line_num, line) for line in lines if line]
    except csv.Error as error:
        raise InputError(f"{path}, line {lines.line_num} cannot be read as CSV: {error}.") from error


def read_truth(path: Path, column: str, ids: Sequence[str]) -> tuple[str, ...]:
    """The column of a CSV file with a header `id,<column>`, in the order of ids.

    Raises InputError, naming line and fault, where the header is another, or where a row is short, unknown, missing
    or there twice.
    """
    columns = read_columns(path, ("id", column))
    held = dict(zip(columns["id"], columns[column], strict=True))
    _refuse(sorted(set(held) - set(ids)), path, "are not asked about")
    _refuse(sorted(set(ids) - set(held)), path, "are missing")
    return tuple(held[name] for name in ids)


def read_used(path: Path) -> Truth:
    """The truth of a challenge, a CSV with the columns id, used (0 or 1) and perhaps patient_id.

    Patients are resampled where they are known, single candidates otherwise. Raises InputError for what is missing.
    """
    if not path.is_file():
        raise InputError(f"The truth {path} is no file; give a CSV file with the header id,used.")
    columns = read_columns(path, ("id", "used"), ("patient_id",))
    ids, values = columns["id"], columns["used"]
    odd = [value for value in values if value not in ("0", "1")]
    if odd:
        raise InputError(f"{path}: used must be 0 or 1; {odd[0]!r} stands there.")
    used = np.array([value == "1" for value in values])
    if used.all() or not used.any():
        raise InputError(f"{path}: all {len(used)} candidates are of one class, so that no metric means anything.")
    if "patient_id" in columns:
        return Truth(ids, used, numbered(columns["patient_id"]), "patients")
    return Truth(ids, used, np.arange(len(ids)), "candidates")


def _refuse(names: Sequence[str], path: Path, what: str) -> None:
    if names:
        raise InputError(f"{path}: {len(names)} ids {what} (first: {names[0]}); give each id once.")
