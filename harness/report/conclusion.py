"""What a run found, in sentences: which attack was chosen and applied, and how its submission did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.data.planted_copies import KINDS
from harness.evaluation.estimate_text import estimate_text, number
from harness.evaluation.records import PLANTED, Record

FOUND = 0.9  # AUC from which planted copies count as found


class Applied(NamedTuple):
    """The chosen attack on the test release.

    label: as its row is called; rule, decision: the selection and the decision rule; n_used: how many of n
    candidates it called used; record: its row; to_hand_in: whether submission.csv lies beside these sentences.
    """

    label: str
    rule: str
    decision: str
    n_used: int
    n: int
    record: Record
    to_hand_in: bool = True


def conclusion(
    applied: Applied | None, choices: Mapping[str, str], records: Sequence[Record], nobody: Sequence[str]
) -> list[str]:
    """Which attack was chosen and applied, and how its submission did where the truth could be opened.

    choices: selection rule -> the attack that it picks; records: every row of the table; nobody: why nobody can be
    called by the test release.
    """
    if applied is None:
        return ["No attack named here can face the test release, so there is no submission.", *nobody]
    by_pick: dict[str, list[str]] = {}
    for rule, attack in choices.items():
        by_pick.setdefault(attack, []).append(rule)
    picks = "; ".join(f"{attack} by {', '.join(rules)}" for attack, rules in by_pick.items())
    return [
        f"{applied.label} was chosen by {applied.rule} on the shadows and applied once to the test release: "
        f"{applied.n_used} of {applied.n} candidates called used (decision rule {applied.decision}).",
        *nobody,
        _truth(applied),
        f"Selection rules pick {picks}.",
        *_planted(applied.label, records),
        *_unchecked(records),
    ]


def _unchecked(records: Sequence[Record]) -> list[str]:
    """Which attacks the control `wrong_target` could not be made for."""
    missing = [r.of for r in records if r.control == "wrong_target" and r.of and r.skipped]
    if not missing:
        return []
    return [
        f"The control wrong_target could not be made for {', '.join(missing)}, which needs references of a third "
        "pair of shadows: shadow.count=6, or 8 where a calibration takes two on either side."
    ]


def _planted(label: str, records: Sequence[Record]) -> list[str]:
    """Which copies that were planted into releases the chosen attack finds, and which it would not see."""
    titles = {PLANTED + name: kind.title for name, kind in KINDS.items()}
    aucs = {
        titles[r.control]: r.auc.value
        for r in records
        if r.kind == "planted" and r.of == label and r.control in titles and r.auc and r.auc.value is not None
    }
    found = [title for title, auc in aucs.items() if auc >= FOUND]
    missed = [f"{title} (AUC {number(auc)})" for title, auc in aucs.items() if auc < FOUND]
    told = [f"finds those {', '.join(found)}"] * bool(found) + [f"misses those {', '.join(missed)}"] * bool(missed)
    return [f"Of copies planted into releases {label} {' and '.join(told)}."] if told else []


def _truth(applied: Applied) -> str:
    """The submission's score where the truth could be opened."""
    record = applied.record
    if record.f1 is None or record.accuracy is None or record.recall is None:
        hand_in = "; submission.csv is ready to hand in" if applied.to_hand_in else ""
        return f"The truth of this test release is not known here{hand_in}."
    scores = (("F1", record.f1), ("accuracy", record.accuracy), ("recall", record.recall))
    told = ", ".join(f"{name} {estimate_text(one)}" for name, one in scores)
    return f"The truth was opened after the decision: the submission has {told}."
