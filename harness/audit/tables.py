"""The audit as a terminal and as Markdown show it."""

from __future__ import annotations

import math
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.audit.examine import Audit
from harness.audit.figures import TITLES, shown
from harness.audit.folders import named_patients
from harness.audit.planted import SEEN
from harness.audit.rule_of_thumb import rule_of_thumb
from harness.audit.sight import moves_told
from harness.audit.verdict import filter_note, verdict
from harness.audit.whole_release import not_examined_told
from harness.data.sources.slices import Slices
from harness.evaluation.estimate_text import counted
from harness.plain import markdown as escaped

_TITLE = 28  # characters; a number is never broken, a longer title or remark is
_ESTIMATE = 20  # characters of `0.123 [0.045, 0.201]`


def terminal(audit: Audit) -> RenderableType:
    """A table a section, then notes and the verdict; fits 100 columns."""
    filtered = not audit.case.kept.all()
    parts: list[RenderableType] = [Text(line, style="bold red") for line in audit.alarms]
    parts += [Text(line) for line in given(audit)]
    for section, rows in groupby(audit.figures, lambda one: one.section):
        parts.append(Text(f"\n{TITLES[section]}", style="bold"))
        table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", expand=False)
        table.add_column("", min_width=_TITLE, overflow="fold")
        for head in ("release [95 %]", "copies removed")[: 1 + filtered]:
            table.add_column(head, justify="right", min_width=_ESTIMATE, no_wrap=True)
        table.add_column("beside", overflow="fold")
        for row in rows:
            table.add_row(row.title, shown(row.given), *([shown(row.filtered)] if filtered else []), row.beside)
        parts.append(table)
    parts += [Text(f"\n{line}", style="dim") for line in notes(audit)]
    parts += [Text(f"\n{line}") for line in filter_note(audit)]
    parts.append(Text("\nVerdict", style="bold"))
    parts.append(Text(" ".join(verdict(audit)), style="bold" if audit.alarms else ""))
    return Group(*parts)


def markdown(audit: Audit) -> str:
    """The same as GitHub Markdown."""
    lines = ["# Audit of a synthetic release", "", *(f"**{escaped(line)}**\n" for line in audit.alarms)]
    lines += [*map(escaped, given(audit)), ""]
    head = "| figure | release [95 %] | copies removed | beside | intervals resample |"
    for section, rows in groupby(audit.figures, lambda one: one.section):
        lines += [f"## {TITLES[section]}", "", head, "|---|---:|---:|---|---|"]
        lines += [
            f"| {' | '.join(map(escaped, cells))} |"
            for row in rows
            for cells in [(row.title, shown(row.given), shown(row.filtered), row.beside, row.resampled)]
        ]
        lines.append("")
    told = [
        *map(escaped, [*audit.remarks, *notes(audit), *filter_note(audit)]),
        "## Verdict",
        escaped(" ".join(verdict(audit))),
    ]
    return "\n".join(lines) + "\n\n".join(told) + "\n"


def given(audit: Audit) -> list[str]:
    """What was audited, counted."""
    material = audit.case.material
    sides = {"members'": material.members, "holdout": material.holdout}
    if material.other is not None:
        sides["other"] = material.other
    told = [f"{counted(len(one), f'{name} slice')} {_whose(one)}" for name, one in sides.items()]
    return [
        f"{counted(len(material.release), 'released image')}, {', '.join(told)}, at {material.release.size} pixels.",
        *not_examined_told(material.release.account),
    ]


def _whose(slices: Slices) -> str:
    n, unnamed = len(named_patients(slices)), int((~slices.named).sum())
    if not n:
        return "whose patients are not known"
    return f"of {counted(n, 'patient')}" + (f" and {unnamed} whose patient is not known" if unnamed else "")


def notes(audit: Audit) -> list[str]:
    """How the threshold came about, what intervals resample, what controls say."""
    settings, case = audit.case.settings, audit.case
    people = len(set(case.material.holdout.patient_ids))
    nearer = f"{math.exp(audit.case.found.above.copy):.2f}"
    units = dict.fromkeys(one.resampled for one in audit.figures)
    return [
        f"Copy: the nearest patient is a member's, and {nearer} times nearer ({settings.distance}) than the next "
        f"five patients. The threshold was fixed on the holdout of {people} patients alone, to call "
        f"{settings.false_copies:g} of images copies by chance. Unmistakable: a gap over twice the largest to the "
        f"holdout. {moves_told(case)} Control: parts of the holdout play the members.",
        "TPR@10 %: of the members, the fraction found while at most 10 % of the holdout are accused. Controls see no "
        "release; one whose interval, widened for both, leaves out 0.5 raises an alarm.",
        "Fréchet and kernel distances compare within this audit only; they are not the FID and KID of the "
        "literature. Floor: members to holdout.",
        "Positive control: the patients of some holdout slices play members, copies of these slices are planted into "
        f"the release, and the threshold is fixed anew on the other {audit.control.n_patients} holdout patients. A "
        f"kind counts as seen where {SEEN:g} of its copies are found and traced to their patients.",
        f"Intervals are 95 % and resample: {'; '.join(units)}.",
        rule_of_thumb(case.material),
    ]
