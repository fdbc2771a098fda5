"""A comparison in the terminal, as Markdown, CSV and LaTeX, and as one page."""

from __future__ import annotations

from io import StringIO
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from harness.compare.compared import LINE_COLUMNS, ComparedRuns
from harness.compare.grids import closing, grids
from harness.plain import markdown, plain, write_csv
from harness.report.grid import latex_grids, markdown_grids, terminal_grids

_CELL = 4  # characters of a win
_BESIDE = 34  # of what stands left of them


class _Content(NamedTuple):
    """What every page has."""

    title: str
    alarms: list[str]


def title(found: ComparedRuns) -> str:
    """What was compared, a heading."""
    return f"{found.n_runs} run{'s' if found.n_runs != 1 else ''} compared by {found.metric.shown}"


def terminal(found: ComparedRuns, width: int) -> RenderableType:
    """Tables and sentences; width: of the terminal, characters."""
    shown = terminal_grids(grids(found, most=max(2, (width - _BESIDE) // _CELL)))
    told = [Text(f"\n{plain(one)}" if at == 0 else plain(one)) for at, one in enumerate(closing(found))]
    return Group(shown, *told)


def markdown_text(found: ComparedRuns) -> str:
    """GitHub Markdown."""
    body = markdown_grids(grids(found), title(found))
    return "\n".join([body, *(f"{markdown(one)}\n" for one in closing(found))])


def latex_text(found: ComparedRuns) -> str:
    """A tabular a table, what concerns the whole as comments: LaTeX has no place for it."""
    told = "".join(f"% {plain(one)}\n" for one in closing(found))
    return f"{latex_grids(grids(found), 'comparison')}{told}"


def csv_text(found: ComparedRuns) -> str:
    """One line a row, full digits; sentences have no place there."""
    text = StringIO()
    write_csv(text, [LINE_COLUMNS, *found.lines()])
    return text.getvalue()


def html_text(found: ComparedRuns) -> str:
    """One page that opens offline, pictures in it."""
    from harness.compare.pictures import panels  # start-up: matplotlib
    from harness.report.render import rendered

    content = _Content(title(found), [])
    return rendered("compared.html", content=content, grids=grids(found), panels=panels(found), told=closing(found))
