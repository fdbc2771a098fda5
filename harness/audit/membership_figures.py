"""Section 2: attacks that tell members from the holdout, and controls that must not."""

from __future__ import annotations

from attacks.base import Images
from harness.audit.case import Case
from harness.audit.figures import PATIENTS, Figure
from harness.audit.leakage import SHOWN_FPRS, controls, measured, scores
from harness.evaluation.intervals import Estimate

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
