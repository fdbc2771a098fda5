"""A table of words and numbers, whatever it is of: in the terminal, as Markdown, as LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.plain import markdown, plain
from harness.report.latex import booktabs, escaped
from harness.report.table import markdown_grid


class Grid(NamedTuple):
    """A table as text. title: above it; columns: their heads, the first n_text of words; rows: as many cells each;
    below: sentences.
    """

    title: str
    columns: Sequence[str]
    n_text: int
    rows: Sequence[Sequence[str]]
    below: Sequence[str] = ()


def terminal_grids(grids: Sequence[Grid]) -> RenderableType:
    """Tables with their titles above and their sentences below; words are folded where the terminal is narrow."""
    parts: list[RenderableType] = []
    for at, grid in enumerate(grids):
        parts.append(Text(f"{chr(10) if at else ''}{plain(grid.title)}", style="bold"))
        if grid.rows:
            parts.append(_table(grid))
        parts += [Text(plain(sentence), style="dim") for sentence in grid.below]
    return Group(*parts)


def _table(grid: Grid) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for at, column in enumerate(grid.columns):
        is_text = at < grid.n_text
        justify = "left" if is_text else "right"
        table.add_column(Text(plain(column)), justify=justify, no_wrap=not is_text, overflow="fold")  # type: ignore[arg-type]
    for row in grid.rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    return table


def markdown_grids(grids: Sequence[Grid], title: str) -> str:
    """GitHub Markdown below a heading."""
    lines = [f"# {markdown(title)}", ""]
    for grid in grids:
        rows = [[markdown(cell) for cell in row] for row in grid.rows]
        lines += [f"## {markdown(grid.title)}", ""]
        lines += [*markdown_grid([markdown(one) for one in grid.columns], grid.n_text, rows), ""] if rows else []
        lines += [f"{markdown(sentence)}\n" for sentence in grid.below]
    return "\n".join(lines)


def latex_grids(grids: Sequence[Grid], label: str) -> str:
    """A tabular a grid, for a document that loads booktabs; label: without `tab:`, a number is added."""
    parts = ["% \\usepackage{booktabs}\n"]
    for number, grid in enumerate(grids, start=1):
        rows = [[escaped(cell) for cell in row] for row in grid.rows]
        named = f"{label}-{number}"
        parts.append(booktabs(f"{grid.title}.", named, grid.columns, grid.n_text, blocks=[rows], below=grid.below))
    return "\n".join(parts)
