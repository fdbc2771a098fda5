"""The least that a run's folder holds: records, the options that every reader leans on, a manifest of both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.evaluation.records import SCHEMA
from harness.finished.manifest_files import MANIFEST, with_files


def results_of(records: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """The content of `results.json`; more: further fields, or others in place of these."""
    run = {"n_slices": 24, "n_patients": 12, "n_shadows": 4, "n_images": 32, "seed": 0}
    head = {"schema": SCHEMA, "run": run, "chosen": None, "choices": {}, "alarms": []}
    return {**head, "records": [dict(one) for one in records], **more}


def write_bare_run(
    folder: Path, records: Sequence[Mapping[str, Any]], *, facts: Mapping[str, Any] | None = None, **more: Any
) -> Path:
    """A run with a manifest. facts: further fields of that; more: of `results.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results_of(records, **more)))
    attacks = {str(one["attack"]): {} for one in records}
    (folder / "config.yaml").write_text(yaml.safe_dump({"data": {"name": "phantom"}, "attack": attacks}))
    write_manifest(folder, **(facts or {}))
    return folder


def write_manifest(folder: Path, **facts: Any) -> None:
    """The manifest of what lies there."""
    told = {"schema": SCHEMA, "pool": "a" * 32, "generators": [], **facts}
    (folder / MANIFEST).write_text(json.dumps(with_files(told, folder)))
