"""Section 3: does a copy lead to the patient's other slices, and do slices never trained on give the patient away?"""

from __future__ import annotations

import numpy as np

from attacks.base import Scores
from attacks.distances import Distance
from harness.audit.case import Case
from harness.audit.figures import COPIED, PATIENTS, UNKNOWN, Figure
from harness.audit.folders import FEWEST_PATIENTS, named_patients
from harness.audit.reidentify import by_patient, other_slices, rank_1
from harness.evaluation.intervals import Estimate

_HOLDOUT_UNKNOWN = Estimate(
    None, note=f"patients unknown: of --holdout, patient_id in metadata.csv names under {FEWEST_PATIENTS}"
)


def patient_figures(case: Case) -> list[Figure]:
    """Rank-1 identification, or why there is none; with `--other`, each attack's AUC by patient."""
    if not case.material.members.named.any():
        title = "copies: patient's other slices nearest"
        return [Figure("patients", "rank_1", title, UNKNOWN, None, "fraction", COPIED)]
    return [_rank_1(case), *_by_other_slices(case)]


def _rank_1(case: Case) -> Figure:
    n, named, seed = len(case.material.members), case.material.members.named, case.settings.seed
    patient, among = case.material.patient[:n], _among_members(case)
    found = rank_1(case.distances[:n], among, patient, case.found, named=named, seed=seed)
    kept = case.distances[:n][:, case.kept]
    left = case.filtered(lambda: rank_1(kept, among, patient, case.left, named=named, seed=seed).rate)
    beside = [] if named.all() else [f"{named.sum()} of {n} slices named"]
    if found.chance is not None and found.real is not None:
        beside += [f"chance {found.chance:.3f}", f"real slice {found.real:.3f}"]
    title = f"{found.n or 'no'} copies: patient's other slices nearest"
    return Figure("patients", "rank_1", title, found.rate, left, "fraction", COPIED, "; ".join(beside), found.chance)


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
    if len(named_patients(case.material.holdout)) < FEWEST_PATIENTS:
        given = left = dict.fromkeys(attacks, _HOLDOUT_UNKNOWN)
    else:
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
