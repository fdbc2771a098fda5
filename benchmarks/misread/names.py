"""File names and ids with signs in them that mean something to a shell, a table, a page or a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.hospital import COPIES, hospital, table
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import digest, full_range, plain, png, write_all

SIGNS = {
    "brackets": "s[0-9]*?{a,b}",
    "new lines": "s\nNote: all is well",
    "escape sequences": "s\x1b[2J\x1b]0;x\x07",
    "commas": "a,b,1",
    "quotes": "a\"b'c`d`",
    "a formula": '=HYPERLINK("http:||x")',
    "HTML": "<img src=x onerror=alert(1)>",
    "Markdown": "a|b](http:||x)",
    "rich markup": "[red]x[bold]",
    "percent": "%s%n%(x)s",
    "braces": "{0}{x!r}",
    "dollars": "$HOME`id`$(id)",
    "a leading dash": "--out",
    "spaces": " a  b ",
    "a tilde": "~root",
    "emoji": "\U0001f9e0\u200d\U0001f9ea",
    "right to left": "a\u202egnp.b",
    "combining signs": "Z\u0351\u036b",
    "a NUL's picture": "a\u2400b",
    "a word of Windows": "CON",
    "200 letters": "x" * 200,
    "80 signs of three bytes": "\u533b" * 80,
    "dots": "a.b..c",
    "a carriage return": "s\rover",
    "a byte order mark": "\ufeffa",
    "a backslash": "a\\b\\..",
    "a hash": "#1;drop",
    "a C1 control": "a\x9b31mb",
    "a line separator": "a\u2028b",
}


def _named(root: Path, sign: str, folder: bool = False) -> list[Right]:
    """Slices of such names, or in a folder of such a name: as many, and the same pixels, whatever they are called."""
    pictures = [*plain(4).values()]
    if folder:
        (root / "data").mkdir()
        write_all(root / "data" / sign, plain(4))
    else:
        (root / "data").mkdir()
        for number, pixels in enumerate(pictures):
            png(pixels, root / "data" / f"{sign}{number}.png")
    return [Right({"n": 4, "pixels": sorted(map(digest, pictures))})]


def _no_utf8(root: Path, all_of_them: bool) -> list[Right]:
    """Names of an old disk, in Latin-1."""
    if not all_of_them:
        write_all(root / "data", plain(3))
    (root / "data").mkdir(exist_ok=True)
    for number in range(2):
        png(full_range(number + 5), Path(str(root / "data") + "/Sch\udce4del_" + f"{number}.png"))
    left = (r"\b2\b.*left out|left out.*\b2\b",)
    return [] if all_of_them else [Right({"n": 3, "pixels": sorted(map(digest, plain(3).values()))}, left)]


def _in_a_table(root: Path, sign: str) -> list[Right]:
    """A patient of such a name: as text, as it is written."""
    write_all(root / "data", plain(4))
    rows = [(f"{name}.png", sign if k < 2 else "B") for k, name in enumerate(plain(4))]
    table(root / "data", rows)
    kept = {name: [digest(one), sign.strip() if k < 2 else "B"] for k, (name, one) in enumerate(plain(4).items())}
    return [Right(kept)]


def _released(root: Path, sign: str) -> list[Right]:
    """The copies are called so, and their patients, too: what is written of them must not speak for itself."""
    hospital(root)
    for number, path in enumerate(sorted((root / "release").iterdir())[:COPIES]):
        path.rename(root / "release" / f"{sign}{number}.png")
    names = sorted(path.name for path in (root / "members").glob("*.png"))
    table(root / "members", [(name, f"{sign}{name[2:4]}") for name in names])
    return [Right({"removed": COPIES, "whole rows": True, "controls": False, "formulas": False, "scripts": False})]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Names of files, of folders, of patients, and what an audit writes of them."""
    found = [Case(f"files: {what}", partial(_named, sign=sign), "counted", True) for what, sign in SIGNS.items()]
    found += [
        Case(f"a folder: {what}", partial(_named, sign=SIGNS[what], folder=True), "counted_folder", True)
        for what in (
            "brackets",
            "new lines",
            "escape sequences",
            "a leading dash",
            "spaces",
            "200 letters",
            "percent",
            "a tilde",
        )
    ]
    text = ("brackets", "commas", "quotes", "a formula", "HTML", "emoji", "a leading dash", "percent", "200 letters")
    found += [Case(f"patients: {what}", partial(_in_a_table, sign=SIGNS[what]), "folder") for what in text]
    signs = ("patients: new lines", "patients: escape sequences", "patients: a carriage return")
    found += [Case(name, partial(_in_a_table, sign=SIGNS[name.partition(": ")[2]]), "folder", True) for name in signs]
    written = (
        "escape sequences",
        "a formula",
        "HTML",
        "Markdown",
        "rich markup",
        "new lines",
        "right to left",
        "commas",
        "a C1 control",
    )
    found += [
        Case(f"an audit writes: {what}", partial(_released, sign=SIGNS[what]), "printed", True) for what in written
    ]
    return [
        *found,
        Case("two names that are no UTF-8", partial(_no_utf8, all_of_them=False), "counted", True),
        Case("names that are all no UTF-8", partial(_no_utf8, all_of_them=True), "counted"),
    ]


BENCHMARK = class_of_inputs(
    "names", "names with signs that mean something to shells, tables, pages and terminals", cases, quick=4
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
