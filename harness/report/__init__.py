"""What people look at: `report.html` and `leaderboard.html`, which open offline, and `leaderboard.tex`."""

from __future__ import annotations

from harness.report.content import Decisions, MatchedPair, PageContent, PlanRow, PowerSeries, ScoredAttack
from harness.report.latex import latex_table
from harness.report.write import write_leaderboard, write_page

__all__ = [
    "Decisions",
    "MatchedPair",
    "PageContent",
    "PlanRow",
    "PowerSeries",
    "ScoredAttack",
    "latex_table",
    "write_leaderboard",
    "write_page",
]
