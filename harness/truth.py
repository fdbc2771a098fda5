"""Reads a truth file: what is so of every id, opened only once all answers are given."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness.errors import InputError


def read_truth(path: Path, column: str, ids: Sequence[str]) -> tuple[str, ...]:
    """The column of a CSV file with a header `id,<column>`, in the order of ids.

    Raises InputError, naming line and fault, where the header is another, or where a row is short, unknown, missing
    or there twice.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.DictReader(file)
        columns = lines.fieldnames or []
        if not {"id", column} <= set(columns):
            raise InputError(
                f"{path} has the columns {', '.join(columns) or 'none'}; its header must be id,{column}."
            )
        rows = [((row["id"] or "").strip(), (row[column] or "").strip()) for row in lines]
    for number, (name, value) in enumerate(rows, start=2):
        if not value:
            raise InputError(f"{path}, line {number}: {name!r} has no {column}.")
    held = dict(rows)
    repeated = [name for name, count in Counter(name for name, _ in rows).items() if count > 1]
    strange, missing = sorted(set(held) - set(ids)), sorted(set(ids) - set(held))
    for names, what in (
        (repeated, "stand there more than once"),
        (strange, "are not asked about"),
        (missing, "are missing"),
    ):
        if names:
            raise InputError(f"{path}: {len(names)} ids {what} (first: {names[0]}); give each id once.")
    return tuple(held[name] for name in ids)
