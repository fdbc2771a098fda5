"""The last words of a run in the terminal: the table, the choice, and the truth where there is one."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.cli import tell
from harness.config.recipe_options import leak_of
from harness.evaluation.estimate_text import number
from harness.evaluation.release_statistics import STATISTICS
from harness.pipeline import Outcome
from harness.report.beyond import beyond_told
from harness.report.conclusion import Applied, conclusion
from harness.report.matched import told as recipe_told
from harness.report.start_line import start_line
from harness.report.table import terminal_table


def show_outcome(outcome: Outcome, folder: Path, console: Console) -> None:
    """Print the table, the conclusion, and where the files are."""
    choice, chosen = outcome.choice, outcome.chosen
    for alarm in outcome.alarms:
        tell(console, "Not to be trusted:", "bold white on red", alarm)
    _show_matches(outcome, console)
    console.print(terminal_table(outcome.records, chosen.label if chosen else None, console.width))
    _show_surrogates(outcome, console)
    console.print()
    if choice is not None and choice.remark:
        console.print(choice.remark, style="red")
    star, *rest = said(outcome)
    console.print(f"* {star}" if chosen is not None else star)  # the table marks the chosen attack with it
    for sentence in rest:
        console.print(sentence)
    tell(console, "Results:", "", str(folder), wrap=False)


def _show_matches(outcome: Outcome, console: Console) -> None:
    """How unlike the test's release those of the recipes tried are, the nearest first."""
    matches = outcome.matching.matches
    if not matches:
        return
    console.print("Recipes tried: how far their release is from the test's, without any label", style="bold")
    table = Table("family", "steps", *STATISTICS, "mean", box=None, padding=(0, 2, 0, 0), header_style="dim")
    for one in sorted(matches, key=lambda match: match.distance):
        recipe = outcome.settings.recipe
        taken = " *" if (one.family, one.steps) == (recipe.name, recipe.n_steps) else ""
        table.add_row(
            f"{one.family}{taken}", str(one.steps or ""), *map(number, (*one.distances.values(), one.distance))
        )
    console.print(table)
    console.print()


def _show_surrogates(outcome: Outcome, console: Console) -> None:
    """What model attacks keep when they ask a surrogate in the model's place."""
    found = outcome.surrogates
    if found is None:
        return
    console.print()
    console.print("Model attacks via surrogates, on the shadows", style="bold")
    table = Table("attack", "AUC, model", "AUC, surrogate", "retention", box=None, padding=(0, 2, 0, 0))
    for one in found.rows:
        table.add_row(one.attack, *map(number, (one.model_auc, one.surrogate_auc, one.kept)))
    console.print(table)
    console.print(
        f"Rank correlation of the surrogate's loss with the log distance to the nearest released image: "
        f"{number(found.follows_distance)}"
    )


def said(outcome: Outcome) -> list[str]:
    """Which attack was chosen and applied, and how its submission did where the truth could be opened."""
    settings, chosen, test = outcome.settings, outcome.chosen, outcome.test
    choices = {rule: choice.attack for rule, choice in outcome.choices.items()}
    if chosen is None or test is None or test.predictions is None or test.predictions.decision is None:
        return [*conclusion(None, choices, outcome.records, outcome.nobody), _start(outcome)]
    n_used, n = int(test.predictions.decision.sum()), len(test.candidates)
    applied = Applied(chosen.label, settings.rule, settings.decision, n_used, n, test.record)
    elsewhere = {recipe_told(one.family, one.steps): one.realised_fpr or {} for one in outcome.matching.matches}
    told = conclusion(applied, choices, outcome.records, outcome.nobody, elsewhere=elsewhere)
    return [*told, *beyond_told(outcome.beyond), _start(outcome)]


def _start(outcome: Outcome) -> str:
    start, recipe = outcome.settings.start, outcome.settings.recipe
    return start_line(start.name, leak_of(recipe, start), recipe)
