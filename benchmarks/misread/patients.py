"""Patients whom nobody names, ids as text, ids that lost digits, and two spellings of what may be one person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.tables import (
    HEADER,
    ROWS,
    UNKNOWN,
    WHO,
    N,
    by_place,
    in_csv,
    in_jsonl,
    in_parquet,
    lines,
    right,
    with_patients,
)

_GONE = (1, 3)  # places of the slices whose patients nobody names
_MISSING = {name: "" if k in _GONE else who for k, (name, who) in enumerate(WHO.items())}
_TOLD = r"differ only|spell|alike|same patient|same person|look the same"
CELLS = ("", " ", "\u00a0", "nan", "NaN", "null", "NULL", "None", "NA", "N/A", "<NA>")
PAIRS = {
    "case": ("p1", "P1"),
    "a space within": ("P 1", "P1"),
    "an invisible character": ("P1", "P1\u200b"),
    "leading zeros": ("001", "1"),
    "Unicode form": ("Jos\u00e9", "Jose\u0301"),
    "wide digits": ("P1", "P\uff11"),
    "a soft hyphen": ("P1", "P\u00ad1"),
}


def _spelt(root: Path, cell: str) -> list[Right]:
    """Two patients whom nobody knows, as a program spells that in CSV: never one patient of that name."""
    rows = [(name, cell if k in _GONE else who) for k, (name, who) in enumerate(ROWS)]
    return in_csv(root, [HEADER, *rows], right(_MISSING, r"\b2\b", UNKNOWN))


def _absent(root: Path, value: Any) -> list[Right]:
    """The same in JSON; value: `...` where the key itself is not there."""
    records = lines(lambda k, who: value if k in _GONE else who)
    for k in _GONE:
        if value is ...:
            del records[k]["patient_id"]
    return in_jsonl(root, records, right(_MISSING, r"\b2\b", UNKNOWN))


def _numbers_and_nan(root: Path) -> list[Right]:
    """Whole numbers that became floats, because some are missing (pandas): who is whose does not change."""
    whole = by_place(lambda k: "" if k in _GONE else str(k // 2 + 1))
    floats = by_place(lambda k: "" if k in _GONE else f"{k // 2 + 1}.0")
    records = lines(lambda k, who: float("nan") if k in _GONE else k // 2 + 1)
    return in_jsonl(root, records, [*right(whole, UNKNOWN), *right(floats, UNKNOWN)])


def _alike(root: Path, spellings: Sequence[str]) -> list[Right]:
    """Two spellings of what may be one patient: told, and neither merged in silence nor parted in silence."""
    who = by_place(lambda k: spellings[k % 2] if k < 4 else "C3")
    return with_patients(root, who, right(who, _TOLD))


def _space_after(root: Path) -> list[Right]:
    """Spaces round an id are no part of it; who keeps them has to tell."""
    who = by_place(lambda k: ("P1", "P1 ")[k % 2] if k < 4 else "C3")
    return with_patients(root, who, [*right({name: one.strip() for name, one in who.items()}), *right(who, _TOLD)])


def _floats(root: Path) -> list[Right]:
    """Floats that are whole: 1 or 1.0, but the same three patients."""
    whole, floats = by_place(lambda k: str(k // 2 + 1)), by_place(lambda k: f"{k // 2 + 1}.0")
    return in_parquet(root, [float(k // 2 + 1) for k in range(N)], [*right(whole), *right(floats)])


def _with_nulls(root: Path) -> list[Right]:
    values = [None if k in _GONE else who for k, (_, who) in enumerate(ROWS)]
    return in_parquet(root, values, right(_MISSING, UNKNOWN))


def cases(real: Path | None = None) -> Sequence[Case]:
    """By how patients are missing, and by what their ids are made of."""
    missing = (("null", None), ("NaN", float("nan")), ("an empty text", ""), ("nothing", ...), ("'nan'", "nan"))
    zeros = by_place(lambda k: f"00{k // 2 + 1}")
    long = by_place(lambda k: f"{2**65 + k // 2}")
    halves = by_place(lambda k: str(k // 2))
    listed, lost = lines(lambda k, who: [who]), lines(lambda k, who: float(10**17 + k // 2))
    numbers = lines(lambda k, who: k // 2)
    mixed = lines(lambda k, who: k // 2 if k % 2 else str(k // 2))
    spread = by_place(lambda k: "1.23457E+15")
    return [
        *(Case(f"missing as {cell!r}", partial(_spelt, cell=cell), "folder", True) for cell in CELLS),
        *(Case(f"missing as {cell!r}, a run", partial(_spelt, cell=cell), "pool", True) for cell in ("", "nan")),
        *(Case(f"missing in JSON as {told}", partial(_absent, value=one), "folder", True) for told, one in missing),
        *(Case(f"differ by {how}", partial(_alike, spellings=two), "folder", True) for how, two in PAIRS.items()),
        Case("differ by a space after", _space_after, "folder", True),
        Case("leading zeros", partial(with_patients, who=zeros, answers=right(zeros)), "folder"),
        Case("leading zeros, a run", partial(with_patients, who=zeros, answers=right(zeros)), "pool"),
        Case("ids of 20 digits", partial(with_patients, who=long, answers=right(long)), "folder"),
        Case("digits lost to a spreadsheet", partial(with_patients, who=spread, answers=[]), "folder"),
        Case("JSON of numbers", partial(in_jsonl, records=numbers, answers=right(halves)), "folder"),
        Case("JSON of numbers and texts", partial(in_jsonl, records=mixed, answers=right(halves)), "folder", True),
        Case("JSON of numbers and NaN", _numbers_and_nan, "folder", True),
        Case("JSON of lists", partial(in_jsonl, records=listed, answers=[]), "folder"),
        Case("JSON of floats that lost digits", partial(in_jsonl, records=lost, answers=[]), "folder"),
        Case("parquet of texts", partial(in_parquet, patients=[*WHO.values()], answers=right()), "folder"),
        Case("parquet of numbers", partial(in_parquet, patients=[0, 0, 1, 1, 2, 2], answers=right(halves)), "folder"),
        Case("parquet with nulls", _with_nulls, "folder", True),
        Case("parquet of floats that are whole", _floats, "folder", True),
        Case(
            "parquet of floats that lost digits",
            partial(in_parquet, patients=[float(2**60 + k // 2) for k in range(N)], answers=[]),
            "folder",
        ),
    ]


BENCHMARK = class_of_inputs(
    "patients", "patients missing in every spelling, ids as text, ids that lost digits, ids alike", cases, quick=3
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
