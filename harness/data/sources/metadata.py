"""Metadata of an imagefolder as a table: `file_name` says which file, `patient_id` whose, all else is passed over."""

from __future__ import annotations

import csv
import json
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from harness.data.sources.patients import Whose, whose
from harness.errors import InputError

FILE, PATIENT = "file_name", "patient_id"
_LARGEST = 2**30  # bytes, of a table as it is stored and of parquet columns unpacked


class Row(NamedTuple):
    """One row: the file it names, as a path below the folder in NFC, and whose slice that is."""

    name: str
    whose: Whose


def read_metadata(paths: tuple[Path, ...], root: Path) -> list[Row]:
    """The rows of all metadata files below `root`, in their order; names are relative to each file's own folder.

    Raises InputError, naming file and line, for what is no table with a column `file_name`, names a path outside of
    `root`, or names one file twice.
    """
    rows: list[Row] = []
    first: dict[str, str] = {}
    for path in paths:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path} has over {_LARGEST // 2**30} GiB; a metadata table is far smaller.")
        folder = PurePosixPath(path.parent.relative_to(root).as_posix())
        count = len(rows)
        for where, cells in _READERS[path.suffix](path):
            name = _below(folder, cells.get(FILE), where)
            if name in first:
                raise InputError(
                    f"{where}: the metadata of {root} names the file {name} more than once (before: {first[name]}); "
                    "keep one row an image."
                )
            first[name] = where.removeprefix(f"{path}, ")
            rows.append(Row(name, whose(cells.get(PATIENT), where)))
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


def _csv_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every cell is text as written: patient 007 is not patient 7."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file, strict=True)
            columns = next(lines, [])
            _check_columns(path, columns)
            for cells in lines:
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
            for number, line in enumerate(file, start=1):
                where = f"{path}, line {number}"
                if not line.strip():
                    continue
                try:
                    cells = json.loads(line, object_pairs_hook=_object)
                except (ValueError, RecursionError) as error:
                    raise InputError(f"{where} cannot be read as JSON: {error}.") from error
                if not isinstance(cells, dict) or FILE not in cells:
                    raise InputError(
                        f"{where} has no {FILE}; every line is an object with {FILE} and perhaps {PATIENT}."
                    )
                yield where, cells
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text ({error.reason}); save it as UTF-8.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _parquet_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    import pyarrow.parquet  # start-up: half a second, and few have such metadata

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            columns = list(file.schema_arrow.names)
            _check_columns(path, columns)
            wanted = [name for name in (FILE, PATIENT) if name in columns]
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
            sizes = (group.column(place) for group in groups for place in range(group.num_columns))
            taken = sum(one.total_uncompressed_size for one in sizes if one.path_in_schema in wanted)
            if taken > _LARGEST:
                raise InputError(f"{path} unpacks to over {_LARGEST // 2**30} GiB; a metadata table is far smaller.")
            number = 0
            for batch in file.iter_batches(columns=wanted):
                for cells in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", cells
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path} cannot be read as parquet: {error}.") from error


_READERS = {".csv": _csv_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}
