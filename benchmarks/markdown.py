"""Rows as a page shows them: a table a benchmark, and one of the sides of jobs done side by side."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import rows as plain_rows
from benchmarks import sides
from benchmarks.pages import markdown_table
from benchmarks.rows import Row


def rows_as_markdown(rows: Sequence[Row], small: str | None) -> str:
    """The rows as tables. small: the size of a quick run, whose figures are not judged."""
    names = list(dict.fromkeys(row.benchmark for row in rows))
    parts = [] if small is None else [f"{plain_rows.caption(small)}\n"]
    for name in names:
        own = [row for row in rows if row.benchmark == name]
        title = (name or "all") if len(names) > 1 else ""
        head, lines = plain_rows.lines_of(own, small is not None)
        parts.append(markdown_table(title, head, lines))
        beside = [line for row in own for line in sides.side_cells(row)]
        if beside:
            parts.append(markdown_table("", sides.HEAD, beside))
        parts += [f"{limit}\n" for limit in sides.limits_of(own)]
    return "\n".join(parts)
