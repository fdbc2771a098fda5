"""`report.html`: the audit on one page that opens offline, with the worst pairs as pictures."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

import numpy as np

from harness.audit.examine import Audit
from harness.audit.figures import TITLES, Figure, shown
from harness.audit.tables import given, notes
from harness.audit.verdict import filter_note, meaning, verdict
from harness.evaluation.intervals import Estimate
from harness.report.numbers import Cell, cell, rounded
from harness.report.render import rendered
from harness.report.sheet import picture

_PAIRS = 24


class Pair(NamedTuple):
    """A released image beside the slice nearest to it, and whether it was called a copy; pictures as addresses."""

    released: str
    real: str
    file: str
    slice: str
    side: str
    gap: str
    copy: bool


class Content(NamedTuple):
    """What the template's head asks for."""

    title: str
    alarms: list[str]


def page(audit: Audit) -> str:
    """The page as text."""
    sections = [(TITLES[name], list(rows)) for name, rows in groupby(audit.figures, lambda one: one.section)]
    return rendered(
        "audit.html",
        content=Content("Audit of a synthetic release", list(audit.alarms)),
        given=given(audit),
        verdict=verdict(audit),
        answer=meaning(audit).answer,
        filter=filter_note(audit),
        notes=[*audit.remarks, *notes(audit)],
        filtered=not audit.case.kept.all(),
        sections=[(title, [_row(one) for one in rows]) for title, rows in sections],
        pairs=_pairs(audit) if audit.case.settings.pictures else [],
        n_copies=int((~audit.case.kept).sum()),
        threshold=rounded(audit.case.found.above.copy),
    )


def _row(one: Figure) -> dict[str, object]:
    return {"figure": one, "given": _cell(one.given), "filtered": _cell(one.filtered)}


def _cell(one: Estimate | None) -> Cell:
    """As the table shows it, the interval on a line of its own."""
    if one is None or one.value is None:
        return cell(one)
    value, _, interval = shown(one).partition(" ")
    return Cell(value, interval, one.value)


def _pairs(audit: Audit) -> list[Pair]:
    found, material = audit.case.found.found, audit.case.material
    ids = (*material.members.ids, *material.holdout.ids)
    shown = []
    for image in worst_first(audit)[:_PAIRS]:
        source = int(found.slice[image])
        shown.append(
            Pair(
                picture(material.release.pixels[image]),
                picture(material.pool[source]),
                material.name_of(image),
                ids[source],
                "member" if source < len(material.members) else "holdout",
                rounded(float(found.gap[image])),
                not bool(audit.case.kept[image]),
            )
        )
    return shown


def worst_first(audit: Audit) -> list[int]:
    """Places of released images: copies, largest gap first, then the others."""
    return [int(place) for place in np.lexsort((-audit.case.found.found.gap, audit.case.kept))]
