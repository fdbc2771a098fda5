"""What `--out` gets: `report.json`, `report.md`, `report.html`, the filtered release, and what was removed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from harness.audit.examine import Audit
from harness.audit.figures import SCHEMA
from harness.audit.folders import named_patients
from harness.audit.page import page, worst_first
from harness.audit.rule_of_thumb import rule_of_thumb
from harness.audit.tables import markdown
from harness.audit.verdict import filter_note, verdict
from harness.audit.whole_release import not_examined
from harness.data.degenerate import digests
from harness.data.png import grey_png
from harness.data.sources.decode import each_grey
from harness.data.sources.remarks import Remarks
from harness.errors import InputError
from harness.places import check_folder, shown
from harness.plain import write_csv
from harness.writing import replaced_folder, write_durably

RELEASE, REMOVED, NAMES = "release", "removed.csv", "names.csv"


def check_out(out: Path, inputs: Mapping[str, Path | None]) -> None:
    """InputError where `out` cannot be written, or writing there would mix with what is there or what is audited.

    inputs: option -> the folder given with it.
    """
    check_folder("--out ", out, inputs)
    if out.is_dir() and any(out.iterdir()):
        raise InputError(
            f"--out {shown(out)} is not empty; a filtered release must not mix with files of before. Give an empty "
            "folder."
        )


def write(audit: Audit, out: Path) -> None:
    """Write all into `out`, whole or not at all."""
    with replaced_folder(out) as beside:
        (beside / RELEASE).mkdir()
        write_durably(beside / NAMES, write_release(audit, beside / RELEASE))
        write_durably(beside / REMOVED, removed(audit))
        write_durably(beside / "report.json", report(audit))
        write_durably(beside / "report.md", markdown(audit))
        write_durably(beside / "report.html", page(audit))


def write_release(audit: Audit, folder: Path) -> str:
    """Write what the filter leaves as 8-bit grey PNG at each file's own size, pixels alone; returns old and new names
    as CSV.

    A file's name can say whose slice it was, and so can the order of names: the new ones are numbers, in the order of
    the pixels' digests.
    """
    material = audit.case.material
    kept = [int(place) for place in np.flatnonzero(audit.case.kept)]
    digest = digests(material.release.pixels)
    order = sorted(kept, key=lambda place: (digest[place], material.name_of(place)))
    width = max(4, len(str(len(order))))
    new = {place: f"image_{number:0{width}d}.png" for number, place in enumerate(order, start=1)}
    names = [material.name_of(place) for place in range(len(material.release))]
    for place, image in enumerate(each_grey(material.release_files, names, "--release", Remarks())):
        if place in new:
            (folder / new[place]).write_bytes(grey_png(image))
    text = StringIO()
    write_csv(text, [["file", "released_as"], *([names[place], new[place]] for place in order)])
    return text.getvalue()


def removed(audit: Audit) -> str:
    """CSV, a line a removed image, the worst first."""
    text = StringIO()
    lines: list[list[object]] = [["file", "nearest_member", "patient_id", "distance", "gap", "threshold", "reason"]]
    found, members, above = audit.case.found.found, audit.case.material.members, audit.case.found.above.copy
    reason = f"nearest patient is a member's and the gap ({audit.case.settings.distance}) is above the threshold"
    mirrored = "mirrored or shifted, the gap is above twice the largest to the holdout"
    moved = audit.case.found.moved
    for image in worst_first(audit):
        if audit.case.kept[image]:
            continue
        source = int(found.slice[image])
        lines.append(
            [
                audit.case.material.name_of(image), members.ids[source], members.patient_ids[source],
                f"{found.distance[image]:.6g}", f"{found.gap[image]:.6g}", f"{above:.6g}",
                mirrored if moved is not None and moved[image] else reason,
            ]
        )  # fmt: skip
    write_csv(text, lines)
    return text.getvalue()


def _settings(audit: Audit) -> dict[str, Any]:
    one = audit.case.settings
    return {
        "distance": one.distance,
        "moves": one.moves,
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
        "folders": [
            one.account.facts()
            for one in (material.release, material.members, material.holdout, material.other)
            if one is not None and one.account is not None
        ],
        "not_examined": not_examined(material.release.account),
        "threshold": {
            "gap": audit.case.found.above.copy,
            "distance": audit.case.settings.distance,
            "fixed_on": "holdout",
            "patients": len(set(material.holdout.patient_ids)),
            "false_copies": audit.case.settings.false_copies,
        },
        "alarms": list(audit.alarms),
        "remarks": list(audit.remarks),
        "out_of_frame": audit.case.out_of_frame,
        "unlike": audit.case.unlike,
        "faults": [
            {"fault": one.fault, "n": int(one.images.sum()), "share": one.share, "says": one.says}
            for one in audit.case.faults.findings
        ],
        "real_slices": {side: int(which.sum()) for side, which in audit.case.real.items()},
        "carried": [
            {"part": one.part, "n": one.n, "share": one.n / one.of, "first": one.first} for one in material.carried
        ],
        "positive_control": {
            "fixed_on": f"{audit.control.n_patients} holdout patients",
            "searches": {
                name: {"copies": one.kind.title, "found": one.found, "n": one.n, "seen": one.seen}
                for name, one in audit.control.searches.items()
            },
        },
        "records": [record for one in audit.figures for record in one.records()],
        "filter": filter_note(audit),
        "rule_of_thumb": rule_of_thumb(material),
        "verdict": verdict(audit),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
