"""How many rows of parquet files are read at once, from what their footers say, before a number is unpacked.

A few hundred bytes may hold one row of 2^28 zeros, or a thousand rows of one picture, which unpacked fill the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.data.sources.pixels.opened import MOST_BYTES, MOST_PIXELS
from harness.errors import InputError

_WIDTH = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}  # bytes of one number unpacked


def rows_at_once(files: Iterable[Path], most: int, columns: Sequence[str] | None = None) -> int:
    """1 to `most` rows: so many that, however the values of a group lie in its rows, `MOST_BYTES` hold them, or one.

    columns: of which, None for all. Raises InputError where the rows of a group have on average more than
    `MOST_PIXELS` numbers or `MOST_BYTES`.
    """
    from pyarrow.parquet import read_metadata

    largest = 1
    for path in files:
        footer = read_metadata(path)
        for group in map(footer.row_group, range(footer.num_row_groups)):
            for column in map(group.column, range(footer.num_columns)):
                if columns is None or any(_is_of(column.path_in_schema, name) for name in columns):
                    largest = max(largest, _most_of_a_row(column, group.num_rows))
    return max(1, min(most, MOST_BYTES // largest))


def _is_of(path: str, column: str) -> bool:
    """Whether numbers are a column's: its path begins with its name, in which a dot may stand, too."""
    return path == column or path.startswith(f"{column}.")


def _most_of_a_row(column: Any, n_rows: int) -> int:
    """Bytes that one row of a group can have of a column. InputError where all have too many."""
    width = _WIDTH.get(column.physical_type)
    if width is None:  # text and bytes: each value stands somewhere in the group
        if column.total_uncompressed_size > MOST_BYTES * n_rows:
            raise InputError(
                f"A row of the data set holds more than {MOST_BYTES / 2**30:g} GiB, the most that is read."
            )
        return int(column.total_uncompressed_size)
    if column.num_values > MOST_PIXELS * n_rows:
        many = column.num_values // max(1, n_rows)
        raise InputError(f"A row of the data set holds {many} numbers; at most {MOST_PIXELS} are read.")
    return int(column.num_values) * width
