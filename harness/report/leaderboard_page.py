"""`leaderboard.md`: what was attacked, the tables, what came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.evaluation.estimate_text import counted
from harness.evaluation.records import Record
from harness.plain import markdown
from harness.report.table import markdown_table


class Scope(NamedTuple):
    """What a run looked at. data: the name of its source; n_images: released images looked at of each generator."""

    data: str
    n_slices: int
    n_patients: int
    n_shadows: int
    n_images: int
    preset: str
    steps: int
    rule: str
    decision: str

    @property
    def title(self) -> str:
        """The heading of its pages."""
        return f"Membership inference: {self.data}, {self.told}"

    @property
    def told(self) -> str:
        """How much there was."""
        slices, patients = counted(self.n_slices, "slice"), counted(self.n_patients, "patient")
        return f"{slices} of {patients}, {counted(self.n_shadows, 'shadow')}"


def leaderboard_markdown(
    scope: Scope, records: Sequence[Record], chosen: str | None, alarms: Sequence[str], summary: Sequence[str]
) -> str:
    """The page as text. chosen, alarms, summary: as `PageContent` has them."""
    head = (
        f"# Leaderboard\n\n{scope.told} "
        f"(preset `{scope.preset}`, {scope.steps} steps), {scope.n_images} released images "
        f"looked at each. Intervals are 95 %; AUC is pooled over targets. Decision rule `{scope.decision}`; "
        f"the attack in bold was chosen by `{scope.rule}` on the shadows.\n\n"
    )
    told = "".join(f"**Not to be trusted.** {markdown(alarm)}\n\n" for alarm in alarms)
    sentences = "\n\n".join(map(markdown, summary))
    return f"{told}{head}{markdown_table(records, chosen)}\n{sentences}\n"
