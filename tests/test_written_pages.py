"""Figures on the pages: blocks are as commands wrote them, and no new table stands outside of one.

`OLDER` are the tables of before there were blocks, heading by heading, with a digest of what they hold: an edit by
hand fails here, too. Entries may go, as their commands are run again with `--markdown`; none may be added.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks.pages import other_tables, written_blocks

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
OLDER: dict[str, dict[str, str]] = {
    "figures.md": {
        "Families of generators": "670d5cd9df82",
        "On a GPU": "27c198c3fd71",
        "Training on a GPU, beside a plain loop": "0db6d2a5e448",
        "Shadows of one family before targets of another": "540d05feeec6",
        "Speed, side by side": "1a8a4b73f5dc",
        "The dial of leakage": "24ae2e4748f0",
        "What a shared base does": "b83235925791",
        "Simulated challenges, from a base": "fe611eddb707",
        "Time and memory": "d3c53ed85024",
        "What the attacks reach on the shadows": "4c931f34c763",
        "What attacks and calibrations keep under another recipe": "3ac82f023d15",
        "All 731 real slices of 70 patients": "024f0cd3f892",
        "Simulated challenges": "55379d76b560",
        "The official size": "6fa704ac664d",
        "Which subset, which generator": "3729e3b00e26",
        "Odd inputs": "eacc9fbf3b41",
    },
    "suite.md": {},
}
NO_FIGURES = {"suite.md": {"The standard suite"}}  # says what is meant and what there is, not what was found
MOST_OLDER = 16  # may be lowered


def digests(page: str) -> dict[str, str]:
    tables = other_tables((DOCS / page).read_text(encoding="utf-8"))
    return {
        heading: hashlib.sha256("".join(of).encode()).hexdigest()[:12]
        for heading, of in tables.items()
        if heading not in NO_FIGURES.get(page, ())
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_are_as_a_command_wrote_them(page):
    text = page.read_text(encoding="utf-8")
    blocks = list(written_blocks(text))
    assert len(blocks) == text.count("<!-- written by:") == text.count("<!-- end of what was written -->")
    for block in blocks:
        assert block.whole, f"{block.command}: what it wrote into {page.name} was edited; run it again"
    commands = [block.command for block in blocks]
    assert len(set(commands)) == len(commands)


@pytest.mark.parametrize("page", OLDER)
def test_no_table_stands_outside_a_block_but_the_older_ones(page):
    assert digests(page) == OLDER[page]


def test_the_list_of_older_tables_only_becomes_shorter():
    assert sum(len(of) for of in OLDER.values()) <= MOST_OLDER
    assert {"figures.md", "suite.md"} == set(OLDER)
