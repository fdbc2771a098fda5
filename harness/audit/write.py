"""What `--out` gets: `report.json`, `report.md`, `report.html`, the filtered release, and what was removed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import numpy as np

from harness.audit.examine import Audit
from harness.audit.figures import SCHEMA
from harness.audit.folders import named_patients
from harness.audit.page import page, worst_first
from harness.audit.report_shape import (
    AuditReport,
    AuditRun,
    AuditSettingsFacts,
    CarriedFacts,
    ControlFacts,
    FaultFacts,
    ReleaseFacts,
    SearchFacts,
    SideFacts,
    ThresholdFacts,
)  # fmt: skip
from harness.audit.rule_of_thumb import rule_of_thumb
from harness.audit.tables import markdown
from harness.audit.verdict import filter_note, verdict
from harness.audit.whole_release import not_examined
from harness.data.degenerate import digests
from harness.data.png import grey_png
from harness.data.sources.pixels.decode import each_grey
from harness.data.sources.pixels.remarks import Remarks
from harness.data.sources.slices import Slices
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


def report(audit: Audit) -> str:
    """`report.json`: schema 1."""
    return json.dumps(asdict(_report(audit)), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _report(audit: Audit) -> AuditReport:
    case, material = audit.case, audit.case.material
    sides = (material.release, material.members, material.holdout, material.other)
    accounts = [one.account for one in sides if one is not None and one.account is not None]
    threshold = ThresholdFacts(
        gap=case.found.above.copy,
        distance=case.settings.distance,
        fixed_on="holdout",
        patients=len(set(material.holdout.patient_ids)),
        false_copies=case.settings.false_copies,
    )
    searches = {
        name: SearchFacts(one.kind.title, one.found, one.n, one.seen) for name, one in audit.control.searches.items()
    }
    return AuditReport(
        schema=SCHEMA,
        run=_run(audit),
        folders=[one.facts() for one in accounts],
        not_examined=not_examined(material.release.account),
        threshold=threshold,
        alarms=list(audit.alarms),
        remarks=list(audit.remarks),
        out_of_frame=case.out_of_frame,
        unlike=case.unlike,
        faults=[FaultFacts(one.fault, int(one.images.sum()), one.share, one.says) for one in case.faults.findings],
        real_slices={side: int(which.sum()) for side, which in case.real.items()},
        carried=[CarriedFacts(one.part, one.n, one.n / one.of, one.first) for one in material.carried],
        positive_control=ControlFacts(f"{audit.control.n_patients} holdout patients", searches),
        records=[record for one in audit.figures for record in one.records()],
        filter=filter_note(audit),
        rule_of_thumb=rule_of_thumb(material),
        verdict=verdict(audit),
    )


def _run(audit: Audit) -> AuditRun:
    material, one = audit.case.material, audit.case.settings
    settings = AuditSettingsFacts(
        distance=one.distance,
        moves=one.moves,
        check=one.check,
        attacks=list(one.attacks),
        encoder=None if one.encoder is None else one.encoder.name,
        false_copies=one.false_copies,
        seed=one.seed,
    )
    return AuditRun(
        version=version("gan-membership-harness"),
        settings=settings,
        size=material.release.size,
        release=ReleaseFacts(len(material.release), int((~audit.case.kept).sum())),
        members=_side(material.members),
        holdout=_side(material.holdout),
        other=None if material.other is None else _side(material.other),
    )


def _side(slices: Slices) -> SideFacts:
    return SideFacts(len(slices), len(named_patients(slices)), int((~slices.named).sum()))
