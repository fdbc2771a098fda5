"""Names of others in every table: none steers a terminal, breaks a row, runs in a spreadsheet or is a command."""

from __future__ import annotations

import csv
import re
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from markdown_it import MarkdownIt

import harness.report
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.leaderboard.standings import Counts, Standing, Standings
from harness.leaderboard.tables import (
    csv_standings,
    html_standings,
    latex_standings,
    markdown_standings,
    terminal_standings,
)
from harness.plain import plain
from harness.report.latex import latex_table
from harness.report.table import csv_table, markdown_table, terminal_table
from harness.run.scores_file import write_scores
from harness.terminal import PlainConsole

HOSTILE = "=cmd|'x'!A0 [red]a[/x] | b\n| c \\ `d` <b>e</b> *f* _g_ [h](http://i) \x1b[2J\u202e& %$#{}~^\r\x07"
TEMPLATES = Path(harness.report.__file__).parent / "templates"
ROWS = [
    Record(HOSTILE, HOSTILE, "shadow", "release", auc=Estimate(-0.5, 0.8, 0.95), f1=Estimate(0.5)),
    Record("knn", "release", "shadow", "release", auc=Estimate(0.7, 0.6, 0.8)),
    Record(HOSTILE, "release", "shadow", "release", skipped=HOSTILE),
]


def _standings() -> Standings:
    row = Standing("own", None, HOSTILE, HOSTILE, "0.500", Estimate(0.5, 0.4, 0.6), counts=Counts(1, 1, 1, 1))
    all_used = Standing("trivial", None, "all used", "", "0.666", Estimate(0.666))
    other = Standing("other", None, HOSTILE, HOSTILE, "0.500", Estimate(0.5, 0.4, 0.6))
    return Standings("e", "Title", [row, all_used], [], [other], [HOSTILE], [HOSTILE])


def _terminal(shown) -> str:
    file = StringIO()
    PlainConsole(file=file, width=4000).print(shown)
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        _terminal(terminal_table(ROWS, None, 4000)),
        markdown_table(ROWS, HOSTILE),
        csv_table(ROWS),
        latex_table(ROWS, HOSTILE),
        _terminal(terminal_standings(_standings())),
        markdown_standings(_standings()),
        csv_standings(_standings()),
        latex_standings(_standings()),
        html_standings(_standings()),
    ],
    ids=[
        "terminal",
        "md",
        "csv",
        "tex",
        "standings",
        "standings.md",
        "standings.csv",
        "standings.tex",
        "standings.html",
    ],
)
def test_nothing_raw_is_left_of_a_name(text):
    assert not [one for one in text if not one.isprintable() and one != "\n"]
    assert "x1b" in text, "and it can be read that there was something"


def test_a_terminal_shows_a_name_whole():
    told = "".join(_terminal(terminal_table(ROWS, None, 4000)).split())
    assert told.count("[red]a[/x]|b\\n|c") == 2, "in its row, folded, and in the line of what was skipped"
    assert _terminal(terminal_standings(_standings())).count("[red]a[/x]") == 6


@pytest.mark.parametrize(
    ("text", "n_rows"), [(markdown_table(ROWS, HOSTILE), 3), (markdown_standings(_standings()), 5)]
)
def test_markdown_shows_names_letter_for_letter_and_keeps_its_rows(text, n_rows):
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inline = [token.children for token in tokens if token.type == "inline"]
    kinds = {child.type for children in inline for child in children}
    assert kinds <= {"text", "text_special", "strong_open", "strong_close", "softbreak"}
    shown = ["".join(child.content for child in children) for children in inline]
    assert plain(HOSTILE) in shown
    assert [token.type for token in tokens].count("tr_open") == n_rows


@pytest.mark.parametrize("text", [csv_table(ROWS), csv_standings(_standings())])
def test_csv_has_a_line_a_row_and_no_formula(text):
    rows = list(csv.reader(StringIO(text)))
    assert len(rows) == len(text.splitlines()) == 4
    assert len({len(row) for row in rows}) == 1
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t", "\r"))
    assert f"'{plain(HOSTILE)}" in rows[1]


def test_numbers_below_zero_stay_numbers():
    rows = list(csv.DictReader(StringIO(csv_table(ROWS))))
    assert float(rows[0]["auc"]) == -0.5


@pytest.mark.parametrize("text", [latex_table(ROWS, HOSTILE), latex_standings(_standings())])
def test_no_character_of_a_name_is_a_command_of_latex(text):
    rows = [line for line in text.splitlines() if "cmd" in line]
    assert rows
    for line in rows:
        body = re.sub(
            r"\\(textbf|textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|par)\b", "", line
        )
        body = re.sub(r"\\[{}_&%$#]|\{\[\}|\{\*\}|\$-\$|\\\\$", "", body)
        assert not re.findall(r"[\\_%#$<>^~|*\[]", body)


def test_ids_of_scores_are_text_to_a_spreadsheet(tmp_path):
    predictions = SimpleNamespace(
        target=np.array([0]), score=np.array([-0.5]), probability=np.array([0.5]), decision=None
    )
    one = SimpleNamespace(predictions=predictions, record=ROWS[0], candidates=np.array([0]), member=None)
    pool = SimpleNamespace(ids=["-1+cmd\n"], patient_ids=["=1"])
    write_scores(tmp_path / "scores.csv", SimpleNamespace(evaluations=[one], test=None, pool=pool))
    _, row = csv.reader(StringIO((tmp_path / "scores.csv").read_text()))
    assert row[1:3] == ["'-1+cmd\\n", "'=1"]
    assert row[4] == "-0.5"


def test_every_page_keeps_the_strict_policy():
    pages = sorted(path.name for path in TEMPLATES.glob("*.html") if path.name not in ("base.html", "macros.html"))
    assert pages == ["audit.html", "compared.html", "leaderboard.html", "report.html", "standings.html"]
    for name in pages:
        assert (TEMPLATES / name).read_text().startswith('{% extends "base.html" %}')
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text()
        assert not re.findall(r"\bon[a-z]+=|javascript:|\|\s*safe|autoescape false", text), path.name
        assert text.count("Content-Security-Policy") == (path.name == "base.html")
    policies = re.findall(r'Content-Security-Policy" content="([^"]*)"', html_standings(_standings()))
    assert len(policies) == 1
    assert re.fullmatch(
        r"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-[A-Za-z0-9+/=]{44}'",
        policies[0],
    )


def test_a_page_is_plain_where_its_own_style_and_script_are_not():
    page = html_standings(_standings())
    assert "<b>e</b>" not in page
    assert "&lt;b&gt;e&lt;/b&gt;" in page
    assert page.count("\n") > 50
