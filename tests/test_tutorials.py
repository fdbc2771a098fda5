"""The tutorials: every block runs as a reader would copy it, and prints what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest
from documented_code import is_printed, languages, tutorial

TUTORIALS = sorted((Path(__file__).parents[1] / "docs" / "tutorials").glob("*.md"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_works_as_written(path, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    page = path.read_text(encoding="utf-8")
    ran = list(tutorial(page, tmp_path))
    for block in ran:
        assert is_printed(block.shown, block.printed), f"{block.code}\nprints\n{block.printed}"
    assert len([block for block in ran if block.shown]) == languages(page).count(""), "an output below no block"


PRINTED = "one\ntwo 0.500\nthree\nfour 4"


@pytest.mark.parametrize(
    "shown", [PRINTED, "...\ntwo 0.510\n...\nfour 4", "one\n...\nfour 4", "...\nthree\n...", "one\n..."]
)
def test_what_is_left_out_may_be(shown):
    assert is_printed(shown, PRINTED)


@pytest.mark.parametrize(
    "shown", ["one\ntwo 0.500\nthree", "...\nthree", "two 0.500\n...", "...\ntwo 0.600\n...", "one\n...\nfour 5", ""]
)
def test_what_is_not_printed_is_seen(shown):
    assert not is_printed(shown, PRINTED)
