"""Writes the pages: the templates filled with boards, figures and the contact sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.evaluation.comparison import Comparison
from harness.report.board import COLUMNS, boards, controls
from harness.report.content import PageContent
from harness.report.evidence import histogram_panels, reliability_panels
from harness.report.matched import matched_panels
from harness.report.numbers import bar
from harness.report.power import power_panels
from harness.report.render import rendered
from harness.report.roc import roc_panels
from harness.report.sheet import shown_pairs
from harness.report.verdict import meaning, tiles
from harness.writing import write_durably


def write_page(path: Path, content: PageContent) -> None:
    """`report.html`: all that was found, in one file without a single address to load from."""
    page = _render(
        "report.html",
        content,
        meaning=meaning(content.records, content.chosen, content.nobody),
        tiles=tiles(content.records, content.chosen),
        controls=controls(content.records),
        roc=roc_panels(content.curves),
        reliability=reliability_panels(content.curves),
        histograms=histogram_panels(content.curves),
        power=power_panels(content),
        matched=matched_panels(content.matched),
        pairs=shown_pairs(content.sheet),
        of_chosen=[one for one in content.comparisons if one.attack == content.chosen],
    )
    write_durably(path, page)


def write_leaderboard(path: Path, content: PageContent) -> None:
    """`leaderboard.html`: the tables alone."""
    write_durably(path, _render("leaderboard.html", content))


def _render(template: str, content: PageContent, **more: Any) -> str:
    return rendered(
        template,
        content=content,
        columns=COLUMNS,
        boards=boards(content.records, content.chosen),
        difference_bar=_difference_bar,
        **more,
    )


def _difference_bar(one: Comparison, widest: float) -> Any:
    """A difference on a scale symmetric around none."""
    return bar(one.difference, -widest, widest, 0.0)
