"""What a person sees: the table in the terminal, in Markdown and in CSV."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from rich.console import Console

from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.report.table import COLUMNS, csv_table, markdown_table, sections, terminal_table


def record(attack: str, auc: float, access: str = "release", target_set: str = "shadow", **more) -> Record:
    estimate = Estimate(auc, auc - 0.05, auc + 0.02)
    fields = dict.fromkeys(("auc", "f1", "accuracy", "recall", "brier"), estimate)
    return Record(attack, "release", target_set, access, tpr_at_fpr={"0.1": estimate}, **{**fields, **more})


RECORDS = [
    record("weak", 0.6),
    record("strong", 0.9),
    record("upper", 0.99, access="model"),
    record("strong", 0.8, target_set="test"),
    Record("upper", "model", "test", "model", skipped="it needs a model."),
    Record("all used", "none", "test", "none", kind="trivial", f1=Estimate(2 / 3), accuracy=Estimate(0.5)),
]


def printed(width: int) -> str:
    console = Console(width=width, file=StringIO(), force_terminal=False)
    console.print(terminal_table(RECORDS, "strong", width))
    return console.file.getvalue()


def test_rows_of_different_access_or_targets_never_share_a_section():
    for _, rows in sections(RECORDS):
        assert len({(row.target_set, row.access) for row in rows}) == 1
    titles = [title for title, _ in sections(RECORDS)]
    assert len(titles) == len(set(titles)) == 5
    assert [row.attack for row in next(iter(sections(RECORDS)))[1]] == ["strong", "weak"]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_is_cut_off(width):
    text = printed(width)
    assert "…" not in text
    assert max(len(line.rstrip()) for line in text.splitlines() if "strong" in line) <= width
    assert "0.900 [0.850, 0.920]" in text
    assert "strong *" in text
    assert ("seconds" in text) == (width >= 100)


def test_skipped_rows_give_the_reason_and_no_numbers():
    (line,) = [line for line in printed(100).splitlines() if line.startswith("upper: skipped")]
    assert "it needs a model." in line


def test_markdown_has_every_column_in_every_row():
    lines = [line for line in markdown_table(RECORDS, "strong").splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {len(COLUMNS) + 1}
    assert sum("**strong**" in line for line in lines) == 2


def test_csv_keeps_full_digits_and_leaves_the_unknown_empty():
    rows = list(csv.DictReader(StringIO(csv_table([record("x", 1 / 3), RECORDS[-1]]))))
    assert float(rows[0]["auc"]) == 1 / 3
    assert float(rows[0]["tpr_at_fpr_0.1_low"]) == pytest.approx(1 / 3 - 0.05)
    assert rows[1]["auc"] == ""


def test_what_a_control_is_stands_in_its_fields_not_in_its_name():
    """Made for two attacks: one row, the farthest from chance. A colon in somebody's name makes no family."""
    made = [
        record(f"{name}, shown otherwise", auc, kind="control", control="wrong_target", of=name)
        for name, auc in (("knn", 0.45), ("loss", 0.52))
    ]
    alone = [record("mine: one", 0.5, kind="control", control="mine"), record("mine: two", 0.5, kind="control")]
    ((_, rows),) = sections([*made, *alone])
    assert {row.attack for row in rows} == {"wrong_target (2)", "mine: one", "mine: two"}
    assert rows[-1].auc.value == 0.45 or "wrong_target (2)" in [row.attack for row in rows if row.auc.value == 0.45]
