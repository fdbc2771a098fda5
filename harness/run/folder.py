"""Writes `runs/<name>/`: beside first, then renamed into place, so a run's folder is whole or not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from harness.config.checks import taken_places
from harness.config.edition_options import submission_form
from harness.config.settings import NO_RESULT, Settings
from harness.evaluation.records import SCHEMA
from harness.experiment.evaluator import Evaluation
from harness.finished.manifest_files import MANIFEST, with_files
from harness.ours import refuse_others
from harness.pipeline import Outcome
from harness.places import check_folder, shown
from harness.report.latex import latex_table
from harness.report.leaderboard_page import leaderboard_markdown
from harness.report.table import csv_table
from harness.report.write import write_leaderboard, write_page
from harness.run.contact_sheet import contact_sheet
from harness.run.manifest import facts_of
from harness.run.page_content import page_content, scope_of, summary_of
from harness.run.results_file import results_of
from harness.run.scores_file import write_scores
from harness.store import Store, content_key
from harness.submission.files import write_submission
from harness.writing import replaced_folder, write_durably


def run_folder(settings: Settings) -> Path:
    """Where the results go: `out`, or a name made of the options, so the same command lands in one place.

    Raises InputError where it cannot be written to, or holds anything but a run of ours.
    """
    what = {name: value for name, value in settings.echo.items() if name not in NO_RESULT}
    attacks = "-".join(settings.attacks) if len(settings.attacks) <= 4 else f"{len(settings.attacks)}-attacks"
    name = f"{settings.data.name}-{attacks}-{settings.preset}-seed{settings.seed}-{content_key(**what)[:8]}"
    folder = settings.out or Path("runs") / name
    check_folder("out=", folder, taken_places(settings.store_root, settings.data))
    _refuse_others(folder)
    return folder


def _refuse_others(folder: Path) -> None:
    refuse_others(f"out={shown(folder)}", folder, MANIFEST, SCHEMA, "a run")


def write_run(outcome: Outcome, folder: Path, remarks: list[str]) -> None:
    """Every file of a run's folder; a folder that says the same already is left as it is."""
    _refuse_others(folder)  # hours may have gone by since it was looked at
    settings, chosen = outcome.settings, outcome.chosen.label if outcome.chosen else None
    results, facts = json.dumps(results_of(outcome), indent=1), facts_of(outcome, remarks)
    config = OmegaConf.to_yaml(OmegaConf.create(settings.echo))
    if _says_already(folder, results, config, facts):
        return
    with replaced_folder(folder) as beside:
        (beside / "config.yaml").write_text(config, encoding="utf-8")
        write_durably(beside / "results.json", results)
        (beside / "leaderboard.md").write_text(_leaderboard(outcome, chosen), encoding="utf-8")
        (beside / "leaderboard.csv").write_text(csv_table(outcome.records), encoding="utf-8")
        (beside / "leaderboard.tex").write_text(latex_table(outcome.records, chosen), encoding="utf-8")
        write_scores(beside / "scores.csv", outcome)
        if outcome.test is not None:
            _write_decisions(beside / "submission.csv", outcome, outcome.test)
        for baseline, evaluation in outcome.baselines.items():
            _write_decisions(beside / baseline.file, outcome, evaluation)
        if settings.shows_pictures:
            sheet = contact_sheet(outcome, Store(settings.store_root, settings.verify_store))
            shutil.copyfile(sheet, beside / "contact_sheet.png")
        content = page_content(outcome, with_files(facts, beside))
        write_page(beside / "report.html", content)
        write_leaderboard(beside / "leaderboard.html", content)
        write_durably(beside / MANIFEST, json.dumps(with_files(facts, beside), indent=1))
        _refuse_others(folder)  # drawing took seconds


def _write_decisions(path: Path, outcome: Outcome, evaluation: Evaluation) -> None:
    """A submission in the edition's format, where the decision rule applies to the attack."""
    if evaluation.predictions is not None and evaluation.predictions.decision is not None:
        ids = [outcome.pool.ids[place] for place in evaluation.candidates]
        write_submission(path, ids, evaluation.predictions.decision, submission_form(outcome.settings.data))


def _says_already(folder: Path, results: str, config: str, facts: dict[str, Any]) -> bool:
    """Whether these results were written there by the same source and libraries on such a machine.

    All that the pages show hangs on these, and drawing them takes seconds.
    """
    try:
        present = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        told = [(folder / name).read_text(encoding="utf-8") for name in ("results.json", "config.yaml")]
    except (OSError, ValueError):
        return False
    # A file that was touched has another digest.
    return told == [results, config] and present == json.loads(json.dumps(with_files(facts, folder)))


def _leaderboard(outcome: Outcome, chosen: str | None) -> str:
    return leaderboard_markdown(scope_of(outcome), outcome.records, chosen, outcome.alarms, summary_of(outcome))
