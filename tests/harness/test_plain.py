"""Text from outside: nothing steers, hides or runs, and all of it can still be read."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.plain import csv_cell, markdown, plain, write_csv

ANY = st.text(st.characters(codec=None), max_size=30)  # lone surrogates, too
STEERING = "\x00\x07\x08\t\n\r\x0b\x1b\x7f\x85\x9b\u061c\u200b\u200d\u200e"
STEERING += "\u2028\u2029\u202e\u2066\u2069\ufeff\udce9\U000e0041"
UNSEEN = "\u034f\u115f\u3164\ufe0f\uffa0\u2800\xad\U000e0100"
MARKS = st.text(r"\`*_{}[]()<>#+-.!|~&;:=1a ^$\"'/", max_size=12)


@pytest.mark.parametrize("one", STEERING + UNSEEN, ids=ascii)
def test_what_steers_or_is_not_seen_is_written_out(one):
    shown = plain(f"a{one}b")
    assert shown.isprintable()
    assert shown.isascii()
    assert shown[0] == "a"
    assert shown[-1] == "b"
    assert shown[1] == "\\"
    assert shown != plain("ab"), "two names that differ must not look alike"


@given(ANY)
def test_all_that_is_left_is_seen_and_no_name_hides_another(text):
    shown = plain(text)
    assert shown.isprintable()
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert plain(shown) == shown
    shown.encode("utf-8")
    assert (shown == text) == (plain(text) is text)


def test_names_of_people_and_places_stay_as_they_are():
    for name in ("Müller_0001", "患者 12", "slice [bold]x[/bold].png", "a'b\"c", "Ελένη", "x\\y", "naïve façade"):
        assert plain(name) == name
    assert plain("two\nlines", keep="\n") == "two\nlines"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("\uff1d1", "'\uff1d1"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("\t=1", "\\t=1"),
        ("\r=1", "\\r=1"),
        ("-0.5", "-0.5"),
        ("+3", "+3"),
        ("-1e-07", "-1e-07"),
        ("-12%", "-12%"),
        ("-a", "'-a"),
        ("patient 1", "patient 1"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_spreadsheet_runs_no_cell_and_numbers_stay_numbers(cell, written):
    assert csv_cell(cell) == written


def test_what_is_no_text_is_left_to_csv():
    assert [csv_cell(value) for value in (-0.5, 3, None, True)] == [-0.5, 3, None, True]


@given(st.lists(st.lists(ANY, min_size=2, max_size=3), min_size=1, max_size=4))
def test_every_row_is_one_line_of_plain_cells(rows):
    file = io.StringIO()
    write_csv(file, rows)
    lines = file.getvalue().split("\n")
    assert len(lines) == len(rows) + 1
    for line, row in zip(lines, rows, strict=False):
        assert next(csv.reader([line])) == [csv_cell(cell) for cell in row]


def _parsed(document: str) -> tuple[list[str], list[str]]:
    """The kinds of blocks of a Markdown document, and what a reader sees of each, where all of it is text."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(document)
    parts = [token.children for token in tokens if token.type == "inline"]
    assert {child.type for part in parts for child in part} <= {"text", "text_special"}
    blocks = [token.type.removesuffix("_open") for token in tokens if token.type.endswith("_open")]
    return blocks, ["".join(child.content for child in part) for part in parts]


@settings(deadline=None)
@given(MARKS | ANY)
@example("[x](http://y)")
@example("![x](y)")
@example("[x][y]")
@example("<b>x</b>")
@example("&lt;b&gt;")
@example("a|b\\|c\\")
@example("`a|b`")
@example("_a_ b_c")
@example("**bold** ~~gone~~")
def test_a_cell_of_markdown_shows_the_text_letter_for_letter(text):
    _, shown = _parsed(f"| head | other |\n|---|---|\n| {markdown(text)} | end |\n| last | row |\n")
    assert shown == ["head", "other", plain(text).strip(), "end", "last", "row"]


@settings(deadline=None)
@given(MARKS | ANY)
@example("# head")
@example("- item")
@example("+ item")
@example("1. item")
@example("12) item")
@example("> quoted")
@example("---")
@example("===")
@example("```")
@example("~~~")
@example("[x]: http://y")
@example("***")
def test_a_paragraph_of_markdown_is_one_paragraph_of_that_text(text):
    text = plain(text).strip() or "x"
    assert _parsed(f"before\n\n{markdown(text)}\n\nafter\n") == (["paragraph"] * 3, ["before", text, "after"])


def test_tables_of_numbers_stay_legible():
    for text in ("-0.5", "0.123 [0.045, 0.201]", "real_ratio+rmia", "TPR@10 %", "knn", "(via surrogate)", "p = 0.05"):
        assert markdown(text) == text
