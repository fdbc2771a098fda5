"""Parsers of data sets of rows: a parquet file, and what `datasets` keeps in a folder."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pyarrow.parquet

from benchmarks.fuzzed.parser import Made, Parser, chosen, one_of, written
from benchmarks.odd_inputs.pictures import full_range
from harness.data.options import HubData, ParquetData
from harness.data.pseudonyms import Salt
from harness.data.sources.dataset.rows import find_rows, read_rows

_SIDE = 16
_SAVED, _ROWS = "saved", "data-00000-of-00001.arrow"
_FILES = (_ROWS, "dataset_info.json", "state.json")


def _parquet(data: bytes, folder: Path) -> object:
    found = find_rows(ParquetData(files=str(written(data, folder / "rows.parquet")), size=_SIDE))
    return read_rows(found, _SIDE, Salt.of(None))


def _of_parquet(_made: Made) -> list[bytes]:
    file = BytesIO()
    pyarrow.parquet.write_table(_table(), file)
    numbers = pyarrow.table({"image": [full_range(_SIDE).tolist()], "patient_id": [7]})
    plain = BytesIO()
    pyarrow.parquet.write_table(numbers, plain)
    return [file.getvalue(), plain.getvalue()]


def _table() -> Any:
    from PIL import Image

    file = BytesIO()
    Image.fromarray(full_range(_SIDE)).save(file, "PNG")
    schema = datasets.Features({"image": datasets.Image(), "patient_id": datasets.Value("string")}).arrow_schema
    rows = {"image": [{"bytes": file.getvalue(), "path": "a.png"}] * 2, "patient_id": ["1", None]}
    return pyarrow.table(rows, schema=schema)


def _saved(data: bytes, folder: Path) -> object:
    """One of the three files of a folder that `save_to_disk` made; the other two are whole."""
    which, content = one_of(data, len(_FILES))
    whole = {name: (folder / _SAVED / name).read_bytes() for name in _FILES}
    written(content, folder / _SAVED / _FILES[which])
    try:
        return read_rows(find_rows(HubData(path=str(folder / _SAVED), size=_SIDE)), _SIDE, Salt.of(None))
    finally:
        for name in _FILES:
            written(whole[name], folder / _SAVED / name)


def _save(folder: Path, _made: Made) -> None:
    datasets.disable_progress_bars()
    datasets.Dataset(_table()).save_to_disk(folder / _SAVED)


def _of_saved(_made: Made) -> list[bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        _save(Path(name), None)
        return chosen({place: [(Path(name) / _SAVED / file).read_bytes()] for place, file in enumerate(_FILES)})


PARSERS = (
    Parser("parquet data sets", _parquet, _of_parquet),
    Parser("saved data sets", _saved, _of_saved, prepare=_save),
)
