"""Metadata of an imagefolder as a table: `file_name` says which file, `patient_id` whose, all else is passed over."""

from __future__ import annotations

import csv
import json
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from harness.bounded import each_once
from harness.data.sources.patients import Whose, whose
from harness.errors import InputError

if TYPE_CHECKING:
    import pyarrow.parquet

FILE, PATIENT = "file_name", "patient_id"
_LARGEST = 2**30  # bytes, of a table as it is stored and of parquet columns unpacked
_LONGEST_RECORD, _LONGEST_CELL = 2**20, 2**12  # characters
_ROWS_AT_ONCE = 2**12


class Row(NamedTuple):
    """One row: the file it names, as a path below the folder in NFC, whose slice that is, and the row's place."""

    name: str
    whose: Whose
    where: str


def read_metadata(paths: tuple[Path, ...], root: Path) -> list[Row]:
    """The rows of all metadata files below `root`, in their order; names are relative to each file's own folder.

    Raises InputError, naming file and line, for what is no table with a column `file_name`, names a path outside of
    `root`, or names one file twice.
    """
    rows: list[Row] = []
    first: dict[str, str] = {}
    for path in paths:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path} has over {_LARGEST / 2**30:g} GiB; a metadata table is far smaller.")
        folder = PurePosixPath(path.parent.relative_to(root).as_posix())
        count = len(rows)
        for where, cells in _READERS[path.suffix](path):
            _check_lengths(cells, where)
            name = _below(folder, cells.get(FILE), where)
            if name in first:
                raise InputError(
                    f"{where}: the metadata of {root} names the file {name} more than once (before: {first[name]}); "
                    "keep one row an image."
                )
            first[name] = where.removeprefix(f"{path}, ")
            rows.append(Row(name, whose(cells.get(PATIENT), where), where))
        if len(rows) == count:
            raise InputError(f"{path} has a header and no rows; add a row for each image, or remove it.")
    return rows


def same_form(name: str) -> str:
    """A file name in the one Unicode form that names are compared in (NFC; file systems keep NFC and NFD apart)."""
    return unicodedata.normalize("NFC", name)


def _below(folder: PurePosixPath, given: object, where: str) -> str:
    """The path below the root that a row names."""
    if not isinstance(given, str) or not given.strip():
        raise InputError(f"{where}: {FILE} is empty; every row names an image.")
    path = posixpath.normpath(posixpath.join(folder.as_posix(), given))
    if PurePosixPath(given).is_absolute() or path == ".." or path.startswith("../"):
        raise InputError(
            f"{where}: {FILE} {given!r} lies outside of the folder; names are relative to the metadata file."
        )
    return same_form(path)


def _check_lengths(cells: Mapping[str, Any], where: str) -> None:
    for column in (FILE, PATIENT):
        cell = cells.get(column)
        if isinstance(cell, str) and len(cell) > _LONGEST_CELL:
            raise _too_long(where, column)


def _too_long(where: str, column: str) -> InputError:
    return InputError(f"{where}: {column} has over {_LONGEST_CELL} characters, the most that is read.")


