"""`leaderboard.tex`: the table of `leaderboard.md` for a paper, a tabular a section."""

from __future__ import annotations

from collections.abc import Sequence

from harness.results import Record
from harness.table import COLUMNS, cells, sections

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "_": r"\_",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "[": "{[}",  # after a line's end `[` would be read as that line's extra space
    }
)


def latex_table(records: Sequence[Record], chosen: str | None) -> str:
    """Tables for a document that loads booktabs; the chosen attack in bold, skipped ones below with the reason."""
    parts = ["% \\usepackage{booktabs}\n"]
    parts += [_table(title, rows, chosen) for title, rows in sections(records)]
    return "\n".join(parts)


def _table(title: str, records: list[Record], chosen: str | None) -> str:
    first = records[0]
    what = first.kind if first.kind in ("control", "oracle") else first.access  # as `sections` parts them
    lines = [
        r"\begin{table}",
        r"  \centering\small",
        rf"  \caption{{{escaped(title)}. Intervals are 95\,\%.}}",
        rf"  \label{{tab:leaderboard-{first.target_set}-{what}}}",
        rf"  \begin{{tabular}}{{ll{'r' * (len(COLUMNS) - 2)}}}",
        r"    \toprule",
        rf"    {' & '.join(escaped(column) for column in COLUMNS)} \\",
        r"    \midrule",
    ]
    for record in records:
        if record.skipped is None:
            name, *rest = (escaped(text) for text in cells(record))
            if record.label == chosen and record.kind == "attack":
                name = rf"\textbf{{{name}}}"
            lines.append(rf"    {' & '.join([name, *rest])} \\")
    lines += [r"    \bottomrule", r"  \end{tabular}"]
    lines += [
        rf"  \par {escaped(f'{record.label}: skipped; {record.skipped}')}"
        for record in records
        if record.skipped is not None
    ]
    return "\n".join([*lines, r"\end{table}", ""])


def escaped(text: str) -> str:
    """Text in which no character is a command; line ends become spaces."""
    return " ".join(text.translate(_SPECIAL).split())
