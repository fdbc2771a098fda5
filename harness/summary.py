"""The last words of a run in the terminal: the table, the choice, and the truth where there is one."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from harness.config import Settings
from harness.pipeline import Outcome
from harness.results import Record
from harness.table import terminal_table


def show_outcome(settings: Settings, outcome: Outcome, folder: Path, console: Console) -> None:
    """Print the table, which attack was chosen and applied, and where the files are."""
    chosen = outcome.chosen
    console.print(terminal_table(outcome.records, chosen.attack if chosen else None, console.width))
    console.print()
    if chosen is None:
        console.print("No attack named here can face the test release, so there is no submission.")
    else:
        console.print("Selection rules: " + ", ".join(f"{n} picks {c.attack}" for n, c in outcome.choices.items()))
        if chosen.remark:
            console.print(f"[red]{chosen.remark}[/red]")
        n_used = int(outcome.test.rows.decision.sum()) if outcome.test and outcome.test.rows else 0
        n = len(outcome.plan.test.candidates)
        console.print(
            f"* {chosen.attack} was chosen by {settings.rule} on the shadows and applied once to the test "
            f"release: {n_used} of {n} candidates called used (decision rule {settings.decision})."
        )
    if outcome.test is not None:
        console.print(_truth(outcome.test.record))
    console.print(f"Results: {folder}", soft_wrap=True)


def _truth(record: Record) -> str:
    """The submission's score where the truth could be opened."""
    if record.f1 is None or record.accuracy is None or record.recall is None:
        return "The truth of this test release is not known here; submission.csv is ready to hand in."
    scores = (("F1", record.f1), ("accuracy", record.accuracy), ("recall", record.recall))
    told = ", ".join(f"{name} {one.value:.3f} [{one.low:.3f}, {one.high:.3f}]" for name, one in scores)
    return f"The truth was opened after the decision: the submission has {told}."
