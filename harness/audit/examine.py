"""The audit itself, from folders to figures: copies, membership, patients, distance to real slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.audit.case import AuditSettings, Case
from harness.audit.chosen import chosen_settings
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


def audited(
    material: Material,
    *,
    attacks: Sequence[str],
    distance: str,
    check: str,
    encoder: Path | None,
    false_copies: float,
    seed: int,
    moves: bool,
    pictures: bool,
    said: Callable[[], Sequence[str]],
) -> Audit:
    """The audit of the command and of the library: one way. said: what was remarked by its end.

    Raises InputError as `chosen_settings`.
    """
    settings = chosen_settings(
        material,
        attacks=attacks,
        distance=distance,
        check=check,
        encoder=encoder,
        false_copies=false_copies,
        seed=seed,
        moves=moves,
        pictures=pictures,
    )
    found = examine(material, settings)
    return replace(found, remarks=tuple(said()))


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
