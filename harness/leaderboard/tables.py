"""The published table for people and programs: in the terminal, as Markdown, CSV, LaTeX and one HTML page.

Rows of other data stand in a table of their own under a heading that says so. CSV has only one table: there such a
row has no rank, and its team is `OTHER DATA`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import StringIO

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.cli import PIPE_WIDTH
from harness.leaderboard.standings import Standing, Standings
from harness.plain import markdown, plain, write_csv
from harness.report.latex import booktabs, escaped
from harness.report.numbers import Bar, bar, interval, rounded
from harness.report.render import rendered
from harness.report.table import markdown_grid

COLUMNS = (
    "rank",
    "team",
    "submission",
    "F1",
    "95 %",
    "accuracy",
    "recall",
    "precision",
    "kappa",
    "TP",
    "FP",
    "FN",
    "TN",
)
CSV_COLUMNS = (
    "rank", "team", "submission", "f1", "accuracy", "recall", "precision", "kappa", "tp", "fp", "fn", "tn",
)  # fmt: skip
OTHER_COLUMNS = ("data", *COLUMNS[2:])
OTHER_TITLE = "OTHER DATA: no part of the official ranking"
_N_TEXT, _N_TEXT_OTHER = 3, 2
_CSV_DIGITS = 6  # the counts are beside it
_FOLDED = 12  # characters of a name of the user's, at least
_SHORT = {"submission": "run", "precision": "prec.", "accuracy": "acc."}
_STYLES = {"official": "", "own": "bold green", "trivial": "dim", "chance": "dim", "other": ""}


def cells(row: Standing) -> list[str]:
    """The row's cells as text, one a column of COLUMNS; empty where nothing is known."""
    estimate = row.f1_estimate
    ends = interval(estimate.low, estimate.high) if estimate is not None else ""
    numbers = ["" if value is None else rounded(value) for value in row.numbers]
    return [
        _rank(row),
        plain(row.team),
        plain(row.submission),
        row.f1,
        ends,
        *numbers,
        *map(str, row.counts or [""] * 4),
    ]


def _rank(row: Standing) -> str:
    """Own rows have none, even on the very test set: the ranks are the organisers' and were given once."""
    return {"own": "own"}.get(row.kind, "") if row.rank is None else str(row.rank)


def terminal_standings(shown: Standings, width: int = PIPE_WIDTH) -> RenderableType:
    """Tables and sentences; width: of the terminal, characters. 100 are enough, in fewer columns are left out."""
    parts: list[RenderableType] = [Text(shown.title, style="bold")]
    parts.append(_grid(COLUMNS, _N_TEXT, [shown.ranked, shown.chance], 0, width))
    parts += [Text(), *(Text(plain(note), style="dim") for note in shown.notes)]
    if shown.other:
        parts += [Text(), Text(OTHER_TITLE, style="bold yellow")]
        parts.append(_grid(OTHER_COLUMNS, _N_TEXT_OTHER, [shown.other], 1, width))
    parts += [Text(plain(remark), style="yellow") for remark in shown.remarks]
    return Group(*parts)


def _grid(columns: Sequence[str], n_text: int, blocks: Sequence[Sequence[Standing]], first: int, width: int) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    has_own = any(row.kind in ("own", "other") for rows in blocks for row in rows)
    folded = ("data", "submission") if has_own else ()  # the user's own names may have to be folded
    every = [cells(row)[first:] for rows in blocks for row in rows]
    kept = _fitting(columns, every, folded, width)
    for place in kept:
        column = columns[place]
        is_text = 0 < place < n_text or column == "data"
        name, wide = _SHORT.get(column, column), column in folded
        table.add_column(name, justify="left" if is_text else "right", no_wrap=not wide, overflow="fold")
    for rows in blocks:
        for row in rows:
            texts = cells(row)[first:]
            table.add_row(*(Text(texts[place]) for place in kept), style=_STYLES[row.kind])
        if rows and rows is not blocks[-1]:
            table.add_section()
    return table


