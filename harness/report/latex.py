"""`leaderboard.tex`: the table of `leaderboard.md` for a paper, a tabular a section."""

from __future__ import annotations

from collections.abc import Sequence

from harness.evaluation.records import Record
from harness.plain import plain
from harness.report.table import COLUMNS, cells, holds, sections

Rows = Sequence[Sequence[str]]
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
        "|": r"\textbar{}",
        "\N{MINUS SIGN}": "$-$",
        "[": "{[}",  # after a line's end `[` would be read as that line's extra space,
        "*": "{*}",  # and a star as a part of the line's end
    }
)


def latex_table(records: Sequence[Record], chosen: str | None) -> str:
    """Tables for a document that loads booktabs; the chosen attack in bold, skipped ones below with the reason."""
    parts = ["% \\usepackage{booktabs}\n"]
    parts += [_table(title, rows, chosen) for title, rows in sections(records)]
    return "\n".join(parts)


def _table(title: str, records: list[Record], chosen: str | None) -> str:
    first = records[0]
    shown = []
    for record in records:
        if record.skipped is None:
            name, *rest = (escaped(text) for text in cells(record))
            if record.label == chosen and record.kind == "attack":
                name = rf"\textbf{{{name}}}"
            shown.append([name, *rest])
    below = [f"{record.label}: skipped; {record.skipped}" for record in records if record.skipped is not None]
    label = f"leaderboard-{first.target_set}-{holds(first)}"
    return booktabs(f"{title}. Intervals are 95 %.", label, COLUMNS, 2, blocks=[shown], below=below)


def booktabs(
    caption: str, label: str, columns: Sequence[str], n_text: int, *, blocks: Sequence[Rows], below: Sequence[str]
) -> str:
    r"""A table with a rule between blocks of rows, and sentences below it.

    The cells are LaTeX already; caption, columns and sentences are plain text. n_text: how many columns, from the
    left, are words; the others are numbers. label: without its `tab:`.
    """
    rule = "    \\midrule\n"
    body = rule.join("".join(rf"    {' & '.join(row)} \\" + "\n" for row in rows) for rows in blocks if rows)
    lines = [
        r"\begin{table}",
        r"  \centering\small",
        rf"  \caption{{{escaped(caption)}}}",
        rf"  \label{{tab:{label}}}",
        rf"  \begin{{tabular}}{{{'l' * n_text}{'r' * (len(columns) - n_text)}}}",
        r"    \toprule",
        rf"    {' & '.join(escaped(column) for column in columns)} \\",
        rule + body + r"    \bottomrule",
        r"  \end{tabular}",
        *(rf"  \par {escaped(sentence)}" for sentence in below),
    ]
    return "\n".join([*lines, r"\end{table}", ""])


def escaped(text: str) -> str:
    """Text in which no character is a command; line ends become spaces."""
    return plain(" ".join(text.split())).translate(_SPECIAL)
