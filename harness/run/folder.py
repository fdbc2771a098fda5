"""Writes `runs/<name>/`: beside first, then renamed into place, so a run's folder is whole or not there."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from attacks.registry import find_attacks
from harness.config.edition_options import submission_form
from harness.config.settings import Settings
from harness.errors import InputError
from harness.evaluation.records import SCHEMA, SURROGATE
from harness.experiment.evaluator import Judgement
from harness.pipeline import Outcome
from harness.report.content import Facts
from harness.report.latex import latex_table
from harness.report.table import csv_table, markdown_table
from harness.report.write import write_leaderboard, write_page
from harness.run.contact_sheet import contact_sheet
from harness.run.page_content import page_content
from harness.run.summary import conclusion
from harness.store import Store, content_key, write_durably
from harness.submission.files import write_submission
from shadow_models.recipe import SCHEMA as RECIPE_SCHEMA

_PACKAGES = ("accelerate", "datasets", "diffusers", "hydra-core", "numpy", "scikit-learn", "scipy", "torch")
MANIFEST = "manifest.json"


def run_folder(settings: Settings) -> Path:
    """Where the results go: `out`, or a name made of the options, so the same command lands in one place.

    Raises InputError where the folder holds anything but a run of ours.
    """
    what = {name: value for name, value in settings.echo.items() if name not in ("store", "launch", "device", "out")}
    attacks = "-".join(settings.attacks) if len(settings.attacks) <= 4 else f"{len(settings.attacks)}-attacks"
    name = f"{settings.data.name}-{attacks}-{settings.preset}-seed{settings.seed}-{content_key(**what)[:8]}"
    folder = settings.out or Path("runs") / name
    if folder.exists() and not _is_ours(folder):
        raise InputError(f"out={folder} holds something that is not a run; give a new or empty folder.")
    return folder


def _is_ours(folder: Path) -> bool:
    """Whether a folder is empty or holds exactly what a run's manifest lists; all else is not ours to replace."""
    if not folder.is_dir():
        return False
    present = {path.name for path in folder.iterdir()}
    try:
        files = set(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return not present
    return present == files | {MANIFEST}


def write_run(settings: Settings, outcome: Outcome, folder: Path, warnings: list[str]) -> None:
    """Every file of a run's folder; a folder that says the same already is left as it is."""
    results = json.dumps(_results(settings, outcome), indent=1)
    if _says_already(folder, results, _manifest(settings, outcome, folder, warnings)):
        return
    beside, aside = (folder.with_name(f".{what}-{folder.name}-{os.getpid()}") for what in ("writing", "replaced"))
    beside.mkdir(parents=True)
    try:
        (beside / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(settings.echo)), encoding="utf-8")
        write_durably(beside / "results.json", results)
        (beside / "leaderboard.md").write_text(_leaderboard(settings, outcome), encoding="utf-8")
        (beside / "leaderboard.csv").write_text(csv_table(outcome.records), encoding="utf-8")
        chosen = outcome.chosen.attack if outcome.chosen else None
        (beside / "leaderboard.tex").write_text(latex_table(outcome.records, chosen), encoding="utf-8")
        _write_scores(beside / "scores.csv", outcome)
        if outcome.test is not None:
            _write_decisions(beside / "submission.csv", settings, outcome, outcome.test)
        for baseline, judgement in outcome.baselines.items():
            _write_decisions(beside / baseline.file, settings, outcome, judgement)
        sheet = contact_sheet(outcome, Store(settings.store_root))
        shutil.copyfile(sheet, beside / "contact_sheet.png")
        content = page_content(settings, outcome, _facts(_manifest(settings, outcome, beside, warnings)))
        write_page(beside / "report.html", content)
        write_leaderboard(beside / "leaderboard.html", content)
        write_durably(beside / MANIFEST, json.dumps(_manifest(settings, outcome, beside, warnings), indent=1))
        if folder.exists():
            folder.rename(aside)
        beside.rename(folder)
    finally:
        for left in (beside, aside):
            shutil.rmtree(left, ignore_errors=True)


def _write_decisions(path: Path, settings: Settings, outcome: Outcome, judgement: Judgement) -> None:
    """A submission in the edition's format, where the decision rule applies to the attack."""
    if judgement.rows is not None and judgement.rows.decision is not None:
        ids = [outcome.pool.ids[place] for place in judgement.candidates]
        write_submission(path, ids, judgement.rows.decision, submission_form(settings.data))


def _says_already(folder: Path, results: str, manifest: dict[str, Any]) -> bool:
    """Whether these results were written there by the same code on the same machine: drawing takes seconds."""
    try:
        present = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        told = (folder / "results.json").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    # A commit with + is no one state of the code; a file that was touched has another digest.
    return (
        told == results and present == json.loads(json.dumps(manifest)) and not str(manifest["commit"]).endswith("+")
    )


