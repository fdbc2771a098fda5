"""A data set of rows, each with an image and perhaps a patient, as slices. Of a row nothing else is read or kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from harness.data.options import HubData, ParquetData
from harness.data.pseudonyms import Salt
from harness.data.sources.account import Account
from harness.data.sources.dataset.columns import Columns, chosen_columns
from harness.data.sources.dataset.hashed import hashed_patients
from harness.data.sources.dataset.images import Cell, Scale, Seen, array_of, grey_of, look, scale_of, white_of
from harness.data.sources.dataset.parts import Part, parts_of
from harness.data.sources.folder.read import ALONE
from harness.data.sources.patients import Whose, warn_of_alike, warn_of_alone, whose
from harness.data.sources.pixels.fit import fit
from harness.data.sources.pixels.greys import Grey, float_scale
from harness.data.sources.pixels.remarks import Remarks
from harness.data.sources.pixels.window import Window, window_of
from harness.data.sources.slices import Slices
from harness.errors import InputError

if TYPE_CHECKING:
    import pyarrow

_LONGEST_ID = 2**12  # characters, as of metadata


class Row(NamedTuple):
    """A row: what messages call it, its image as stored, and what its column of patients holds."""

    name: str
    cell: Cell
    written: Any


class Found(NamedTuple):
    """A data set that was looked through once. digest: of all that decides its slices but the window; called: the
    option."""

    called: str
    parts: list[Part]
    columns: Columns
    seen: list[Seen]
    whose: list[Whose]
    window: Window | None

    @property
    def digest(self) -> str:
        """Of images and patients in their order, hex; where they lie and how they are packed is no part of it."""
        digest = hashlib.sha256()
        for seen, one in zip(self.seen, self.whose, strict=True):
            patient = hashlib.sha256((one.patient or "").encode()).digest()
            digest.update(seen.digest + bytes([one.patient is not None]) + patient)
        return digest.hexdigest()

    @property
    def account(self) -> Account:
        """For the manifest, with the commit where one is known."""
        return Account(self.called, len(self.seen), revision=self.parts[0].revision)


def find_rows(data: HubData | ParquetData) -> Found:
    """Look through every row once, a few at a time: which there are, whose they are, which range numbers have.

    Raises InputError for a data set or column that is not there, a row without an image, a patient that is no id.
    """
    called = "data.files" if isinstance(data, ParquetData) else "data.path"
    parts = parts_of(data)
    columns = chosen_columns(parts[0].features, data.image, data.patient, called)
    _check_alike(parts, columns, called)
    seen: list[Seen] = []
    people: list[Whose] = []
    for row in _rows(parts, columns, called):
        seen.append(look(row.cell, row.name))
        people.append(_whose(row))
    if not seen:
        raise InputError(f"{called} has no rows; give a data set that holds slices.")
    return Found(called, parts, columns, seen, people, None if data.window is None else window_of(data.window))


def read_rows(found: Found, size: int, salt: Salt) -> Slices:
    """Every row's image as uint8 pixels [n, size, size]; only a few are held as they are stored.

    Ids are the numbers of the rows, patients salted hashes: neither a file's name nor a patient's goes any further.
    Raises InputError, with the row, for an image that cannot be read.
    """
    n, called = len(found.seen), found.called
    pixels, remarks, scale = (
        np.empty((n, size, size), np.uint8),
        Remarks(),
        scale_of(found.seen, called, found.window),
    )
    white = _white(found)
    for place, row in enumerate(_rows(found.parts, found.columns, called)):
        pixels[place] = fit(_grey(row, scale, white, remarks), size, row.name, remarks)
    remarks.warn(n, called, size)
    ids = tuple(f"row_{place + 1:0{max(5, len(str(n)))}d}" for place in range(n))
    _warn_of_patients(found, ids)
    hashed = hashed_patients([one.patient for one in found.whose], salt)
    unnamed = frozenset(name for name, patient in zip(ids, hashed, strict=True) if patient is None)
    alone = "" if len(unnamed) == n else ALONE
    patients = tuple(patient or f"{alone}{name}" for name, patient in zip(ids, hashed, strict=True))
    return Slices(pixels, ids, patients, unnamed, account=found.account)


def _warn_of_patients(found: Found, ids: Sequence[str]) -> None:
    """Of those whom nobody names, and of ids that are spelt alike; without any of them."""
    instead = {name: one.instead for name, one in zip(ids, found.whose, strict=True) if one.patient is None}
    nowhere = "no column is called patient_id, and data.patient=COLUMN names none"
    warn_of_alone(instead, len(ids), found.called, found.columns.patient is not None, nowhere)
    people = [one.patient for one in found.whose if one.patient is not None]
    warn_of_alike(people, found.called, "They count as one patient's.", named=False)


def _grey(row: Row, scale: Scale, white: Callable[[], float], remarks: Remarks) -> Grey:
    return grey_of(row.cell, row.name, scale, white, remarks)


def _white(found: Found) -> Callable[[], float]:
    """What is white in encoded floats, looked for in all rows once one of them holds such."""

    @cache
    def white() -> float:
        rows = _rows(found.parts, found.columns, found.called)
        return float_scale([one for row in rows for one in white_of([(row.cell, row.name)])], found.called)

    return white


def _whose(row: Row) -> Whose:
    if isinstance(row.written, str) and len(row.written) > _LONGEST_ID:
        raise InputError(f"{row.name}: the patient has over {_LONGEST_ID} characters, the most that is read.")
    return whose(row.written, row.name, named=False)


def _check_alike(parts: Sequence[Part], columns: Columns, called: str) -> None:
    for number, part in enumerate(parts[1:], start=2):
        for name in columns.names:
            if name not in part.features or str(part.features[name]) != str(parts[0].features[name]):
                raise InputError(
                    f"{called}: the column {name} of file {number} is missing, or of another type than that of the "
                    "first; read files of one kind."
                )


def _rows(parts: Sequence[Part], columns: Columns, called: str) -> Iterator[Row]:
    number = 0
    for part in parts:
        for table in _whole(part.rows(columns.names), called, number):
            images = table.column(columns.image)
            people = (
                table.column(columns.patient).to_pylist() if columns.patient is not None else [None] * len(images)
            )
            for scalar, written in zip(images, people, strict=True):
                number += 1
                name = f"row {number} of {called}"
                yield Row(name, _cell(scalar, part, name), written)


def _whole(tables: Iterator[pyarrow.Table], called: str, before: int) -> Iterator[pyarrow.Table]:
    """The tables; what goes wrong in reading one is told."""
    try:
        yield from tables
    except InputError:
        raise
    except Exception as error:  # `datasets` raises whatever the files of others make its readers raise
        reason = f"the library datasets raised {type(error).__name__}"  # what it says may name files and cells
        raise InputError(f"{called}: the rows after row {before} cannot be read ({reason}).") from error


def _cell(scalar: pyarrow.Scalar, part: Part, name: str) -> Cell:
    """What a cell holds: the bytes of a file, a file's place, or an array."""
    from pyarrow import types

    if not scalar.is_valid:
        raise InputError(f"{name} has no image; leave such rows out.")
    if types.is_struct(scalar.type):
        stored = scalar.as_py()
        if stored.get("bytes"):
            return bytes(stored["bytes"])
        value = stored.get("path")
        if not value:
            raise InputError(f"{name} has no image; leave such rows out.")
    elif types.is_string(scalar.type) or types.is_large_string(scalar.type):
        value = scalar.as_py()
    elif types.is_binary(scalar.type) or types.is_large_binary(scalar.type):
        return bytes(scalar.as_py())
    else:
        return array_of(scalar, name)
    try:
        return part.file_of(value)
    except InputError as error:
        raise InputError(f"{name} {error}") from error
    except Exception as error:  # of the Hub, with the file's name
        raise InputError(f"{name} names a file that cannot be had ({type(error).__name__}).") from None
