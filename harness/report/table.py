"""The table people read and paste: with rich in the terminal, as `leaderboard.md` and `leaderboard.csv`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO
from itertools import groupby

from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from harness.evaluation.estimate_text import estimate_text, value_text
from harness.evaluation.records import Record
from harness.plain import markdown, plain, write_csv

COLUMNS = ("attack", "via", "AUC [95 %]", "TPR@10 %", "F1", "accuracy", "recall", "Brier", "seconds")
_WIDTHS = (24, 8, 20, 11, 6, 8, 6, 6, 7)
_SETS = {"shadow": "Shadows, held out", "dev": "Development release", "test": "Test release"}
_HOLDS = {
    "release": "the attacker holds the release",
    "references": "the attacker holds the release and releases of his own shadows",
    "control": "controls, which must be at chance (of several, the one farthest from it)",
    "patients": "patients, each by the scores of all their slices",
    "planted": "planted copies of others, which must be found (of several attacks, the best)",
    "oracle": "choosing by the truth itself, and without it",
    "none": "rules that look at nothing",
    "discriminator": "the attacker holds the generator's discriminator (an upper bound: the test gives none)",
    "model": "the attacker holds the generator's model (an upper bound: the test gives none)",
    "gradient": "the attacker holds the generator's weights (an upper bound: the test gives none)",
}


_BY_KIND = ("control", "oracle", "patients", "planted")  # told apart by what they are, not by what is held


def sections(records: Sequence[Record]) -> Iterator[tuple[str, list[Record]]]:
    """Titles and rows. Different targets or access never share a section; best AUC first, skipped last.

    Controls that were made for every attack are shown by the one farthest from chance.
    """

    def place(record: Record) -> tuple[int, int, bool, float]:
        auc = record.auc.value if record.auc is not None and record.auc.value is not None else -1.0
        return (
            list(_SETS).index(record.target_set),
            list(_HOLDS).index(holds(record)),
            record.skipped is not None,
            -auc,
        )

    for (target_set, section), rows in groupby(
        sorted(_condensed(records), key=place), key=lambda record: (record.target_set, holds(record))
    ):
        yield section_title(target_set, section), list(rows)


def section_title(target_set: str, section: str, scope: str = "") -> str:
    """What a section's rows have in common, such as `Shadows, held out: the attacker holds the release`.

    section: as `holds` names it; scope: what more they have in common, empty where that is plain.
    """
    return f"{_SETS[target_set]}{f', {scope}' if scope else ''}: {_HOLDS.get(section, section)}"


def by_access(access: str) -> int:
    """Where rows of an access stand among others, the least access first."""
    return list(_HOLDS).index(access) if access in _HOLDS else len(_HOLDS)


def holds(record: Record) -> str:
    """Which section a row belongs to, within its set of targets."""
    return record.kind if record.kind in _BY_KIND else record.access


def _condensed(records: Sequence[Record]) -> list[Record]:
    """Of what was made for every attack one of each kind, with how many there are: of controls the farthest from 0.5,
    of planted copies, which are to be found, the largest AUC."""

    def shown_first(record: Record) -> float:
        value = 0.5 if record.auc is None or record.auc.value is None else record.auc.value
        return value if record.kind == "planted" else abs(value - 0.5)

    kept = [record for record in records if record.control is None or record.of is None]
    families: dict[str, list[Record]] = {}
    for record in records:
        if record.control is not None and record.of is not None:
            families.setdefault(record.control, []).append(record)
    for family, members in families.items():
        ran = [record for record in members if record.auc is not None and record.auc.value is not None]
        shown = max(ran or members, key=shown_first)
        kept.append(replace(shown, attack=f"{family} ({len(ran)})"))
    return kept


def cells(record: Record) -> list[str]:
    """The row's cells as text, one a column; empty where there is no number."""
    tpr = (record.tpr_at_fpr or {}).get("0.1")
    numbers = [value_text(one) for one in (tpr, record.f1, record.accuracy, record.recall, record.brier)]
    seconds = f"{record.seconds:.1f}" if record.kind == "attack" and record.skipped is None else ""
    via = "" if record.via == "none" else record.via
    return [plain(record.label), plain(via), estimate_text(record.auc), *numbers, seconds]