def _results(settings: Settings, outcome: Outcome) -> dict[str, Any]:
    chosen = None
    if outcome.chosen is not None:
        chosen = {
            "attack": outcome.chosen.attack.removesuffix(SURROGATE),
            "via": "surrogate" if outcome.chosen.attack.endswith(SURROGATE) else "release",
            "rule": settings.rule,
            "decision": settings.decision,
            "remark": outcome.chosen.remark,
        }
    return {
        "schema": SCHEMA,
        "run": {"n_slices": len(outcome.pool), "n_images": outcome.plan.n_images, "seed": settings.seed},
        "chosen": chosen,
        "choices": {rule: choice.attack for rule, choice in outcome.choices.items()},
        "alarms": outcome.alarms,
        "decisions": {
            rule: {metric: asdict(one) for metric, one in of_rule.items()}
            for rule, of_rule in outcome.decisions.items()
        },
        "comparisons": [asdict(one) for one in outcome.comparisons],
        "power": [
            {"attack": one.attack, "over": one.over, "sizes": one.sizes, "auc": [asdict(auc) for auc in one.auc]}
            for one in outcome.power
        ],
        "recipe": outcome.settings.recipe.to_dict(),
        "matches": [{"steps": one.steps, "distances": one.distances} for one in outcome.matches],
        "surrogates": _surrogates(outcome),
        "records": [asdict(record) for record in outcome.records],
    }


def _surrogates(outcome: Outcome) -> dict[str, Any] | None:
    found = outcome.surrogates
    if found is None:
        return None
    return {"loss_follows_distance": found.follows_distance, "attacks": [one._asdict() for one in found.rows]}


def _leaderboard(settings: Settings, outcome: Outcome) -> str:
    chosen = outcome.chosen.attack if outcome.chosen else None
    patients = len({outcome.pool.patient_ids[place] for place in outcome.pool.taken})
    head = (
        f"# Leaderboard\n\n{len(outcome.pool)} slices of {patients} patients, {len(outcome.plan.shadows)} shadows "
        f"(preset `{settings.preset}`, {settings.recipe.steps} steps), {outcome.plan.n_images} released images "
        f"looked at each. Intervals are 95 %; AUC is pooled over targets. Decision rule `{settings.decision}`; "
        f"the attack in bold was chosen by `{settings.rule}` on the shadows.\n\n"
    )
    alarms = "".join(f"**Not to be trusted.** {alarm}\n\n" for alarm in outcome.alarms)
    remark = [outcome.chosen.remark] if outcome.chosen and outcome.chosen.remark else []
    sentences = "\n\n".join([*remark, *conclusion(settings, outcome)])
    return f"{alarms}{head}{markdown_table(outcome.records, chosen)}\n{sentences}\n"


def _write_scores(path: Path, outcome: Outcome) -> None:
    columns = ["target", "candidate_id", "patient_id", "attack", "score", "probability", "decision", "member"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for judgement in [*outcome.judgements, *([outcome.test] if outcome.test else [])]:
            writer.writerows(_score_rows(judgement, outcome))


def _score_rows(judgement: Judgement, outcome: Outcome) -> list[list[Any]]:
    rows, record, pool = judgement.rows, judgement.record, outcome.pool
    if rows is None:
        return []
    name = {"shadow": "shadow-{}", "dev": "dev", "test": "test"}[record.target_set]
    return [
        [
            name.format(rows.target[i]),
            pool.ids[place],
            pool.patient_ids[place],
            record.label,
            float(rows.score[i]),
            float(rows.probability[i]),
            "" if rows.decision is None else int(rows.decision[i]),
            "" if judgement.member is None else int(judgement.member[i]),
        ]
        for i, place in enumerate(judgement.candidates)
    ]


def _facts(manifest: dict[str, Any]) -> Facts:
    """The manifest as the page's list: what is nested becomes a table of its own."""
    told = {name: manifest[name] for name in ("commit", "seed", "pool")}
    return {
        "command": " ".join(manifest["command"]),
        **{name: str(value) for name, value in told.items()},
        "warnings": " ".join(manifest["warnings"]) or "none",
        "versions": {name: str(value) for name, value in manifest["versions"].items()},
        "hardware": {name: str(value) for name, value in manifest["hardware"].items()},
        "files (sha256)": manifest["files"],
    }


def _manifest(settings: Settings, outcome: Outcome, folder: Path, warnings: list[str]) -> dict[str, Any]:
    generators = [
        {"name": job.name, "generator": job.key, "release": job.release_key, "seed": job.seed}
        for job in outcome.plan.generators
    ]
    return {
        "schema": SCHEMA,
        "recipe_schema": RECIPE_SCHEMA,
        "command": ["python", "-m", "harness.run", *sys.argv[1:]],
        "commit": _commit(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "hardware": {
            "machine": platform.machine(),
            "system": platform.system(),
            "cores": len(os.sched_getaffinity(0)),
        },
        "seed": settings.seed,
        "pool": outcome.pool.key,
        "generators": generators,
        "warnings": warnings,
        "broken_plugins": find_attacks().broken,
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in _written(folder)},
    }


def _written(folder: Path) -> list[Path]:
    """The files of a run's folder but the manifest, which lists them."""
    return sorted(path for path in folder.iterdir() if path.name != MANIFEST) if folder.is_dir() else []


def _commit() -> str | None:
    """The commit of the source tree, with `+` where it is changed; None outside a clone."""
    here = Path(__file__).parent
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
        changes = subprocess.run(
            ["git", "status", "--porcelain"], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.stdout.strip() + ("+" if changes.stdout.strip() else "")
