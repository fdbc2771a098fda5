"""Six slices of three patients, and the tables beside them, in whatever form a case asks for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.odd_inputs.case import Right
from benchmarks.odd_inputs.pictures import answer, plain, write_all

N = 6
WHO = dict(zip(plain(N), ("A1", "A1", "B2", "B2", "C3", "C3"), strict=True))
ROWS = [(f"{name}.png", who) for name, who in WHO.items()]
HEADER = ("file_name", "patient_id")
UNKNOWN = r"patients? of their own|unknown|no patient|not named|nobody"  # what a note of missing patients speaks of


def right(who: Mapping[str, str] | None = None, *notes: str) -> list[Right]:
    """All six slices with these patients, the plain ones if none are given; empty for a patient whom nobody names."""
    return [Right(answer(plain(N), WHO if who is None else who), notes)]


def by_place(make: Callable[[int], str]) -> dict[str, str]:
    """The patient of each slice, from its place."""
    return {name: make(k) for k, name in enumerate(WHO)}


def text(
    rows: Sequence[Sequence[str]], separator: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    """The table as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def in_bytes(root: Path, content: bytes, answers: list[Right], name: str = "metadata.csv") -> list[Right]:
    """The slices and a table of these bytes."""
    write_all(root / "data", plain(N))
    (root / "data" / name).write_bytes(content)
    return answers


def in_csv(root: Path, rows: Sequence[Sequence[str]], answers: list[Right]) -> list[Right]:
    """The slices and a CSV of these rows, the header among them."""
    return in_bytes(root, text(rows).encode(), answers)


def with_patients(root: Path, who: Mapping[str, str], answers: list[Right]) -> list[Right]:
    """The slices and a CSV in which they are of these patients."""
    return in_csv(root, [HEADER, *((f"{name}.png", one) for name, one in who.items())], answers)


def lines(change: Callable[[int, str], Any] | None = None) -> list[dict[str, Any]]:
    """A record a slice; change: from its place and patient to what stands as the patient."""
    told = change or (lambda k, who: who)
    return [{"file_name": name, "patient_id": told(k, who)} for k, (name, who) in enumerate(ROWS)]


def in_jsonl(root: Path, records: Sequence[Mapping[str, Any]], answers: list[Right]) -> list[Right]:
    """The slices and JSON lines of these records."""
    content = "".join(json.dumps(one) + "\n" for one in records)
    return in_bytes(root, content.encode(), answers, "metadata.jsonl")


def in_parquet(root: Path, patients: Sequence[Any], answers: list[Right]) -> list[Right]:
    """The slices and a parquet file in which they are of these patients, of whatever type."""
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")  # untyped
    write_all(root / "data", plain(N))
    columns = {"file_name": [name for name, _ in ROWS], "patient_id": [*patients]}
    parquet.write_table(arrow.table(columns), root / "data" / "metadata.parquet")
    return answers
