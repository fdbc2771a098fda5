"""Section 3: does a copy lead to a patient's other slices? And is a patient a member by slices never seen?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Attack, Images, Scores
from harness.audit.case import Case
from harness.audit.copy_rule import Copies
from harness.audit.figures import COPIED, PATIENTS, UNKNOWN, Figure
from harness.audit.folders import FEWEST_PATIENTS, Material, named_patients
from harness.audit.fractions import fraction
from harness.audit.leakage import measured, scores
from harness.data.numbered import numbered
from harness.evaluation.intervals import Estimate
from harness.evaluation.metrics import Flags, Floats

Places = NDArray[np.intp]


class Rank1(NamedTuple):
    """rate: copies whose nearest slice, the copied one left out, is of the same patient; n: how many copies there
    are of patients with two slices or more; chance: the rate of a random pick; real: of the copied slice itself."""

    rate: Estimate
    n: int
    chance: float | None = None
    real: float | None = None


def rank_1(distances: Scores, among: Scores, patient: Places, found: Copies, *, named: Flags, seed: int) -> Rank1:
    """distances: [n, m], members against release; among: [n, n], members against each other, infinite on the
    diagonal; patient: of the members, [n]; found: copies whose sources are members; named: of which members it is
    known whose they are, [n], the others being neither right nor wrong but left out. Intervals resample the copied
    patients."""
    slices = np.bincount(patient)[patient]
    image = np.flatnonzero(found.copy)
    image = image[slices[found.source[image]] > 1]  # never an unnamed one, which is a patient of its own
    source = found.source[image]
    if len(image) == 0:
        return Rank1(Estimate(None, note="no copy: of a patient with two slices or more"), 0)
    others = distances[:, image].copy()
    others[source, np.arange(len(image))] = np.inf
    others[~named] = np.inf
    real = np.where(named, among[source], np.inf)
    right = patient[others.argmin(axis=0)] == patient[source]
    return Rank1(
        fraction(right.astype(np.float64), patient[source], seed),
        len(image),
        float((slices[source] - 1).mean() / (named.sum() - 1)),
        float((patient[real.argmin(axis=1)] == patient[source]).mean()),
    )


class OtherSlices(NamedTuple):
    """Slices that were not trained on: of members' patients and of the holdout, uint8 [n, size, size]; patient: [n];
    by_patient: whether each patient, in ascending number, is a member's, bool."""

    pixels: Images
    patient: Places
    by_patient: Flags


def other_slices(material: Material) -> OtherSlices | None:
    """What `--other` and `--holdout` hold, less slices of people who are no members, or of whom nobody said who they
    are; None without `--other`."""
    if material.other is None:
        return None
    ours = named_patients(material.members)
    of_ours = np.array([name in ours for name in material.other.patient_ids]) & material.other.named
    sides = [(material.other, of_ours), (material.holdout, material.holdout.named)]
    names = [side.patient_ids[place] for side, kept in sides for place in np.flatnonzero(kept)]
    patient = numbered(names)
    of_member = np.zeros(patient.max() + 1, np.bool_)
    of_member[patient[: of_ours.sum()]] = True
    return OtherSlices(np.concatenate([side.pixels[kept] for side, kept in sides]), patient, of_member)


def by_patient(attacks: Mapping[str, Attack], slices: OtherSlices, release: Images, seed: int) -> dict[str, Estimate]:
    """AUC of each attack, a patient's score being the mean of his slices' scores: a largest one would grow with how
    many slices there are."""
    counts = np.bincount(slices.patient)

    def auc(score: Floats) -> Estimate:
        mean = np.bincount(slices.patient, weights=score) / counts
        return measured(mean, slices.by_patient, np.arange(len(mean)), seed)["auc"]

    return {name: auc(score) for name, score in scores(attacks, slices.pixels, release).items()}


_HOLDOUT_UNKNOWN = Estimate(
    None, note=f"patients unknown: of --holdout, patient_id in metadata.csv names under {FEWEST_PATIENTS}"
)


def patient_figures(case: Case) -> list[Figure]:
    """Rank-1 identification, or why there is none; with `--other`, each attack's AUC by patient."""
    if not case.material.members.named.any():
        title = "copies: patient found"
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
        beside += [f"chance {found.chance:.3f}", f"real one {found.real:.3f}"]
    title = f"{found.n or 'no'} copies: patient found"
    return Figure("patients", "rank_1", title, found.rate, left, "fraction", COPIED, "; ".join(beside), found.chance)


def _among_members(case: Case) -> Scores:
    members = case.material.members.pixels
    among = case.between(members, members)
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
