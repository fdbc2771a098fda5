"""Tables beside slices: columns of any name, ids as text, and patients whom nobody names."""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import answer, plain, write_all

N = 6
WHO = dict(zip(plain(N), ("A1", "A1", "B2", "B2", "C3", "C3"), strict=True))
ROWS = [(f"{name}.png", who) for name, who in WHO.items()]
Form = Literal["NFC", "NFD"]
_FORMS: tuple[Form, ...] = ("NFC", "NFD")
HEADER = ("file_name", "patient_id")
_UNKNOWN = r"patients? of their own|unknown|no patient|not named|nobody"


def _right(who: dict[str, str] | None = None, *notes: str) -> list[Right]:
    return [Right(answer(plain(N), WHO if who is None else who), notes)]


def text(
    rows: Sequence[Sequence[str]], separator: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    """The table as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def _slices(root: Path) -> Path:
    write_all(root / "data", plain(N))
    return root / "data"


def _bytes(root: Path, content: bytes, name: str = "metadata.csv", right: list[Right] | None = None) -> list[Right]:
    (_slices(root) / name).write_bytes(content)
    return _right() if right is None else right


def _csv(root: Path, rows: Sequence[Sequence[str]], right: list[Right] | None = None) -> list[Right]:
    return _bytes(root, text(rows).encode(), right=right)


def _column(root: Path, name: str, first: bool) -> list[Right]:
    """One more column, whose cells look like what a reader may take them for."""
    cells = [
        f"{(int(row[0][2:4]) + 1) % N:d}" if name == "label" else f"s_{(k + 1) % N:02d}.png"
        for k, row in enumerate(ROWS)
    ]
    rows = [(cell, *row) if first else (*row, cell) for row, cell in zip(ROWS, cells, strict=True)]
    return _csv(root, [(name, *HEADER) if first else (*HEADER, name), *rows])


def _jsonl(root: Path, lines: Sequence[dict[str, Any]], right: list[Right] | None = None) -> list[Right]:
    return _bytes(root, "".join(json.dumps(line) + "\n" for line in lines).encode(), "metadata.jsonl", right)


def _lines(change: Any = None) -> list[dict[str, Any]]:
    return [
        {"file_name": name, "patient_id": who if change is None else change(k, who)}
        for k, (name, who) in enumerate(ROWS)
    ]


def _parquet(root: Path, columns: dict[str, Any], right: list[Right] | None = None) -> list[Right]:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")  # untyped
    parquet.write_table(arrow.table(columns), _slices(root) / "metadata.parquet")
    return _right() if right is None else right


def _parquet_of(root: Path, values: Sequence[Any], right: list[Right]) -> list[Right]:
    return _parquet(root, {"file_name": [name for name, _ in ROWS], "patient_id": list(values)}, right)


_MISSING = {name: "" if k in (1, 3) else who for k, (name, who) in enumerate(WHO.items())}


def _spelt(root: Path, cell: str) -> list[Right]:
    """Two patients whom nobody knows, as a program spells that in CSV: never one patient of that name."""
    rows = [(name, cell if k in (1, 3) else who) for k, (name, who) in enumerate(ROWS)]
    return _csv(root, [HEADER, *rows], _right(_MISSING, r"\b2\b", _UNKNOWN))


def _absent_in_jsonl(root: Path, value: Any) -> list[Right]:
    lines = _lines(lambda k, who: value if k in (1, 3) else who)
    for k in (1, 3):
        if value is Ellipsis:
            del lines[k]["patient_id"]
    return _jsonl(root, lines, _right(_MISSING, r"\b2\b", _UNKNOWN))


def _numbers_and_nan(root: Path) -> list[Right]:
    """Whole numbers that became floats, because some are missing (pandas): who is whose does not change."""
    lines = _lines(lambda k, who: float("nan") if k in (1, 3) else k // 2 + 1)
    plain_ids = {name: "" if k in (1, 3) else str(k // 2 + 1) for k, name in enumerate(WHO)}
    floats = {name: one and f"{one}.0" for name, one in plain_ids.items()}
    return _jsonl(root, lines, [*_right(plain_ids, _UNKNOWN), *_right(floats, _UNKNOWN)])


def _other_name(root: Path, on_disk: Form, in_table: Form) -> list[Right]:
    """One file name, in two Unicode forms."""
    pictures = {unicodedata.normalize(on_disk, f"Schädel_{k}"): one for k, one in enumerate(plain(N).values())}
    write_all(root / "data", pictures)
    rows = [(unicodedata.normalize(in_table, f"{name}.png"), f"P{k // 2}") for k, name in enumerate(pictures)]
    (root / "data" / "metadata.csv").write_text(text([HEADER, *rows]), encoding="utf-8")
    return [
        Right(
            answer(
                {unicodedata.normalize(form, name): one for name, one in pictures.items()},
                {unicodedata.normalize(form, name): f"P{k // 2}" for k, name in enumerate(pictures)},
            )
        )
        for form in _FORMS
    ]


def _alike(root: Path, spellings: Sequence[str], kept: bool = True) -> list[Right]:
    """Two spellings of what may be one patient: told, and neither merged in silence nor parted in silence."""
    who = {name: spellings[k % 2] if k < 4 else "C3" for k, name in enumerate(WHO)}
    rows = [(f"{name}.png", one) for name, one in who.items()]
    told = (r"differ only|spell|alike|same patient|same person|look the same",)
    as_written = _right(who, *told)
    trimmed = _right({name: one.strip() for name, one in who.items()}, *told)
    one_only = [] if kept else [Right(answer(plain(N), {name: one.strip() for name, one in who.items()}))]
    return _csv(root, [HEADER, *rows], [*as_written, *trimmed, *one_only])


def _outside(root: Path, name: str) -> list[Right]:
    """A row that names a file elsewhere."""
    write_all(root / "elsewhere", {"x": plain(1)["s_00"]})
    told = name.format(root=root)
    return _csv(root, [HEADER, *ROWS, (told, "D4")], [])


def _rows(root: Path, rows: Sequence[Sequence[str]], right: list[Right]) -> list[Right]:
    return _csv(root, [HEADER, *rows], right)


def _named_otherwise(root: Path, change: Any) -> list[Right]:
    return _csv(root, [HEADER, *((change(name), who) for name, who in ROWS)])


def _in_sub_folders(root: Path) -> list[Right]:
    """A table in each sub-folder, whose names are its own."""
    names = [*plain(N)]
    for below, part in (("one", names[:3]), ("two", names[3:])):
        write_all(root / "data" / below, {name: plain(N)[name] for name in part})
        rows = [(f"{name}.png", WHO[name]) for name in part]
        (root / "data" / below / "metadata.csv").write_text(text([HEADER, *rows]))
    return _right()


def _below(root: Path) -> list[Right]:
    """One table above, that names files in sub-folders."""
    names = [*plain(N)]
    for below, part in (("one", names[:3]), ("two", names[3:])):
        write_all(root / "data" / below, {name: plain(N)[name] for name in part})
    rows = [(f"{'one' if k < 3 else 'two'}/{name}.png", WHO[name]) for k, name in enumerate(names)]
    (root / "data" / "metadata.csv").write_text(text([HEADER, *rows]))
    return _right()


def _two_tables(root: Path) -> list[Right]:
    """CSV and JSON lines, which disagree."""
    _csv(root, [HEADER, *ROWS])
    other = [{"file_name": name, "patient_id": "Z"} for name, _ in ROWS]
    (root / "data" / "metadata.jsonl").write_text("".join(json.dumps(one) + "\n" for one in other))
    return []


def _many(root: Path) -> list[Right]:
    """A million rows for six slices."""
    lines = text([HEADER]) + text(ROWS) * 170_000
    return _bytes(root, lines.encode(), right=[])


def cases(real: Path | None = None) -> Sequence[Case]:
    """By what is odd: columns, bytes, rows, files named, patients missing, ids as text."""
    sides = [HEADER, *ROWS]
    windows = text(sides, end="\r\n").encode()
    latin = text([HEADER, *((name, f"Müller {who}") for name, who in ROWS)])
    umlauts = {name: f"Müller {who}" for name, who in WHO.items()}
    zeros = {name: f"00{k // 2 + 1}" for k, name in enumerate(WHO)}
    unnamed = _right({}, _UNKNOWN)
    found = [
        Case(f"a column {name}, {'first' if first else 'last'}", partial(_column, name=name, first=first), "folder")
        for name in (
            "image",
            "label",
            "path",
            "images",
            "id",
            "bytes",
            "objects",
            "text",
            "split",
            "patient",
            "__index_level_0__",
            "",
        )
        for first in (False, True)
    ]
    found += [
        Case(f"patients missing as {cell!r}", partial(_spelt, cell=cell), ask, True)
        for cell, ask in (
            ("", "folder"),
            (" ", "folder"),
            ("nan", "folder"),
            ("NaN", "folder"),
            ("null", "folder"),
            ("NULL", "folder"),
            ("None", "folder"),
            ("NA", "folder"),
            ("N/A", "folder"),
            ("<NA>", "folder"),
            ("\u00a0", "folder"),
            ("nan", "pool"),
            ("", "pool"),
        )
    ]
    found += [
        Case(f"patients missing in JSON as {told}", partial(_absent_in_jsonl, value=value), "folder", True)
        for told, value in (
            ("null", None),
            ("NaN", float("nan")),
            ("an empty text", ""),
            ("nothing", Ellipsis),
            ("'nan'", "nan"),
        )
    ]
    found += [
        Case(f"a file named {name}", partial(_outside, name=name), "folder")
        for name in (
            "../elsewhere/x.png",
            "{root}/elsewhere/x.png",
            "/etc/hostname",
            "s_00.png/../../elsewhere/x.png",
            "gone.png",
            "",
            "~/x.png",
            "file:///etc/hostname",
            "http://localhost:9/x.png",
        )
    ]
    pairs = {
        "case": ("p1", "P1"),
        "a space after": ("P1", "P1 "),
        "a space within": ("P 1", "P1"),
        "an invisible character": ("P1", "P1\u200b"),
        "leading zeros": ("001", "1"),
        "Unicode form": ("Jos\u00e9", "Jose\u0301"),
        "wide digits": ("P1", "P\uff11"),
        "a soft hyphen": ("P1", "P\u00ad1"),
    }
    found += [
        Case(
            f"patients that differ by {how}",
            partial(_alike, spellings=both, kept=how != "a space after"),
            "folder",
            True,
        )
        for how, both in pairs.items()
    ]
    return [
        *found,
        Case("plain", partial(_csv, rows=sides), "folder"),
        Case("plain, a run", partial(_csv, rows=sides), "pool"),
        Case("a byte order mark", partial(_bytes, content=b"\xef\xbb\xbf" + text(sides).encode()), "folder"),
        Case("semicolons", partial(_bytes, content=text(sides, separator=";").encode()), "folder", True),
        Case("tabs", partial(_bytes, content=text(sides, separator="\t").encode()), "folder", True),
        Case("CRLF", partial(_bytes, content=windows), "folder"),
        Case("CR alone", partial(_bytes, content=text(sides, end="\r").encode()), "folder", True),
        Case("no newline at the end", partial(_bytes, content=text(sides).rstrip("\n").encode()), "folder"),
        Case("every field quoted", partial(_bytes, content=text(sides, quoting=csv.QUOTE_ALL).encode()), "folder"),
        Case(
            "empty lines between", partial(_bytes, content=text(sides).replace("\n", "\n\n").encode()), "folder", True
        ),
        Case("UTF-16", partial(_bytes, content=text(sides).encode("utf-16")), "folder", True),
        Case("Latin-1", partial(_bytes, content=latin.encode("latin-1"), right=_right(umlauts)), "folder", True),
        Case("umlauts", partial(_bytes, content=latin.encode(), right=_right(umlauts)), "folder"),
        Case("a NUL", partial(_bytes, content=text(sides).encode().replace(b"C3", b"C\0"), right=[]), "folder"),
        Case("an empty table", partial(_bytes, content=b"", right=unnamed), "folder", True),
        Case("a header alone", partial(_rows, rows=[], right=unnamed), "folder", True),
        Case("no header", partial(_bytes, content=text(ROWS).encode(), right=[]), "folder"),
        Case(
            "no file_name",
            partial(_bytes, content=text([("name", "patient_id"), *ROWS]).encode(), right=[]),
            "folder",
        ),
        Case(
            "no patient_id",
            partial(_bytes, content=text([("file_name", "who"), *ROWS]).encode(), right=unnamed),
            "folder",
            True,
        ),
        Case(
            "file_name twice",
            partial(
                _bytes,
                content=text([("file_name", "file_name", "patient_id"), *((a, a, b) for a, b in ROWS)]).encode(),
                right=[],
            ),
            "folder",
        ),
        Case(
            "patient_id twice, which disagree",
            partial(
                _bytes,
                content=text([("file_name", "patient_id", "patient_id"), *((a, b, "Z") for a, b in ROWS)]).encode(),
                right=[],
            ),
            "folder",
        ),
        Case(
            "a cell too many in a row",
            partial(_bytes, content=text(sides).replace("s_02.png,B2", "s_02.png,B2,more").encode()),
            "folder",
            True,
        ),
        Case(
            "a cell too few in a row",
            partial(
                _bytes,
                content=text(sides).replace("s_02.png,B2", "s_02.png").encode(),
                right=_right({**WHO, "s_02": ""}, _UNKNOWN),
            ),
            "folder",
            True,
        ),
        Case(
            "a quote that does not close",
            partial(_bytes, content=text(sides).replace("s_02.png,B2", 's_02.png,"B2').encode(), right=[]),
            "folder",
        ),
        Case(
            "a field of 200,000 characters",
            partial(
                _rows, rows=[*ROWS[:5], (ROWS[5][0], "x" * 200_000)], right=_right({**WHO, "s_05": "x" * 200_000})
            ),
            "folder",
            True,
        ),
        Case(
            "two slices without a row",
            partial(
                _rows,
                rows=ROWS[:4],
                right=[
                    Right(
                        answer(dict([*plain(N).items()][:4]), dict([*WHO.items()][:4])),
                        (r"\b2\b.*left out|left out.*\b2\b",),
                    ),
                    *_right({**WHO, "s_04": "", "s_05": ""}, _UNKNOWN),
                ],
            ),
            "folder",
            True,
        ),
        Case("a row twice", partial(_rows, rows=[*ROWS, ROWS[0]], right=_right()), "folder", True),
        Case("two rows that disagree", partial(_rows, rows=[*ROWS, (ROWS[0][0], "Z")], right=[]), "folder"),
        Case("./ before names", partial(_named_otherwise, change=lambda name: f"./{name}"), "folder", True),
        Case("names in capitals", partial(_named_otherwise, change=str.upper), "folder", True),
        Case(
            "names with spaces round them", partial(_named_otherwise, change=lambda name: f" {name} "), "folder", True
        ),
        Case("names without ending", partial(_named_otherwise, change=lambda name: name[:-4]), "folder", True),
        Case("names with backslashes", partial(_named_otherwise, change=lambda name: f".\\{name}"), "folder", True),
        Case("names composed, files decomposed", partial(_other_name, on_disk="NFD", in_table="NFC"), "folder"),
        Case("names decomposed, files composed", partial(_other_name, on_disk="NFC", in_table="NFD"), "folder"),
        Case("tables in sub-folders", _in_sub_folders, "folder"),
        Case("one table for sub-folders", _below, "folder"),
        Case("two tables that disagree", _two_tables, "folder"),
        Case("JSON lines", partial(_jsonl, lines=_lines()), "folder"),
        Case(
            "JSON lines with a column image",
            partial(_jsonl, lines=[{**one, "image": "s_00.png"} for one in _lines()]),
            "folder",
        ),
        Case(
            "JSON lines with nested columns",
            partial(_jsonl, lines=[{**one, "more": {"a": [1, 2], "b": {"c": 2}}} for one in _lines()]),
            "folder",
        ),
        Case(
            "JSON lines of numbers",
            partial(
                _jsonl,
                lines=_lines(lambda k, who: k // 2),
                right=_right({name: str(k // 2) for k, name in enumerate(WHO)}),
            ),
            "folder",
        ),
        Case(
            "JSON lines of numbers and texts",
            partial(
                _jsonl,
                lines=_lines(lambda k, who: k // 2 if k % 2 else str(k // 2)),
                right=_right({name: str(k // 2) for k, name in enumerate(WHO)}),
            ),
            "folder",
            True,
        ),
        Case(
            "JSON lines of lists for patients",
            partial(_jsonl, lines=_lines(lambda k, who: [who]), right=[]),
            "folder",
        ),
        Case(
            "JSON 100,000 deep",
            partial(_bytes, content=b'{"file_name": ' + b"[" * 100_000 + b"\n", name="metadata.jsonl", right=[]),
            "folder",
        ),
        Case(
            "JSON that is no object", partial(_bytes, content=b"[1, 2]\n", name="metadata.jsonl", right=[]), "folder"
        ),
        Case(
            "JSON lines cut short",
            partial(_bytes, content=b'{"file_name": "s_00.png", "pat', name="metadata.jsonl", right=[]),
            "folder",
        ),
        Case("numbers and NaN in JSON", _numbers_and_nan, "folder", True),
        Case(
            "leading zeros",
            partial(_rows, rows=[(f"{name}.png", one) for name, one in zeros.items()], right=_right(zeros)),
            "folder",
        ),
        Case(
            "leading zeros, a run",
            partial(_rows, rows=[(f"{name}.png", one) for name, one in zeros.items()], right=_right(zeros)),
            "pool",
        ),
        Case(
            "ids of 20 digits",
            partial(
                _rows,
                rows=[(f"{name}.png", f"{2**65 + k // 2}") for k, name in enumerate(WHO)],
                right=_right({name: f"{2**65 + k // 2}" for k, name in enumerate(WHO)}),
            ),
            "folder",
        ),
        Case("parquet", partial(_parquet_of, values=[who for _, who in ROWS], right=_right()), "folder"),
        Case(
            "parquet with nulls",
            partial(
                _parquet_of,
                values=[None if k in (1, 3) else who for k, (_, who) in enumerate(ROWS)],
                right=_right(_MISSING, _UNKNOWN),
            ),
            "folder",
            True,
        ),
        Case(
            "parquet of whole numbers",
            partial(
                _parquet_of,
                values=[k // 2 for k in range(N)],
                right=_right({name: str(k // 2) for k, name in enumerate(WHO)}),
            ),
            "folder",
        ),
        Case(
            "parquet of floats that are whole",
            partial(
                _parquet_of,
                values=[float(k // 2 + 1) for k in range(N)],
                right=[
                    *_right({name: str(k // 2 + 1) for k, name in enumerate(WHO)}),
                    *_right({name: f"{k // 2 + 1}.0" for k, name in enumerate(WHO)}),
                ],
            ),
            "folder",
            True,
        ),
        Case(
            "parquet of floats that lost digits",
            partial(_parquet_of, values=[float(2**60 + k // 2) for k in range(N)], right=[]),
            "folder",
        ),
        Case(
            "JSON of floats that lost digits",
            partial(_jsonl, lines=_lines(lambda k, who: float(10**17 + k // 2)), right=[]),
            "folder",
        ),
        Case(
            "digits lost to a spreadsheet",
            partial(_rows, rows=[(name, "1.23457E+15") for name, _ in ROWS], right=[]),
            "folder",
        ),
        Case("a million doubled rows", _many, "folder", alone=True),
    ]


BENCHMARK = class_of_inputs(
    "metadata", "tables beside slices: columns, bytes, rows, missing patients, ids as text", cases, quick=4
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
