"""What an audit says to somebody who has to decide whether a folder may go out."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from harness.audit.examine import Audit
from harness.audit.figures import Figure
from harness.audit.sight import (
    blind_told,
    carried_mean,
    carried_told,
    faults_mean,
    faults_told,
    frame_means,
    real_slices_told,
    seen_told,
    threshold_told,
)
from harness.evaluation.controls import CHANCE
from harness.evaluation.estimate_text import counted
from harness.evaluation.few_units import LEVEL

_PROOF = (
    "No finding is no proof: this asked how near images come and what a few attacks tell, by somebody who holds the "
    "release alone. Other attacks, the model itself or more knowledge of a patient may find more."
)
_LEAST = "what counts as better is an interval over patients that lies above 0.5, widened for the number of attacks"


class Meaning(NamedTuple):
    """What follows. answer: `hold` the folder back, in `doubt`, or `nothing` found; told: the same in sentences."""

    answer: Literal["hold", "doubt", "nothing"]
    told: list[str]


def verdict(audit: Audit) -> list[str]:
    """Plain sentences: what was found, what it means, what it cannot mean."""
    copied = audit.figure(f"released_copies_{audit.case.settings.distance}")
    found = [*real_slices_told(audit.case), _on_copies(audit, copied), _on_membership(audit), *_on_patients(audit)]
    found += [*faults_told(audit.case), *carried_told(audit.case)]
    return [*meaning(audit).told, *found, _PROOF]


def meaning(audit: Audit) -> Meaning:
    """What follows: what is certain whatever else is in doubt, then the first that holds, the all-clear last."""
    case, copied = audit.case, audit.figure(f"released_copies_{audit.case.settings.distance}")
    if any(which.any() for which in case.real.values()):
        return _hold("it holds real slices", *_doubt(audit, certain=True))
    if audit.alarms and case.found.unmistakable.any():
        return _hold("it holds images that lie unmistakably near to training slices", *_doubt(audit, certain=True))
    if audit.alarms:
        return Meaning("doubt", _doubt(audit, certain=False))
    leaks = bool(_leaking(audit, "auc") or _leaking(audit, "auc_by_patient"))
    if _exceeds(copied) or case.found.unmistakable.any() or leaks:
        return _hold("it gives training patients away")
    return _where_nothing_was_found(audit)


def _hold(why: str, *more: str) -> Meaning:
    return Meaning("hold", [f"Do not hand out this folder as it is: {why}.", *more])


def _doubt(audit: Audit, certain: bool) -> list[str]:
    """What an alarm leaves open; certain: whether something is known all the same."""
    if not audit.alarms:
        return []
    if certain:
        return ["Nothing else can be said with these folders: take members and holdout from one source."]
    return [
        "With these folders it cannot be said whether the release may go out: take members and holdout from one "
        "source and audit again, and hand nothing out on the strength of this audit."
    ]


def _where_nothing_was_found(audit: Audit) -> Meaning:
    """An all-clear, or why there is none."""
    case, control = audit.case, audit.control
    if case.faults.no_all_clear:
        return Meaning("doubt", [faults_mean(case)])
    if case.out_of_frame or case.unlike:
        return Meaning("doubt", [frame_means(case)])
    if control.blind:
        return Meaning("doubt", [blind_told(control)])
    if carried_told(case):
        return Meaning("hold", [carried_mean(case), seen_told(control)])
    told = "Nothing was found here that speaks against handing out this folder."
    return Meaning("nothing", [told, seen_told(control)])


def filter_note(audit: Audit) -> list[str]:
    """What removing copies cost and what it does not mend; nothing where there were none."""
    kept = audit.case.kept
    if kept.all():
        return []
    told = f"Filtered release: {int((~kept).sum())} of {len(kept)} images are removed, {int(kept.sum())} kept."
    if not audit.case.is_filtered:
        return [f"{told} These are too few to be measured or handed out."]
    copied = audit.figure(f"released_copies_{audit.case.settings.distance}")
    if not _exceeds(copied) and not audit.case.found.unmistakable.any():
        return [f"{told} That is no more than the rule calls copies by chance."]
    left = copied.filtered
    auc = audit.figure(f"{_first(audit)}_auc").filtered
    if left is not None and left.value:
        told += (
            f" Judged anew, with a threshold that is fixed on the holdout and the kept images, {left.value:.3f} of "
            "them are called copies: the filter removed the worst."
        )
    if auc is not None and auc.value is not None:
        told += f" {_first(audit)} has an AUC of {auc.value:.3f} on what is left."
    return [
        f"{told} The filter was chosen by distances to members, so it leaks by itself: a hole in a release, where "
        "images should be, points at who was there. Train anew without memorising; do not rely on filtering. The "
        "reports, removed.csv and names.csv show members: keep them in the house."
    ]


def _first(audit: Audit) -> str:
    return "knn" if "knn" in audit.case.settings.attacks else next(iter(audit.case.settings.attacks))


def _exceeds(figure: Figure) -> bool:
    """Whether the whole interval lies above what it is compared with."""
    low, reference = figure.given.low, figure.reference
    return low is not None and reference is not None and low > reference


def _on_copies(audit: Audit, figure: Figure) -> str:
    found = audit.case.found
    n, total, sure = int(found.copy.sum()), len(found.copy), int(found.unmistakable.sum())
    above = threshold_told(audit.case)
    by_chance = f"with nothing memorised it would be about {round((figure.reference or 0.0) * total)}"
    if _exceeds(figure) or sure:
        return (
            f"{n} of {total} released images lie so near to training slices{_whose(audit)} that they count as copies "
            f"({by_chance}; threshold: {above}); {sure} of them are unmistakable, beyond twice the largest gap to "
            "the holdout."
        )
    return (
        f"{n} of {total} released images count as copies, which cannot be told from chance ({by_chance}; threshold: "
        f"{above})."
    )


def _whose(audit: Audit) -> str:
    """Of how many patients the copied slices are, as far as that is known."""
    material, found = audit.case.material, audit.case.found
    source = np.unique(found.source[found.copy])
    named = material.named[source]
    people, unnamed = len(np.unique(material.patient[source[named]])), int((~named).sum())
    if not unnamed:
        return f", of {counted(people, 'patient')},"
    return f" ({unnamed} whose patient is not known" + (
        f", and others of {counted(people, 'patient')})" if people else ")"
    )


def _leaking(audit: Audit, metric: str) -> list[Figure]:
    """Attacks whose AUC (`auc`, or `auc_by_patient` where that was measured) is above guessing, best first.

    That is its whole interval, widened as a normal law's for how many attacks were asked (Bonferroni).
    """
    from scipy.stats import norm  # start-up: half a second to import

    tail = (1.0 - LEVEL) / 2.0
    wider = float(norm.isf(tail / len(audit.case.settings.attacks)) / norm.isf(tail))

    def least(figure: Figure) -> float:
        auc = figure.given
        if auc.value is None or auc.low is None:
            return 0.0
        return auc.value - wider * (auc.value - auc.low)

    names = {f"{name}_{metric}" for name in audit.case.settings.attacks}
    figures = [one for one in audit.figures if one.measure in names]
    return sorted((one for one in figures if least(one) > CHANCE), key=lambda one: -(one.given.value or 0.0))


def _on_membership(audit: Audit) -> str:
    if audit.alarms:
        return (
            "Members and holdout can be told apart without looking at the release, so no membership figure can be "
            "trusted, and the comparison of copies with the holdout is in doubt, too."
        )
    leaking = _leaking(audit, "auc")
    if not leaking:
        return (
            f"None of {len(audit.case.settings.attacks)} attacks told members from the holdout better than guessing "
            f"({_LEAST})."
        )
    best = leaking[0]
    return (
        "Who holds the release and a slice can say better than guessing whether the slice was trained on: of a "
        f"trained and an unknown one, {best.title.split(':')[0]} gives the trained one the larger score in "
        f"{_of_100(best.given.value)} of 100 pairs (guessing: 50; {_LEAST})."
    )


def _on_patients(audit: Audit) -> list[str]:
    named = audit.case.material.members.named
    if not named.any():
        return ["Who is whose patient is not known here, so nothing is said about finding a person again."]
    sentences = []
    if not named.all():
        sentences.append(
            f"Whose slice it is, is known of {named.sum()} of {len(named)} slices of members ({named.mean():.3f}): "
            "what is said about finding a person again counts these alone."
        )
    rate, others = audit.figure("rank_1"), _leaking(audit, "auc_by_patient")
    copied = audit.figure(f"released_copies_{audit.case.settings.distance}")
    if _exceeds(rate) and (_exceeds(copied) or audit.case.found.unmistakable.any()):
        sentences.append(
            f"A copy leads to other slices of the same person in {_of_100(rate.given.value)} of 100 cases (a random "
            f"pick would in {_of_100(rate.reference)}): giving away one slice gives away a patient's others."
        )
    if others and not audit.alarms:
        sentences.append(
            "Slices of a patient that were never trained on suffice to say better than guessing that the patient was "
            f"in the training set (right in {_of_100(others[0].given.value)} of 100 pairs of patients)."
        )
    return sentences


def _of_100(fraction: float | None) -> int:
    return round(100 * (fraction or 0.0))