def _fitting(columns: Sequence[str], rows: Sequence[Sequence[str]], folded: Sequence[str], width: int) -> list[int]:
    """The places of the columns that a width takes without cutting a number: those on the right go first."""

    def wide(place: int) -> int:
        longest = max([len(_SHORT.get(columns[place], columns[place])), *(len(row[place]) for row in rows)])
        return min(longest, _FOLDED) if columns[place] in folded else longest

    kept = list(range(len(columns)))
    while sum(wide(place) + 1 for place in kept) > width and columns[kept[-1]] != "F1":
        del kept[-1]
    return kept


def markdown_standings(shown: Standings) -> str:
    """GitHub Markdown; own rows in bold."""
    ranked = [_markdown(row) for row in [*shown.ranked, *shown.chance]]
    lines = [f"# {markdown(shown.title)}", "", *markdown_grid(COLUMNS, _N_TEXT, ranked), ""]
    lines += [f"{markdown(note)}\n" for note in shown.notes]
    if shown.other:
        other = [_markdown(row)[1:] for row in shown.other]
        lines += [f"## {OTHER_TITLE}", "", *markdown_grid(OTHER_COLUMNS, _N_TEXT_OTHER, other), ""]
    return "\n".join([*lines, *(f"{markdown(remark)}\n" for remark in shown.remarks)])


def csv_standings(shown: Standings) -> str:
    """One line a row, only official ones with a rank; F1 as published, other fractions to six digits."""
    text = StringIO()
    rows: list[Sequence[object]] = [CSV_COLUMNS]
    for row in [*shown.ranked, *shown.chance, *shown.other]:
        numbers = [None if value is None else round(value, _CSV_DIGITS) for value in row.numbers]
        rows.append([row.rank, row.team, row.submission, row.f1, *numbers, *(row.counts or [None] * 4)])
    write_csv(text, rows)
    return text.getvalue()


def latex_standings(shown: Standings) -> str:
    """Tables for a document that loads booktabs; own rows in bold."""
    blocks = [[_latex(row) for row in rows] for rows in (shown.ranked, shown.chance)]
    label = f"published-{shown.edition}"
    parts = ["% \\usepackage{booktabs}\n"]
    parts.append(booktabs(f"{shown.title}.", label, COLUMNS, _N_TEXT, blocks=blocks, below=shown.notes))
    below = list(shown.remarks)
    if shown.other:
        rows = [[escaped(cell) for cell in row] for row in _other(shown)]
        title = f"{OTHER_TITLE}."
        parts.append(booktabs(title, f"{label}-other", OTHER_COLUMNS, _N_TEXT_OTHER, blocks=[rows], below=below))
    else:
        parts += [f"{escaped(remark)}\n" for remark in below]
    return "\n".join(parts)


def html_standings(shown: Standings, page: Callable[..., str] = rendered) -> str:
    """One page that opens offline. page: what fills the template in, called as `rendered` is."""
    return page(
        "standings.html",
        content={"title": shown.title, "alarms": []},
        shown=shown,
        ranked_columns=COLUMNS,
        other_columns=OTHER_COLUMNS,
        other_title=OTHER_TITLE,
        cells=cells,
        f1_bar=_bar,
    )


def _bar(row: Standing, shown: Standings) -> Bar | None:
    """F1 from 0 to 1, with a mark where calling all candidates used lies."""
    all_used = next(one for one in shown.ranked if one.kind == "trivial" and one.f1_estimate)
    assert all_used.f1_estimate is not None
    return bar(row.f1_estimate, 0.0, 1.0, all_used.f1_estimate.value or 0.0)


def _other(shown: Standings) -> list[list[str]]:
    return [cells(row)[1:] for row in shown.other]


def _markdown(row: Standing) -> list[str]:
    texts = [markdown(cell) for cell in cells(row)]
    return [f"**{text}**" if text and row.kind == "own" else text for text in texts]


def _latex(row: Standing) -> list[str]:
    texts = [escaped(cell) for cell in cells(row)]
    return [rf"\textbf{{{text}}}" if text and row.kind == "own" else text for text in texts]
