"""The table people read and paste: with rich in the terminal, as `leaderboard.md` and `leaderboard.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.intervals import Estimate
from harness.results import Record

COLUMNS = ("attack", "via", "AUC [95 %]", "TPR@10 %", "F1", "accuracy", "recall", "Brier", "seconds")
_WIDTHS = (16, 8, 20, 11, 6, 8, 6, 6, 7)  # fits 100 columns with rich's padding
_SETS = {"shadow": "Shadows, held out", "dev": "Development release", "test": "Test release"}
_HOLDS = {
    "release": "the attacker holds the release",
    "references": "the attacker holds the release and releases of his own shadows",
    "none": "rules that look at nothing",
    "model": "the attacker holds the generator's model (an upper bound: the test gives none)",
    "gradient": "the attacker holds the generator's weights (an upper bound: the test gives none)",
}


def sections(records: Sequence[Record]) -> Iterator[tuple[str, list[Record]]]:
    """Titles and rows. Different targets or access never share a section; best AUC first, skipped last."""

    def place(record: Record) -> tuple[int, int, bool, float]:
        auc = record.auc.value if record.auc is not None and record.auc.value is not None else -1.0
        where = list(_SETS).index(record.target_set), list(_HOLDS).index(record.access)
        return *where, record.skipped is not None, -auc

    for (target_set, access), rows in groupby(
        sorted(records, key=place), key=lambda record: (record.target_set, record.access)
    ):
        yield f"{_SETS[target_set]}: {_HOLDS[access]}", list(rows)


def cells(record: Record) -> list[str]:
    """The row's cells as text, one a column; empty where there is no number."""
    tpr = (record.tpr_at_fpr or {}).get("0.1")
    numbers = [_number(one) for one in (tpr, record.f1, record.accuracy, record.recall, record.brier)]
    seconds = f"{record.seconds:.1f}" if record.kind == "attack" and record.skipped is None else ""
    via = "" if record.via == "none" else record.via
    return [record.attack, via, _with_interval(record.auc), *numbers, seconds]


def terminal_table(records: Sequence[Record], chosen: str | None, width: int) -> RenderableType:
    """A rich table a section, columns aligned; the chosen attack is marked with a star.

    width: of the terminal, characters; where the nine columns do not fit, `via` and `seconds` are left out.
    """
    fits = width >= sum(_WIDTHS) + len(_WIDTHS)
    shown = [i for i, column in enumerate(COLUMNS) if fits or column not in ("via", "seconds")]
    parts: list[RenderableType] = []
    for number, (title, rows) in enumerate(sections(records)):
        parts.append(Text(("\n" if number else "") + title, style="bold"))
        table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", show_header=number == 0)
        for i in shown:
            table.add_column(COLUMNS[i], width=_WIDTHS[i], no_wrap=True, justify="left" if i < 2 else "right")
        for record in rows:
            if record.skipped is None:
                is_chosen = record.attack == chosen and record.kind == "attack"
                name, *rest = cells(record)
                row = [f"{name} *" if is_chosen else name, *rest]
                table.add_row(*(row[i] for i in shown), style="green" if is_chosen else "")
        if number == 0 or table.row_count:
            parts.append(table)
        parts += [Text(f"{r.attack}: skipped; {r.skipped}", style="dim") for r in rows if r.skipped is not None]
    return Group(*parts)


def markdown_table(records: Sequence[Record], chosen: str | None) -> str:
    """The same as GitHub Markdown; the chosen attack in bold."""
    lines: list[str] = []
    for title, rows in sections(records):
        lines += [
            f"### {title}",
            "",
            f"| {' | '.join(COLUMNS)} |",
            "|---|---|" + "---:|" * (len(COLUMNS) - 2),
        ]
        for record in rows:
            if record.skipped is not None:
                lines.append(f"| {record.attack} | skipped: {record.skipped} |" + " |" * (len(COLUMNS) - 2))
                continue
            row = cells(record)
            if record.attack == chosen and record.kind == "attack":
                row[0] = f"**{row[0]}**"
            lines.append(f"| {' | '.join(row)} |")
        lines.append("")
    return "\n".join(lines)


def csv_table(records: Sequence[Record]) -> str:
    """One line a record, full digits, intervals in columns of their own."""
    metrics = ("auc", "f1", "accuracy", "recall", "precision", "kappa", "brier", "log_loss", "ece")
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    facts = ["target_set", "access", "attack", "via", "n_targets", "n_members", "n_nonmembers"]
    spread = [f"{name}{end}" for name in (*metrics, "tpr_at_fpr_0.1") for end in ("", "_low", "_high")]
    writer.writerow([*facts, *spread, "seconds", "network_calls", "skipped"])
    for _, rows in sections(records):
        for record in rows:
            estimates = [getattr(record, name) for name in metrics] + [(record.tpr_at_fpr or {}).get("0.1")]
            numbers = [x for e in estimates for x in ((e.value, e.low, e.high) if e else (None, None, None))]
            row = [*(getattr(record, name) for name in facts), *numbers]
            writer.writerow([*row, record.seconds, record.network_calls, record.skipped])
    return text.getvalue()


def _number(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return estimate.note.split(":")[0] if estimate.value is None and estimate.note else _rounded(estimate.value)


def _with_interval(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None or estimate.low is None:
        return _number(estimate)
    return f"{_rounded(estimate.value)} [{_rounded(estimate.low)}, {_rounded(estimate.high)}]"


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
