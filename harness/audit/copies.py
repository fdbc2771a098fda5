"""Section 1: how much is copied, by two distances, beside what the rule reports with nothing memorised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attacks.base import Scores
from harness.audit.case import Case
from harness.audit.copy_rule import Copies, Places, copies, gaps, threshold
from harness.audit.figures import BY_NEAREST, OF_MEMBERS, UNKNOWN, Figure, shown
from harness.audit.fractions import fraction
from harness.evaluation.intervals import Estimate, wilson
from harness.evaluation.metrics import Flags, Floats
from harness.seeds import rng_of

N_SPLITS = 20
_FEWEST_LEFT = 4  # patients of a holdout part that plays the holdout


@dataclass(frozen=True)
class ByChance:
    """The rule where nothing is memorised: part of the holdout plays the members, N_SPLITS times.

    released, unmistakable: how often each released image is called so, float64 [m]; nearest: its patient in the
    holdout, [m]; slices, patients: fractions of the players called copied.
    """

    released: Floats
    unmistakable: Floats
    nearest: Places
    slices: float
    patients: float


def control(distances: Scores, patient: Places, holdout: Flags, false_copies: float, seed: int) -> ByChance:
    """Split the holdout by patient in the proportion of members to holdout, fix the threshold on one part anew and
    judge by it how much is copied from the other; the mean over splits."""
    inside, people = distances[holdout], patient[holdout]
    names = np.unique(people)
    n_members = len(np.unique(patient[~holdout]))
    n_left = max(_FEWEST_LEFT, round(len(names) * len(names) / (n_members + len(names))))
    rng = rng_of(seed, "audit", "control")
    called, surely = np.zeros((2, N_SPLITS, distances.shape[1]), np.bool_)
    slices, patients = [], []
    for row, sure in zip(called, surely, strict=True):
        left = np.isin(people, rng.choice(names, n_left, replace=False))
        judged = copies(inside, people, ~left, threshold(inside, people, left, false_copies))
        row[:], sure[:] = judged.copy, judged.unmistakable
        slices.append(len(np.unique(judged.source[row])) / int((~left).sum()))
        patients.append(len(np.unique(judged.found.patient[row])) / (len(names) - n_left))
    nearest = gaps(inside, people).patient
    means = float(np.mean(slices)), float(np.mean(patients))
    return ByChance(called.mean(axis=0), surely.mean(axis=0), nearest, *means)


def copies_figures(case: Case) -> list[Figure]:
    """Fractions of released images, of members and of their patients."""
    settings, chance = case.settings, _control(case, case.distances)
    figures = _released(case, settings.distance, case.called, chance)
    if settings.check != settings.distance:
        by_check = case.checked()
        figures += _released(
            case, settings.check, lambda which: case.judged(by_check[:, which]), _control(case, by_check)
        )
    return [*figures, *_members(case, chance)]


def _control(case: Case, distances: Scores) -> ByChance:
    material, settings = case.material, case.settings
    return control(distances, material.patient, ~material.member, settings.false_copies, settings.seed)


def _released(case: Case, name: str, judged: Callable[[Flags], Copies], chance: ByChance) -> list[Figure]:
    """Released images called copies, and unmistakable ones; judged: the copies among some of them, bool [m]."""
    seed, given = case.settings.seed, judged(np.ones_like(case.kept))

    def row(measure: str, title: str, of: Callable[[Copies], Flags], by_chance: Floats) -> Figure:
        def rate(found: Copies) -> Estimate:
            return fraction(of(found).astype(np.float64), found.found.patient, seed)

        beside = fraction(by_chance, chance.nearest, seed)
        left = case.filtered(lambda: rate(judged(case.kept)))
        return Figure(
            "copies", f"{measure}_{name}", f"{title} ({name})", rate(given), left, "fraction", BY_NEAREST,
            f"control {shown(beside)}", beside.value,
        )  # fmt: skip

    return [
        row("released_copies", "released copies", lambda one: one.copy, chance.released),
        row("unmistakable", "  unmistakable ones", lambda one: one.unmistakable, chance.unmistakable),
    ]


def _members(case: Case, chance: ByChance) -> list[Figure]:
    n, named = len(case.material.members), case.material.members.named
    patient = case.material.patient[:n]
    n_people = len(np.unique(patient[named]))

    def slices(judged: Copies) -> Estimate:
        copied = np.isin(np.arange(n), judged.source[judged.copy])
        return fraction(copied.astype(np.float64), patient, case.settings.seed)

    def people(judged: Copies) -> Estimate:
        """Of those whom somebody named."""
        source = judged.source[judged.copy]
        return wilson(len(np.unique(patient[source[named[source]]])), n_people) if n_people else UNKNOWN

    def row(measure: str, title: str, of: Callable[[Copies], Estimate], by_chance: float) -> Figure:
        left = case.filtered(lambda: of(case.left))
        beside = f"control {by_chance:.3f}"
        return Figure("copies", measure, title, of(case.found), left, "fraction", OF_MEMBERS, beside, by_chance)

    return [
        row("members_copied", "members copied", slices, chance.slices),
        row("patients_copied", "patients with a slice copied", people, chance.patients),
    ]
