"""`manifest.json`: what made a run's folder, so that it can be made again, and the digest of every file in it."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attacks.registry import find_attacks
from harness.evaluation.records import SCHEMA
from harness.pipeline import Outcome
from shadow_models.recipe import SCHEMA as RECIPE_SCHEMA

MANIFEST = "manifest.json"
_PACKAGES = ("accelerate", "datasets", "diffusers", "hydra-core", "numpy", "scikit-learn", "scipy", "torch")


def facts_of(outcome: Outcome, remarks: list[str]) -> dict[str, Any]:
    """The manifest but for the files: command, commit, versions, hardware, seeds and keys; JSON values."""
    generators = [
        {"name": job.name, "generator": job.key, "release": job.release_key, "seed": job.seed}
        for job in outcome.plan.generators
    ]
    return {
        "schema": SCHEMA,
        "recipe_schema": RECIPE_SCHEMA,
        "command": ["python", "-m", "harness.run", *sys.argv[1:]],
        "commit": commit(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "hardware": {
            "machine": platform.machine(),
            "system": platform.system(),
            "cores": len(os.sched_getaffinity(0)),
        },
        "seed": outcome.settings.seed,
        "pool": outcome.pool.key,
        "folders": list(outcome.pool.accounts),
        "generators": generators,
        "warnings": remarks,
        "broken_plugins": find_attacks().broken,
    }


def with_files(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The whole manifest of a folder: the facts, and name and sha256 of every file there but the manifest itself."""
    written = sorted(path for path in folder.iterdir() if path.name != MANIFEST) if folder.is_dir() else []
    return facts | {"files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in written}}


@cache
def commit() -> str | None:
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
