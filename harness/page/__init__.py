"""What people look at: `report.html` and `leaderboard.html`, which open offline, and `leaderboard.tex`."""

from __future__ import annotations

from harness.page.content import (
    Comparison,
    Curve,
    Decisions,
    MatchedPair,
    PageContent,
    PlanRow,
    PowerSeries,
)
from harness.page.latex import latex_table
from harness.page.write import write_leaderboard, write_page

__all__ = [
    "Comparison",
    "Curve",
    "Decisions",
    "MatchedPair",
    "PageContent",
    "PlanRow",
    "PowerSeries",
    "latex_table",
    "write_leaderboard",
    "write_page",
]
