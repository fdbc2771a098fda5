"""The top of the report: the chosen attack in a few large numbers and in words for people who run no attacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.evaluation.selection_rules import CHANCE_TPR
from harness.report.board import CHANCE_AUC
from harness.report.numbers import cell
from harness.report.sight import all_clear_withheld


class Tile(NamedTuple):
    """A large number with its interval and what it is; good news or bad is not ours to colour."""

    label: str
    value: str
    interval: str


def tiles(records: Sequence[Record], chosen: str | None) -> list[Tile]:
    """The chosen attack's numbers on the shadows, and on the test release where its truth is known."""
    on_shadows, on_test = _of(records, chosen, "shadow"), _of(records, chosen, "test")
    wanted: list[tuple[str, Estimate | None]] = []
    if on_shadows is not None:
        wanted += [
            ("AUC on shadows", on_shadows.auc),
            ("TPR at FPR 0.1 on shadows", (on_shadows.tpr_at_fpr or {}).get("0.1")),
            ("calibration error (ECE)", on_shadows.ece),
        ]
    if on_test is not None:
        wanted += [("F1 on the test release", on_test.f1), ("accuracy on the test release", on_test.accuracy)]
    cells = [(label, cell(estimate)) for label, estimate in wanted]
    return [Tile(label, one.text, one.interval) for label, one in cells if one.sort is not None]


def meaning(records: Sequence[Record], chosen: str | None, nobody: Sequence[str] = ()) -> list[str]:
    """What the chosen attack's numbers mean, in whole slices; empty where nothing was chosen or measured.

    That it finds nothing is an all-clear only as far as it finds copies that were planted.

    nobody: why nobody can be called by the test release; then numbers mean nothing for it, and that is all to say.
    """
    if nobody:
        return [*nobody, "That nobody is found here is no all-clear: nothing could have been found."]
    record = _of(records, chosen, "shadow")
    if record is None or record.auc is None or record.auc.value is None:
        return []
    auc = record.auc
    if auc.low is not None and not record.above_chance("auc", CHANCE_AUC):
        return [
            "On generators whose training slices are known, the chosen attack could not be told from guessing: "
            "nothing here shows that the release gives away which slices were used.",
            *all_clear_withheld(records, record.label),
        ]
    sentences = [
        "On generators whose training slices are known: of a used and an unused slice, the attack gives the used one "
        f"the larger score in {_of_100(auc.value)} of 100 pairs; guessing would in 50."
    ]
    if auc.low is not None and auc.low <= CHANCE_AUC:
        sentences.append(
            "That holds for these generators; of others, the one that made the release among them, it cannot be told "
            "from guessing, for the interval over so few of them includes 50."
        )
    found = (record.tpr_at_fpr or {}).get("0.1")
    if found is not None and found.value is not None and record.above_chance("tpr_at_0.1", CHANCE_TPR):
        sentences.append(
            f"Where it may wrongly accuse at most 10 of 100 slices that were never used, it finds "
            f"{_of_100(found.value)} of 100 that were; guessing would find 10."
        )
    return sentences


def _of(records: Sequence[Record], chosen: str | None, target_set: str) -> Record | None:
    rows = (r for r in records if r.label == chosen and r.target_set == target_set and r.kind == "attack")
    return next((row for row in rows if row.skipped is None), None)


def _of_100(fraction: float | None) -> int:
    return round(100 * (fraction or 0.0))