class _Lines:
    """The lines of a text, of which those of one record are bounded. taken: characters of this record so far."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file, self._path = file, path
        self._number = self.taken = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(_LONGEST_RECORD + 1 - self.taken)
        if not line:
            raise StopIteration
        self._number += 1
        self.taken += len(line)
        if self.taken > _LONGEST_RECORD:
            raise InputError(
                f"{self._path}, line {self._number}: a row has over {_LONGEST_RECORD} characters, the most that is "
                "read; a row of metadata is far shorter."
            )
        return line


def _csv_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every cell is text as written: patient 007 is not patient 7."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            text = _Lines(file, path)
            lines = csv.reader(text, strict=True)
            columns = next(lines, [])
            _check_columns(path, columns)
            for cells in lines:
                text.taken = 0
                if not cells:
                    continue
                where = f"{path}, line {lines.line_num}"
                if len(cells) > len(columns):
                    raise InputError(
                        f"{where} has {len(cells)} fields, where the header has {len(columns)}; a value that holds a "
                        "comma needs quotes."
                    )
                yield where, dict(zip(columns, cells, strict=False))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text ({error.reason}); save it as UTF-8 CSV.") from error
    except csv.Error as error:
        raise InputError(f"{path}, line {lines.line_num} cannot be read as CSV: {error}.") from error


def _check_columns(path: Path, columns: list[str]) -> None:
    if PATIENT not in columns:
        near = [name for name in columns if re.sub(r"[\W_]", "", name).casefold() == "patientid"]
        if near:
            raise InputError(f"{path} has a column {near[0]!r} and none {PATIENT}; rename it.")
    if columns.count(FILE) == 1 and columns.count(PATIENT) <= 1:
        return
    if FILE in columns:
        twice = FILE if columns.count(FILE) > 1 else PATIENT
        raise InputError(f"{path} has several columns {twice}; keep one.")
    other = next((mark for mark in ";\t" if len(columns) == 1 and mark in columns[0]), None)
    hint = f" Its fields seem to be parted by {other!r}; save it with commas." if other else ""
    raise InputError(f"{path} has no column {FILE}; it has: {', '.join(columns) or 'none'}.{hint}")


def _json_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = _Lines(file, path)
            for number, line in enumerate(text, start=1):
                text.taken = 0
                where = f"{path}, line {number}"
                if not line.strip():
                    continue
                try:
                    cells = json.loads(line, object_pairs_hook=each_once)
                except (ValueError, RecursionError) as error:
                    raise InputError(f"{where} cannot be read as JSON: {error}.") from error
                if not isinstance(cells, dict) or FILE not in cells:
                    raise InputError(
                        f"{where} has no {FILE}; every line is an object with {FILE} and perhaps {PATIENT}."
                    )
                yield where, cells
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text ({error.reason}); save it as UTF-8.") from error


def _parquet_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    import pyarrow.parquet  # start-up: half a second, and few have such metadata

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            columns = list(file.schema_arrow.names)
            _check_columns(path, columns)
            wanted = [name for name in (FILE, PATIENT) if name in columns]
            _check_flat(path, file, wanted)
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
            # Single columns only where all together are large: asked for one of damaged statistics, pyarrow aborts.
            if sum(group.total_byte_size for group in groups) > _LARGEST and _unpacked(groups, wanted) > _LARGEST:
                raise InputError(f"{path} unpacks to over {_LARGEST / 2**30:g} GiB; a metadata table is far smaller.")
            about = file.metadata
        number = 0
        # Read as dictionaries: a value that many rows share is held once, where to write it out may take gigabytes.
        with pyarrow.parquet.ParquetFile(path, metadata=about, read_dictionary=wanted) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=wanted):
                columns = [_written_out(path, name, batch.column(name), number) for name in wanted]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield f"{path}, row {number}", dict(zip(wanted, cells, strict=True))
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as parquet: {error}.") from error


def _unpacked(groups: Sequence[pyarrow.parquet.RowGroupMetaData], wanted: Sequence[str]) -> int:
    """Bytes of these columns, unpacked."""
    columns = (group.column(place) for group in groups for place in range(group.num_columns))
    return sum(one.total_uncompressed_size for one in columns if one.path_in_schema in wanted)


def _check_flat(path: Path, file: pyarrow.parquet.ParquetFile, wanted: list[str]) -> None:
    """InputError for a column of lists, mappings, bytes and the like, and for one that pyarrow would read along."""
    from pyarrow import types

    for name in wanted:
        kind = file.schema_arrow.field(name).type
        held = kind.value_type if types.is_dictionary(kind) else kind
        text = types.is_string(held) or types.is_large_string(held) or types.is_string_view(held)
        if not (text or types.is_integer(held) or types.is_floating(held) or types.is_null(held)):
            raise InputError(f"{path} has a column {name} of the kind {kind}; text or numbers are read there.")
        inside = next((one.path for one in file.schema if one.path.startswith(f"{name}.")), None)
        if inside is not None:
            raise InputError(
                f"{path} has a column {inside} beside {name}, for a part of which it would pass; rename it."
            )


def _written_out(path: Path, name: str, column: pyarrow.Array, before: int) -> list[Any]:
    """The cells of a column, none of them longer than is read. before: how many rows came before it."""
    from pyarrow import compute, types

    if types.is_dictionary(column.type):
        values = column.dictionary
        if types.is_string(values.type) or types.is_large_string(values.type):
            # Bytes: four make a character at most.
            over = compute.greater(compute.binary_length(values), 4 * _LONGEST_CELL).take(column.indices)
            place = compute.index(over, True).as_py()
            if place >= 0:
                raise _too_long(f"{path}, row {before + place + 1}", name)
        column = column.dictionary_decode()
    cells: list[Any] = column.to_pylist()
    return cells


_READERS = {".csv": _csv_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}
