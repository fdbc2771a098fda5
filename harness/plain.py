"""Text from outside, made harmless in one place: for the terminal, CSV, Markdown, and whatever else people look at.

File names, patients, options, plug-ins and the words of a library's exceptions may hold characters that steer a
terminal, end a line, turn the direction of reading or cannot be seen at all. They are shown as Python writes them,
`\\x1b`. LaTeX and HTML have other special characters (`report.latex`, `report.render`) and start from here, too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

# str.isprintable knows control, format, surrogate, private and unassigned characters, and every space but the common
# one. Beside those: letters and marks that are drawn as nothing (Unicode's default-ignorable ones) and empty Braille.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?%?")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # and their wide forms
_INLINE = re.compile(r"[\\`*|]|~~|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[:])")
_BLOCK = re.compile(r"^(\s*)(#|[-+](?=\s|$)|[-=]+$)")
_LIST = re.compile(r"^(\s*\d+)([.)])(?=\s|$)")
_ENTITY = re.compile(r"&(?=#?\w+;)")


def plain(text: str, keep: str = "") -> str:
    """The text with every character that steers or is not seen written out; keep: those that stay, say a newline."""
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return "".join(one if one in keep or _is_seen(one) else written_out(one) for one in text)


def _is_seen(one: str) -> bool:
    return one.isprintable() and not _UNSEEN.match(one)


def written_out(one: str) -> str:
    """A character as Python writes it: `\\x1b`."""
    return one.encode("unicode_escape").decode("ascii")


def csv_cell(value: object) -> object:
    """A cell of a CSV file that people open: text is plain, and a spreadsheet takes it for text.

    What would be a formula there gets an apostrophe in front; numbers, -0.5 too, and whatever is no text stay.
    """
    if not isinstance(value, str):
        return value
    text = plain(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def write_csv(file: TextIO, rows: Iterable[Sequence[object]]) -> None:
    """Rows as CSV for people, each cell by `csv_cell`."""
    csv.writer(file, lineterminator="\n").writerows([csv_cell(value) for value in row] for row in rows)


def markdown(text: str) -> str:
    """Text as GitHub's Markdown shows it letter for letter: a cell of a table, or a paragraph by itself."""
    text = _ENTITY.sub("&amp;", _INLINE.sub(r"\\\g<0>", plain(text))).replace("<", "&lt;").replace(">", "&gt;")
    return _LIST.sub(r"\1\\\2", _BLOCK.sub(r"\1\\\2", text))
