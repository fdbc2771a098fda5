"""Section 3: does a copy lead to the patient's other slices, and do slices never trained on give the patient away?"""

from __future__ import annotations

import numpy as np

from attacks.base import Scores
from attacks.distances import Distance
from harness.audit.case import Case
from harness.audit.figures import COPIED, PATIENTS, Figure
from harness.audit.reidentify import by_patient, other_slices, rank_1
from harness.intervals import Estimate

UNKNOWN = Estimate(None, note="patients unknown: metadata.csv of --members has no column patient_id")


def patient_figures(case: Case) -> list[Figure]:
    """Rank-1 identification, or why there is none; with `--other`, each attack's AUC by patient."""
    if not case.material.patients_known:
        title = "copies: patient's other slices nearest"
        return [Figure("patients", "rank_1", title, UNKNOWN, None, "fraction", COPIED)]
    return [_rank_1(case), *_by_other_slices(case)]


def _rank_1(case: Case) -> Figure:
    n, seed = len(case.material.members), case.settings.seed
    patient, among = case.material.patient[:n], _among_members(case)
    found = rank_1(case.distances[:n], among, patient, case.found, seed)
    left = case.filtered(lambda: rank_1(case.distances[:n][:, case.kept], among, patient, case.left, seed).rate)
    beside = ""
    if found.chance is not None and found.real is not None:
        beside = f"chance {found.chance:.3f}; real slice {found.real:.3f}"
    title = f"{found.n or 'no'} copies: patient's other slices nearest"
    return Figure("patients", "rank_1", title, found.rate, left, "fraction", COPIED, beside, found.chance)


def _among_members(case: Case) -> Scores:
    members = case.material.members.pixels
    among = Distance(case.settings.distance).between(members, members, case.material.pool)
    np.fill_diagonal(among, np.inf)
    return among


def _by_other_slices(case: Case) -> list[Figure]:
    others = other_slices(case.material)
    if others is None:
        return []
    attacks, seed = case.settings.attacks, case.settings.seed
    given = by_patient(attacks, others, case.material.release.pixels, seed)
    left = by_patient(attacks, others, case.kept_images, seed) if case.is_filtered else {}
    return [
        Figure(
            "patients",
            f"{name}_auc_by_patient",
            f"{name}: patient AUC, other slices",
            auc,
            case.filtered(lambda name=name: left[name]),  # type: ignore[misc]
            "AUC",
            PATIENTS,
            "guessing 0.5",
            0.5,
        )
        for name, auc in given.items()
    ]
