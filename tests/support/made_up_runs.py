"""Folders of runs that nobody made: what `harness.compare` reads, of scores drawn here, in no time."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from bare_runs import results_of, write_manifest

from harness.evaluation.records import SCORE_COLUMNS

PATIENTS, PAIRS = 20, 2
SHADOW = {"family": "dct", "steps": 30, "size": 16, "count": 4}


def write_run(
    folder: Path,
    strengths: Mapping[str, float],
    seed: int = 0,
    *,
    steps: int = 30,
    data_seed: int = 0,
    access: str = "release",
    attack_options: Mapping[str, Any] | None = None,
    patients: int = PATIENTS,
    by_release: bool = True,
    top: Mapping[str, Any] | None = None,
    others_used: bool = False,
    salt: str | None = None,
    tells_slices: bool = True,
    **results: Any,
) -> Path:
    """A run of attacks whose scores of members lie `strength` above those of others, on two pairs of shadows.

    Runs of equal seed, steps and data face equal generators. top: options such as `decision`; others_used: `member`
    says the opposite; salt: of the store, which is in ids and in the pool's key; tells_slices: as the manifest of
    a salted pool does, but for older versions; results: further fields of results.json.
    """
    folder.mkdir(parents=True)
    shadow = {**SHADOW, "steps": steps}
    options = {
        "attack": {name: dict(attack_options or {"k": 1}) for name in strengths},
        "data": {"name": "phantom", "size": 16, "seed": data_seed, "root": "/somebody/elses"},
        "shadow": shadow,
        "preset": "quick",
        "seed": seed,
        "decision": "probability",
        "calibrator": "platt",
        "rule": "best_calibrated",
        **(top or {}),
    }
    key = f"{seed}-{steps}-{data_seed}"
    rows = [row for name, strength in strengths.items() for row in _scores(name, strength, seed, patients, salt)]
    if others_used:
        rows = [[*row[:-1], 1 - row[-1]] for row in rows]
    told = results_of([_record(name, access, rows) for name in strengths], family="dct", recipe={"steps": steps})
    told["run"] |= {"seed": seed, **results.pop("run", {})}
    told |= results
    (folder / "results.json").write_text(json.dumps(told))
    (folder / "config.yaml").write_text(yaml.safe_dump(options))
    with (folder / "scores.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([SCORE_COLUMNS, *rows])
    names = [f"shadow {n}" for n in range(2 * PAIRS)] if by_release else []
    generators = [
        {"name": name, "generator": f"of-{key}-{n}", "release": f"{key}-{n}"} for n, name in enumerate(names)
    ]
    slices = None
    if salt is not None and tells_slices:
        people = [
            {"patient": _named("patient", n, salt), "slices": [_named("slice", n, salt)]} for n in range(patients)
        ]
        slices = {"digest": f"slices-{data_seed}-{patients}", "patients": people}
    pool = f"pool-{data_seed}" if salt is None else f"pool-{data_seed}-{salt}"
    write_manifest(folder, pool=pool, commit="a" * 40, seed=seed, generators=generators, slices=slices)
    return folder


def members(seed: int, patients: int = PATIENTS) -> list[np.ndarray]:
    """Who was in each shadow: halves of the patients and their complements."""
    rng = np.random.default_rng([seed, 1])
    halves = [rng.permutation(patients) < patients // 2 for _ in range(PAIRS)]
    return [side for half in halves for side in (half, ~half)]


def _named(what: str, number: int, salt: str | None) -> str:
    """With a salt a name whose place in the alphabet is another."""
    hidden = "" if salt is None else hashlib.sha256(f"{salt} {what} {number}".encode()).hexdigest()[:10]
    return f"{what}-{number if salt is None else hidden}"


def _scores(name: str, strength: float, seed: int, patients: int, salt: str | None) -> list[list[Any]]:
    rng = np.random.default_rng([seed, *name.encode()])
    rows = []
    for target, member in enumerate(members(seed, patients)):
        scores = rng.normal(size=patients) + strength * member
        for patient, (score, used) in enumerate(zip(scores, member, strict=True)):
            probability = float(1 / (1 + np.exp(-score)))
            told = [f"shadow-{target}", _named("slice", patient, salt), _named("patient", patient, salt), name]
            rows.append([*told, float(score), probability, int(probability > 0.5), int(used)])
    return rows


def _record(name: str, access: str, rows: list[list[Any]]) -> dict[str, Any]:
    own = [row for row in rows if row[3] == name]
    n_members = sum(row[-1] for row in own)
    return {
        "attack": name, "via": "release", "target_set": "shadow", "access": access, "n_targets": 2 * PAIRS,
        "n_members": n_members, "n_nonmembers": len(own) - n_members,
        "auc": {"value": 0.7, "low": 0.6, "high": 0.8, "note": None},
    }  # fmt: skip
