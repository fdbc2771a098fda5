"""The audit itself, from folders to figures: copies, membership, patients, distance to real slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.audit.case import AuditSettings, Case
from harness.audit.copies import copies_figures
from harness.audit.fidelity import fidelity_figures
from harness.audit.figures import Figure
from harness.audit.folders import Material
from harness.audit.leakage import CONTROL, alarms, membership_figures
from harness.audit.planted import PositiveControl, planted_figures, positive_control
from harness.audit.reidentify import patient_figures


@dataclass(frozen=True)
class Audit:
    """What was found. alarms: why no membership figure can be trusted, none where all is well; control: what came of
    the copies that the audit planted; remarks: what was said while the folders were read."""

    case: Case
    figures: Sequence[Figure]
    alarms: Sequence[str]
    control: PositiveControl
    remarks: Sequence[str] = ()

    def figure(self, measure: str) -> Figure:
        """The one of this name in `report.json`."""
        return next(one for one in self.figures if one.measure == measure)


def examine(material: Material, settings: AuditSettings) -> Audit:
    """Measure the release as given, and what is left of it without the copies."""
    case = Case(material, settings)
    control = positive_control(case)
    figures = [
        *copies_figures(case),
        *membership_figures(case),
        *patient_figures(case),
        *fidelity_figures(case),
        *planted_figures(control),
    ]
    controls = {one.title: one.given for one in figures if one.measure.startswith(CONTROL)}
    return Audit(case, figures, alarms(controls, material.named), control)
