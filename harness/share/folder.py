"""Writes the copy: beside first, then renamed into place; what is not a copy of ours is never replaced."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import yaml

from harness import ours
from harness.evaluation.records import SCHEMA, SCORE_COLUMNS
from harness.evaluation.score_rows import ScoreRow
from harness.finished.manifest_files import MANIFEST, with_files
from harness.places import shown
from harness.plain import write_csv
from harness.report.latex import latex_table
from harness.report.leaderboard_page import leaderboard_markdown
from harness.report.table import csv_table
from harness.report.write import write_leaderboard, write_page
from harness.share.copy import Copy
from harness.share.pages import chosen_label, page_of, summary
from harness.writing import replaced_folder, write_durably


def write_copy(copy: Copy, out: Path) -> None:
    """Every file of a copy; the same run and key give the same bytes."""
    results, chosen = copy.results, chosen_label(copy)
    with replaced_folder(out) as beside:
        write_durably(beside / "results.json", json.dumps(asdict(results), indent=1))
        write_durably(beside / "config.yaml", yaml.safe_dump(dict(copy.config), sort_keys=False))
        page = leaderboard_markdown(copy.scope, results.records, chosen, results.alarms, summary(copy))
        write_durably(beside / "leaderboard.md", page)
        write_durably(beside / "leaderboard.csv", csv_table(results.records))
        write_durably(beside / "leaderboard.tex", latex_table(results.records, chosen))
        _write_scores(beside / "scores.csv", copy.scores)
        content = page_of(copy, with_files({}, beside)["files"])
        write_page(beside / "report.html", content)
        write_leaderboard(beside / "leaderboard.html", content)
        write_durably(beside / MANIFEST, json.dumps(with_files(dict(copy.facts), beside), indent=1))
        refuse_others(out)


def refuse_others(out: Path) -> None:
    """InputError where a folder is there and is no copy that this command wrote, as it wrote it."""
    ours.refuse_others(f"--out {shown(out)}", out, MANIFEST, SCHEMA, "a copy", marks={"copy": True})


def _write_scores(path: Path, rows: list[ScoreRow]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        write_csv(file, [SCORE_COLUMNS])
        write_csv(file, (["" if one is None else one for one in row] for row in rows))