def terminal_table(records: Sequence[Record], chosen: str | None, width: int) -> RenderableType:
    """A rich table a section, columns aligned; the chosen attack is marked with a star.

    width: of the terminal, characters; `seconds` are shown where they fit.
    """
    left_out = {"via"}  # a row's name says it
    if width < sum(w + 1 for w, column in zip(_WIDTHS, COLUMNS, strict=True) if column not in left_out):
        left_out.add("seconds")
    shown = [i for i, column in enumerate(COLUMNS) if column not in left_out]
    spare = width - sum(_WIDTHS[i] + 1 for i in shown if i) - 1
    widths = (max(12, min(spare, _WIDTHS[0])), *_WIDTHS[1:])
    parts: list[RenderableType] = []
    for number, (title, rows) in enumerate(sections(records)):
        parts.append(Text(("\n" if number else "") + title, style="bold"))
        table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", show_header=number == 0)
        for i in shown:
            justify: JustifyMethod = "left" if i < 2 else "right"
            table.add_column(COLUMNS[i], width=widths[i], no_wrap=i > 0, justify=justify, overflow="fold")
        for record in rows:
            if record.skipped is None:
                is_chosen = record.label == chosen and record.kind == "attack"
                name, *rest = cells(record)
                row = [f"{name} *" if is_chosen else name, *rest]
                table.add_row(*(row[i] for i in shown), style="green" if is_chosen else "")
        if number == 0 or table.row_count:
            parts.append(table)
        parts += [Text(plain(f"{names}: skipped; {reason}"), style="dim") for reason, names in _skipped(rows).items()]
    return Group(*parts)


def _skipped(rows: Sequence[Record]) -> dict[str, str]:
    """The attacks skipped for each reason."""
    by_reason: dict[str, list[str]] = {}
    for record in rows:
        if record.skipped is not None:
            by_reason.setdefault(record.skipped, []).append(record.label)
    return {reason: ", ".join(names) for reason, names in by_reason.items()}


def markdown_table(records: Sequence[Record], chosen: str | None) -> str:
    """The same as GitHub Markdown; the chosen attack in bold."""
    lines: list[str] = []
    for title, rows in sections(records):
        shown = []
        for record in rows:
            if record.skipped is not None:
                continue
            row = [markdown(cell) for cell in cells(record)]
            if record.label == chosen and record.kind == "attack":
                row[0] = f"**{row[0]}**"
            shown.append(row)
        lines += [f"### {title}", "", *markdown_grid(COLUMNS, 2, shown)]
        lines += ["", *(markdown(f"Skipped: {names}; {reason}") + "\n" for reason, names in _skipped(rows).items())]
    return "\n".join(lines)


def markdown_grid(columns: Sequence[str], n_text: int, rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of one GitHub Markdown table; of its columns the first n_text are words, the others numbers.

    rows: cells that are Markdown already (`harness.plain.markdown`).
    """
    head = [f"| {' | '.join(columns)} |", "|" + "---|" * n_text + "---:|" * (len(columns) - n_text)]
    return [*head, *(f"| {' | '.join(row)} |" for row in rows)]


def csv_table(records: Sequence[Record]) -> str:
    """One line a record, full digits, intervals in columns of their own."""
    metrics = (
        "auc", "f1", "accuracy", "balanced_accuracy", "recall", "specificity", "precision", "kappa", "brier",
        "log_loss", "ece",
    )  # fmt: skip
    text = StringIO()
    facts = ["target_set", "kind", "access", "attack", "via", "n_targets", "n_members", "n_nonmembers"]
    spread = [f"{name}{end}" for name in (*metrics, "tpr_at_fpr_0.1") for end in ("", "_low", "_high")]
    rows: list[list[object]] = [[*facts, *spread, "labels_used", "seconds", "network_calls", "skipped"]]
    for record in records:
        estimates = [getattr(record, name) for name in metrics] + [(record.tpr_at_fpr or {}).get("0.1")]
        numbers = [x for e in estimates for x in ((e.value, e.low, e.high) if e else (None, None, None))]
        row = [*(getattr(record, name) for name in facts), *numbers]
        rows.append([*row, record.labels_used, record.seconds, record.network_calls, record.skipped])
    write_csv(text, rows)
    return text.getvalue()
