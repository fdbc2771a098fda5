"""What `--out` gets: `report.json`, `report.md`, `report.html`, the filtered release and what was removed."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

from harness.audit.examine import Audit
from harness.audit.figures import SCHEMA
from harness.audit.folders import named_patients
from harness.audit.page import page, worst_first
from harness.audit.tables import markdown
from harness.audit.verdict import filter_note, verdict
from harness.errors import InputError
from harness.plain import write_csv
from harness.writing import write_durably

RELEASE, REMOVED = "release", "removed.csv"


def check_out(out: Path, *inputs: Path) -> None:
    """InputError where writing to `out` would mix with what is there, or with what is audited."""
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; give a folder that is empty, or not there yet.")
    for folder in inputs:
        if out.resolve() == folder.resolve() or folder.resolve() in out.resolve().parents:
            raise InputError(f"--out {out} lies in {folder}, which is audited; give a folder elsewhere.")
    if out.is_dir() and any(out.iterdir()):
        raise InputError(
            f"--out {out} is not empty; a filtered release must not mix with files of before. Give an empty folder."
        )


def write(audit: Audit, out: Path) -> None:
    """Write all into `out`; the folder is made."""
    (out / RELEASE).mkdir(parents=True)
    for path, kept in zip(audit.case.material.release_files, audit.case.kept, strict=True):
        if kept:
            shutil.copyfile(path, out / RELEASE / path.name)
    write_durably(out / REMOVED, removed(audit))
    write_durably(out / "report.json", report(audit))
    write_durably(out / "report.md", markdown(audit))
    write_durably(out / "report.html", page(audit))


def removed(audit: Audit) -> str:
    """CSV, a line a removed image, the worst first."""
    text = StringIO()
    lines: list[list[object]] = [["file", "nearest_member", "patient_id", "distance", "gap", "threshold", "reason"]]
    found, members, above = audit.case.found.found, audit.case.material.members, audit.case.found.above.copy
    reason = f"nearest patient is a member's and the gap ({audit.case.settings.distance}) is above the threshold"
    for image in worst_first(audit):
        if audit.case.kept[image]:
            continue
        source = int(found.slice[image])
        lines.append(
            [
                audit.case.material.release_files[image].name, members.ids[source], members.patient_ids[source],
                f"{found.distance[image]:.6g}", f"{found.gap[image]:.6g}", f"{above:.6g}", reason,
            ]
        )  # fmt: skip
    write_csv(text, lines)
    return text.getvalue()


def _settings(audit: Audit) -> dict[str, Any]:
    one = audit.case.settings
    return {
        "distance": one.distance,
        "check": one.check,
        "attacks": list(one.attacks),
        "encoder": None if one.encoder is None else one.encoder.name,
        "false_copies": one.false_copies,
        "seed": one.seed,
    }


def report(audit: Audit) -> str:
    """`report.json`: schema 1."""
    material, settings = audit.case.material, _settings(audit)
    counts: dict[str, Any] = {
        name: {"n": len(one), "patients": len(named_patients(one)), "unnamed": int((~one.named).sum())}
        for name, one in (("members", material.members), ("holdout", material.holdout), ("other", material.other))
        if one is not None
    }
    content = {
        "schema": SCHEMA,
        "run": {
            "version": version("gan-membership-harness"),
            "settings": settings,
            "size": material.release.size,
            "release": {"n": len(material.release), "removed": int((~audit.case.kept).sum())},
            **counts,
        },
        "threshold": {
            "gap": audit.case.found.above.copy,
            "distance": audit.case.settings.distance,
            "fixed_on": "holdout",
            "false_copies": audit.case.settings.false_copies,
        },
        "alarms": list(audit.alarms),
        "records": [record for one in audit.figures for record in one.records()],
        "filter": filter_note(audit),
        "verdict": verdict(audit),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
