"""Section 2: can members be told from the holdout, given the release? And can they without it, by source alone?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from attacks.base import Access, Attack, Images, TargetShape
from attacks.registry import find_attacks
from harness.audit.case import Case
from harness.audit.features import grain, standardised
from harness.audit.figures import PATIENTS, Figure
from harness.errors import InputError, unknown_name
from harness.evaluation.controls import verdict
from harness.evaluation.intervals import Estimate
from harness.evaluation.measure import FPRS, measure_scores
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.pixels_control import described, pixels_control
from harness.evaluation.records import Record
from harness.jobs.scored import scored, target_of

Places = NDArray[np.intp]
SHOWN_FPRS = FPRS[:2]

PICTURES, GRAIN = "pictures alone", "sharpness and grain alone"
_UNNAMED = (
    " Of {unnamed} of {n} slices nobody says here whose they are; several slices of one patient on a side can do "
    "this by themselves: give patient_id in a metadata.csv."
)


def chosen_attacks(names: Sequence[str], size: int, n_images: int) -> dict[str, Attack]:
    """The attacks of these names, as they are; InputError for one that is unknown or needs more than a release."""
    known = find_attacks(names).by_name
    held = {name: cls() for name, cls in known.items() if cls().needs is Access.RELEASE}
    for name in names:
        if name not in known:
            raise InputError(unknown_name("attack", name, held))
        if name not in held:
            raise InputError(
                f"The attack {name} needs more than a release (the generator, or releases of shadows), and an audit "
                f"has no more. These need the release only: {', '.join(held)}."
            )
        try:
            held[name].check(TargetShape(n_images, size, 1))
        except ValueError as error:
            raise InputError(f"The attack {name} cannot run here: {error}") from error
    return {name: held[name] for name in dict.fromkeys(names)}


def scores(attacks: Mapping[str, Attack], candidates: Images, release: Images) -> dict[str, Floats]:
    """Each attack's scores of the candidates, float64 [n]. Names are hashes of pixels, so they tell nothing."""
    target = target_of(candidates, release)
    found = {name: scored(attack, target).scores for name, attack in attacks.items()}
    return {name: score for name, score in found.items() if score is not None}  # what needs more was refused before


def measured(score: Floats, member: Flags, patient: Places, seed: int) -> dict[str, Estimate]:
    """AUC and TPR at 10 % and 1 % FPR of scores [n], keys `auc`, `0.1`, `0.01`; intervals resample patients."""
    found = measure_scores(score, member, patient, seed)
    rates = found["tpr_at_fpr"]
    return {"auc": found["auc"], **{str(fpr): rates[str(fpr)] for fpr in SHOWN_FPRS}}


def controls(pool: Images, member: Flags, patient: Places, seed: int) -> dict[str, Estimate]:
    """AUC of two classifiers that see no release: of pictures, and of how sharp and grainy they are."""
    descriptions = {PICTURES: described(pool), GRAIN: standardised(grain(pool))}
    return {
        name: measured(pixels_control(one, member, patient), member, patient, seed)["auc"]
        for name, one in descriptions.items()
    }


def alarms(found: dict[str, Estimate], named: Flags) -> list[str]:
    """A sentence for each control that is not at chance (see `harness.evaluation.controls.verdict`).

    named: of which of the pool it is known whose they are, [n]. Where it is not of all, several slices of one patient
    can be all there is to it, which the sentence then says.
    """
    unnamed = "" if named.all() else _UNNAMED.format(unnamed=int((~named).sum()), n=len(named))
    records = [Record(name, "none", "test", "none", kind="control", auc=auc) for name, auc in found.items()]
    return [
        f"Members and holdout differ without any release, as if they came from two sources. {sentence}{unnamed}"
        for sentence in verdict(records)
    ]


CONTROL = "control_"
_METRICS = {"auc": ("AUC", 0.5), **{str(fpr): (f"TPR@{100 * fpr:.0f} %", fpr) for fpr in SHOWN_FPRS}}


def membership_figures(case: Case) -> list[Figure]:
    """AUC and TPR at 10 % and 1 % of each attack, on the release and on what is left, then the controls."""
    material, seed = case.material, case.settings.seed

    def told(release: Images) -> dict[str, dict[str, Estimate]]:
        found = scores(case.settings.attacks, material.pool, release)
        return {name: measured(score, material.member, material.patient, seed) for name, score in found.items()}

    given = told(material.release.pixels)
    left = told(case.kept_images) if case.is_filtered else {}
    figures = []
    for attack in case.settings.attacks:
        for metric in _METRICS:
            filtered = case.filtered(lambda attack=attack, metric=metric: left[attack][metric])  # type: ignore[misc]
            figures.append(_of_attack(attack, metric, given[attack][metric], filtered))
    for name, auc in controls(material.pool, material.member, material.patient, seed).items():
        measure = f"{CONTROL}{name.replace(' ', '_')}"
        beside = "control, must be 0.5"
        figures.append(Figure("membership", measure, name, auc, None, "AUC", PATIENTS, beside, 0.5))
    return figures


def _of_attack(attack: str, metric: str, given: Estimate, filtered: Estimate | None) -> Figure:
    title, chance = _METRICS[metric]
    measure = f"{attack}_auc" if metric == "auc" else f"{attack}_tpr_at_fpr_{metric}"
    unit, beside = title.split("@")[0], f"guessing {chance:g}"
    return Figure("membership", measure, f"{attack}: {title}", given, filtered, unit, PATIENTS, beside, chance)
