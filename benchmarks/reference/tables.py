"""Tables of options, as pages hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from benchmarks.pages import markdown_table
from harness.config.described import Described

_HEAD = ("option", "default", "values", "meaning")


def options_table(options: Iterable[Described]) -> str:
    """Option, default, the words that it takes, meaning. What has no default is to be given."""
    rows = []
    for one in options:
        default = "to be given" if one.value == "..." else code(one.value)
        rows.append([code(one.name), default, ", ".join(map(code, one.values)), sentence(one.meaning)])
    return markdown_table("", _HEAD, rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Any other table."""
    return markdown_table("", head, rows)


def code(text: str) -> str:
    """As code, where there is anything."""
    return f"`{text}`" if text else ""


def sentence(text: str) -> str:
    """A docstring's words as a cell: with a stop, and nothing that Markdown would take for its own."""
    pieces = re.split(r"(`[^`]*`)", text)
    safe = "".join(one if place % 2 else re.sub(r"([*_<>\[\]])", r"\\\1", one) for place, one in enumerate(pieces))
    return f"{safe}." if safe and safe[-1] not in ".:!?" else safe
