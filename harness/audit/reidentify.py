"""Does a copy of one slice lead to the patient's other slices? And is a patient a member by slices never seen?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Attack, Images, Scores
from harness.audit.copies import Copies
from harness.audit.folders import Material, named_patients
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
