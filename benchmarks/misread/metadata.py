"""Tables beside slices: columns of any name, bytes of any program, rows missing or doubled, files named elsewhere."""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import answer, plain, write_all
from benchmarks.odd_inputs.tables import (
    HEADER,
    ROWS,
    UNKNOWN,
    WHO,
    N,
    in_bytes,
    in_csv,
    in_jsonl,
    lines,
    right,
    text,
)

Form = Literal["NFC", "NFD"]
_FORMS: tuple[Form, ...] = ("NFC", "NFD")
_COLUMNS = ("image", "label", "path", "images", "id", "bytes", "objects", "text", "split", "patient", "")
_ELSEWHERE = (
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
_JSONL = "metadata.jsonl"


def _column(root: Path, name: str, first: bool) -> list[Right]:
    """One more column, whose cells look like what a reader may take them for."""
    cells = [str((k + 1) % N) if name == "label" else f"s_{(k + 1) % N:02d}.png" for k in range(N)]
    sides = [(name, *HEADER), *((cell, *row) for cell, row in zip(cells, ROWS, strict=True))]
    return in_csv(root, sides if first else [(*rest, cell) for cell, *rest in sides], right())


def _other_form(root: Path, on_disk: Form, in_table: Form) -> list[Right]:
    """One file name, in two Unicode forms."""
    names = [f"Schädel_{k}" for k in range(N)]

    def told(form: Form) -> list[str]:
        return [unicodedata.normalize(form, name) for name in names]

    write_all(root / "data", dict(zip(told(on_disk), plain(N).values(), strict=True)))
    rows = [(f"{name}.png", who) for name, who in zip(told(in_table), WHO.values(), strict=True)]
    (root / "data" / "metadata.csv").write_text(text([HEADER, *rows]), encoding="utf-8")
    pictures, patients = [*plain(N).values()], [*WHO.values()]
    return [
        Right(
            answer(dict(zip(told(form), pictures, strict=True)), dict(zip(told(form), patients, strict=True))),
        )
        for form in _FORMS
    ]


def _outside(root: Path, name: str) -> list[Right]:
    """A row that names a file elsewhere."""
    write_all(root / "elsewhere", {"x": plain(1)["s_00"]})
    return in_csv(root, [HEADER, *ROWS, (name.format(root=root), "D4")], [])


def _named_otherwise(root: Path, change: Callable[[str], str]) -> list[Right]:
    return in_csv(root, [HEADER, *((change(name), who) for name, who in ROWS)], right())


def _in_two_folders(root: Path, one_table: bool) -> list[Right]:
    """A table in each sub-folder, or one above that names files in both."""
    rows: list[tuple[str, str]] = []
    for below, part in (("one", [*WHO][:3]), ("two", [*WHO][3:])):
        write_all(root / "data" / below, {name: plain(N)[name] for name in part})
        rows += [(f"{below}/{name}.png", WHO[name]) for name in part]
        if not one_table:
            here = [(f"{name}.png", WHO[name]) for name in part]
            (root / "data" / below / "metadata.csv").write_text(text([HEADER, *here]))
    if one_table:
        (root / "data" / "metadata.csv").write_text(text([HEADER, *rows]))
    return right()


def _two_tables(root: Path) -> list[Right]:
    """CSV and JSON lines, which disagree."""
    in_csv(root, [HEADER, *ROWS], [])
    other = [{"file_name": name, "patient_id": "Z"} for name, _ in ROWS]
    (root / "data" / _JSONL).write_text("".join(json.dumps(one) + "\n" for one in other))
    return []


def _without_rows(root: Path) -> list[Right]:
    """Two slices that no row names: left out and told, or taken as of unknown patients and told."""
    names = [*WHO][:4]
    part = answer({name: plain(N)[name] for name in names}, {name: WHO[name] for name in names})
    unknown = {**WHO, "s_04": "", "s_05": ""}
    return in_csv(
        root,
        [HEADER, *ROWS[:4]],
        [Right(part, (r"\b2\b.*left out|left out.*\b2\b",)), *right(unknown, UNKNOWN)],
    )


def _bytes_cases() -> list[Case]:
    """The same table as programs write it, and tables that are cut or broken."""
    sides = [HEADER, *ROWS]
    plainly = text(sides)
    latin = text([HEADER, *((name, f"Müller {who}") for name, who in ROWS)])
    umlauts = right({name: f"Müller {who}" for name, who in WHO.items()})
    short = right({**WHO, "s_02": ""}, UNKNOWN)
    unnamed = right({}, UNKNOWN)
    must = {
        "plain": (plainly.encode(), right()),
        "a byte order mark": (b"\xef\xbb\xbf" + plainly.encode(), right()),
        "CRLF": (text(sides, end="\r\n").encode(), right()),
        "no newline at the end": (plainly.rstrip("\n").encode(), right()),
        "every field quoted": (text(sides, quoting=csv.QUOTE_ALL).encode(), right()),
        "umlauts": (latin.encode(), umlauts),
        "no header": (text(ROWS).encode(), []),
        "no file_name": (text([("name", "patient_id"), *ROWS]).encode(), []),
        "file_name twice": (text([(HEADER[0], *HEADER), *((a, a, b) for a, b in ROWS)]).encode(), []),
        "patient_id twice, which disagree": (
            text([(*HEADER, HEADER[1]), *((a, b, "Z") for a, b in ROWS)]).encode(),
            [],
        ),
        "a quote that does not close": (plainly.replace("s_02.png,B2", 's_02.png,"B2').encode(), []),
        "two rows that disagree": (text([*sides, (ROWS[0][0], "Z")]).encode(), []),
    }
    may = {
        "semicolons": (text(sides, separator=";").encode(), right()),
        "tabs": (text(sides, separator="\t").encode(), right()),
        "CR alone": (text(sides, end="\r").encode(), right()),
        "empty lines between": (plainly.replace("\n", "\n\n").encode(), right()),
        "UTF-16": (plainly.encode("utf-16"), right()),
        "Latin-1": (latin.encode("latin-1"), umlauts),
        "a NUL": (plainly.encode().replace(b"C3", b"C\0"), right({**WHO, "s_04": "C\0", "s_05": "C\0"})),
        "an empty table": (b"", unnamed),
        "a header alone": (text([HEADER]).encode(), unnamed),
        "no patient_id": (text([("file_name", "who"), *ROWS]).encode(), unnamed),
        "a cell too many in a row": (plainly.replace("s_02.png,B2", "s_02.png,B2,more").encode(), right()),
        "a cell too few in a row": (plainly.replace("s_02.png,B2", "s_02.png").encode(), short),
        "a row twice": (text([*sides, ROWS[0]]).encode(), right()),
        "a field of 200,000 characters": (
            text([*sides[:-1], (ROWS[-1][0], "x" * 200_000)]).encode(),
            right({**WHO, "s_05": "x" * 200_000}),
        ),
    }
    return [
        Case(name, partial(in_bytes, content=content, answers=answers), "folder", may_be_refused)
        for group, may_be_refused in ((must, False), (may, True))
        for name, (content, answers) in group.items()
    ]


def _json_cases() -> list[Case]:
    beside = [{**one, "image": "s_00.png"} for one in lines()]
    nested = [{**one, "more": {"a": [1, 2], "b": {"c": 2}}} for one in lines()]
    broken = {
        "JSON 100,000 deep": b'{"file_name": ' + b"[" * 100_000 + b"\n",
        "JSON that is no object": b"[1, 2]\n",
        "JSON lines cut short": b'{"file_name": "s_00.png", "pat',
    }
    return [
        Case("JSON lines", partial(in_jsonl, records=lines(), answers=right()), "folder"),
        Case("JSON lines with a column image", partial(in_jsonl, records=beside, answers=right()), "folder"),
        Case("JSON lines with nested columns", partial(in_jsonl, records=nested, answers=right()), "folder"),
        *(
            Case(name, partial(in_bytes, content=content, answers=[], name=_JSONL), "folder")
            for name, content in broken.items()
        ),
    ]


def _many(root: Path) -> list[Right]:
    """A million rows for six slices."""
    return in_bytes(root, (text([HEADER]) + text(ROWS) * 170_000).encode(), [])


def cases(real: Path | None = None) -> Sequence[Case]:
    """By what is odd: columns, bytes, rows, and the files that rows name."""
    changes: dict[str, Callable[[str], str]] = {
        "./ before names": lambda name: f"./{name}",
        "names in capitals": str.upper,
        "names with spaces round them": lambda name: f" {name} ",
        "names without ending": lambda name: name.removesuffix(".png"),
        "names with backslashes": lambda name: f".\\{name}",
    }
    return [
        *(
            Case(
                f"a column {name!r}, {'first' if first else 'last'}",
                partial(_column, name=name, first=first),
                "folder",
            )
            for name in _COLUMNS
            for first in (False, True)
        ),
        *(Case(f"a file named {name!r}", partial(_outside, name=name), "folder") for name in _ELSEWHERE),
        *_bytes_cases(),
        Case("plain, a run", partial(in_csv, rows=[HEADER, *ROWS], answers=right()), "pool"),
        *_json_cases(),
        *(Case(name, partial(_named_otherwise, change=change), "folder", True) for name, change in changes.items()),
        Case("names composed, files decomposed", partial(_other_form, on_disk="NFD", in_table="NFC"), "folder"),
        Case("names decomposed, files composed", partial(_other_form, on_disk="NFC", in_table="NFD"), "folder"),
        Case("tables in sub-folders", partial(_in_two_folders, one_table=False), "folder"),
        Case("one table for sub-folders", partial(_in_two_folders, one_table=True), "folder"),
        Case("two tables that disagree", _two_tables, "folder"),
        Case("two slices without a row", _without_rows, "folder", True),
        Case("a million doubled rows", _many, "folder", alone=True),
    ]


BENCHMARK = class_of_inputs("metadata", "tables beside slices: columns, bytes, rows, files named", cases, quick=4)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
