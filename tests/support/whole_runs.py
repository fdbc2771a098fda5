"""Whole folders as `harness.run` writes them, pages too, with numbers made up here: no generator is trained."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import yaml

from harness.evaluation.intervals import Estimate
from harness.evaluation.records import SCHEMA, SCORE_COLUMNS, Record
from harness.finished.manifest_files import MANIFEST, with_files
from harness.plain import write_csv
from harness.report.content import PageContent
from harness.report.write import write_page
from shadow_models.registry import find_family

N, PER_PATIENT, N_SHADOWS = 24, 2, 4
ACCESS = {"knn": "release", "ssim": "release", "knn_cal": "references", "loss": "model"}
IDS = [f"slice_{place:03d}" for place in range(N)]


def write_run(
    folder: Path,
    aucs: dict[str, float],
    *,
    seed: int = 0,
    data: str = "phantom",
    pool: str = "a" * 64,
    family: str = "dct",
    steps: int = 40,
    alarms: tuple[str, ...] = (),
    ids: list[str] = IDS,
    more: str = "",
) -> Path:
    """A run of these attacks, by the AUC that their records say; the first is the chosen one.

    more: text that `results.json` holds as a remark of the choice.
    """
    folder.mkdir(parents=True)
    records = [_record(name, auc, target) for target in ("shadow", "test") for name, auc in aucs.items()]
    records.append(Record("blind", "none", "shadow", "none", "control", N_SHADOWS, 48, 48, auc=_some(0.5)))
    chosen = next(iter(aucs))
    recipe = find_family(family)().to_dict() | ({"steps": steps} if family == "dct" else {})
    results = {
        "schema": SCHEMA,
        "run": {"n_slices": N, "n_patients": N // PER_PATIENT, "n_shadows": N_SHADOWS, "n_images": 32, "seed": seed},
        "chosen": {"attack": chosen, "via": "release", "rule": "best_calibrated", "decision": "probability",
                   "remark": more or None},
        "choices": {"best_calibrated": chosen, "highest_auc": chosen},
        "alarms": list(alarms), "nobody": [], "decisions": {}, "comparisons": [], "power": [],
        "family": family, "recipe": recipe, "start": {"name": "nothing", "leak": None},
        "matches": [], "matched_with": {}, "surrogates": None, "beyond_slices": None,
        "records": [asdict(record) for record in records],
    }  # fmt: skip
    config = {
        "preset": "quick", "seed": seed, "rule": "best_calibrated", "decision": "probability", "calibrator": "platt",
        "device": "cpu", "data": {"name": data, "size": 16},
        "shadow": {"family": family, "count": N_SHADOWS, "steps": steps},
        "launch": {"name": "local", "workers": 0}, "attack": {name: {} for name in aucs},
    }  # fmt: skip
    (folder / "results.json").write_text(json.dumps(results))
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    _write_scores(folder / "scores.csv", list(aucs.items()), seed, ids)
    title = f"Membership inference: {data}"
    write_page(folder / "report.html", PageContent(title, ["A made-up run."], records, list(alarms), chosen=chosen))
    generators = [
        {
            "name": name,
            "generator": f"{place:x}{seed:x}" * 32,
            "release": _key(seed, steps, family, place),
            "members": N // 2,
        }
        for place, name in enumerate([*(f"shadow {one}" for one in range(N_SHADOWS)), "withheld"])
    ]
    facts = {
        "schema": SCHEMA, "commit": "c" * 40, "versions": {"numpy": "2.3.1"}, "hardware": {"machine": "x86_64"},
        "seed": seed, "pool": pool, "generators": generators,
        "slices": {"digest": "d" * 64, "patients": [{"patient": "patient_0", "slices": ["f" * 10]}]},
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(with_files(facts, folder)))
    return folder


def _key(*made_by: object) -> str:
    """Runs of other seeds or recipes have other releases."""
    return hashlib.sha256(repr(made_by).encode()).hexdigest()


def _some(value: float) -> Estimate:
    return Estimate(value, max(value - 0.08, 0.0), min(value + 0.08, 1.0))


def _record(name: str, auc: float, target: str) -> Record:
    n = N_SHADOWS if target == "shadow" else 1
    return Record(
        name, "release", target, ACCESS[name], n_targets=n, n_members=12 * n, n_nonmembers=12 * n, auc=_some(auc),
        tpr_at_fpr={"0.1": _some(auc**2)}, f1=_some(auc - 0.05), accuracy=_some(auc - 0.05), recall=_some(auc),
        specificity=_some(auc), brier=_some(0.3 - auc / 5), ece=Estimate(0.05, note="no interval"), seconds=1.0,
        resampled="pairs of shadows, then patients",
    )  # type: ignore[arg-type]  # fmt: skip


def _write_scores(path: Path, attacks: list[tuple[str, float]], seed: int, ids: list[str]) -> None:
    rng = np.random.default_rng(seed)
    rows: list[tuple[object, ...]] = [SCORE_COLUMNS]
    for target in [*(f"shadow-{one}" for one in range(N_SHADOWS)), "test"]:
        member = rng.permutation(np.arange(N) % 2)
        for name, auc in attacks:
            score = member * 4 * (auc - 0.5) + rng.normal(size=N)
            for place, one in enumerate(ids):
                probability = round(float(1 / (1 + np.exp(-score[place]))), 6)
                rows.append((target, one, f"patient_{place // PER_PATIENT}", name, round(float(score[place]), 6),
                             probability, int(probability > 0.5), int(member[place])))  # fmt: skip
    with path.open("w", newline="", encoding="utf-8") as file:
        write_csv(file, rows)
