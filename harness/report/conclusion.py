"""What a run found, in sentences: which attack was chosen and applied, and how its submission did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.evaluation.controls import mirrored
from harness.evaluation.estimate_text import estimate_text, number
from harness.evaluation.records import Record
from harness.report.sight import seen_told

_MEANT = ("0.1", "0.01")  # false positive rates, as `results.json` names them


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
    applied: Applied | None,
    choices: Mapping[str, str],
    records: Sequence[Record],
    nobody: Sequence[str],
    *,
    elsewhere: Mapping[str, Mapping[str, float]] | None = None,
) -> list[str]:
    """Which attack was chosen and applied, and how its submission did where the truth could be opened.

    choices: selection rule -> the attack that it picks; records: every row of the table; nobody: why nobody can be
    called by the test release; elsewhere: of recipes that were tried, by their names, the false positive rates at the
    chosen attack's thresholds, by nominal rate, as far as they are known.
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
        *_threshold(records, applied.label, elsewhere or {}),
        f"Selection rules pick {picks}.",
        seen_told(records, applied.label),
        *_unchecked(records),
    ]


def _unchecked(records: Sequence[Record]) -> list[str]:
    """Which attacks a control could not be made for, and which controls were made but not judged."""
    missing = {
        name: ", ".join(r.of for r in records if r.control == name and r.of and r.skipped)
        for name in ("wrong_target", "member_only")
    }
    told = []
    if missing["wrong_target"]:
        told.append(
            f"The control wrong_target could not be made for {missing['wrong_target']}, which needs references of a "
            "third pair of shadows: shadow.count=6, or 8 where a calibration takes two on either side."
        )
    if missing["member_only"]:
        told.append(f"The control member_only could not be made for {missing['member_only']}; its row says why.")
    unjudged = dict.fromkeys(r.control for r in records if r.control and not r.skipped and mirrored(r))
    if unjudged:
        told.append(
            f"Not judged on so few shadows, so that no alarm can come of them: {', '.join(unjudged)}. Controls like "
            "these are judged from 6 shadows on (shadow.count=6)."
        )
    return told


def _truth(applied: Applied) -> str:
    """The submission's score where the truth could be opened."""
    record = applied.record
    if record.f1 is None or record.accuracy is None or record.recall is None:
        hand_in = "; submission.csv is ready to hand in" if applied.to_hand_in else ""
        return f"The truth of this test release is not known here{hand_in}."
    scores = (("F1", record.f1), ("accuracy", record.accuracy), ("recall", record.recall))
    told = ", ".join(f"{name} {estimate_text(one)}" for name, one in scores)
    return (
        f"The truth was opened after the decision: the submission has {told}. These intervals are of the patients of "
        "this one release: that of another generator may lie outside."
    )


def _threshold(records: Sequence[Record], label: str, elsewhere: Mapping[str, Mapping[str, float]]) -> list[str]:
    """How far thresholds can be trusted: on shadows that took no part in theirs, and before other recipes."""
    chosen = (r for r in records if (r.label, r.target_set, r.kind) == (label, "shadow", "attack"))
    rates = next((r.realised_fpr for r in chosen if r.realised_fpr is not None), {})
    told = [f"{estimate_text(rates[of])} where {of} was meant" for of in _MEANT if of in rates]
    if not told:
        return []
    held = f"Of the shadows' own non-members, held out, the thresholds of {label} called {' and '.join(told)}."
    tried = [
        f"{number(of[meant])} where {meant} was meant ({name})"
        for name, of in elsewhere.items()
        for meant in _MEANT
        if meant in of
    ]
    if not tried:
        return [
            f"{held} All shadows are of one recipe: before a release made in another way these rates may be several "
            "times as large."
        ]
    return [
        f"{held} Before one release of each other recipe tried such thresholds called {', '.join(tried)}: they may "
        "be at least that far off where the test's recipe is none of these."
    ]
