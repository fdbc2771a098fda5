"""Selection rules: which attack to apply. They see held-out shadow records, never the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.intervals import Estimate
from harness.results import Record

CHANCE_TPR = 0.1  # TPR at 10 % FPR of a coin


class Choice(NamedTuple):
    """The attack a rule picks, and a remark where its conditions could not be met."""

    attack: str
    remark: str | None = None


def best_calibrated(records: Sequence[Record]) -> Choice:
    """Lowest held-out Brier score among attacks above chance whose FPR can be trusted; ties by log loss.

    Above chance: the interval of TPR at 10 % FPR lies above 0.1. Trusted: the realised FPR at nominal 10 %
    is within a factor of 2. Where no attack is both, the lowest Brier score of all, with a remark.
    """
    fit = [record for record in records if _above_chance(record) and _trusted(record)]

    def order(record: Record) -> tuple[float, float]:
        return _value(record.brier), _value(record.log_loss)

    if fit:
        return Choice(min(fit, key=order).attack)
    return Choice(
        min(records, key=order).attack,
        "No attack was both above chance and within a factor 2 of its nominal false positive rate on the "
        "shadows; this is only the one with the lowest Brier score.",
    )


def highest_auc(records: Sequence[Record]) -> Choice:
    """Largest pooled AUC on the shadows, for comparison."""
    return Choice(max(records, key=lambda record: _value(record.auc)).attack)


def highest_tpr(records: Sequence[Record]) -> Choice:
    """Largest TPR at 10 % FPR on the shadows, for comparison."""
    return Choice(max(records, key=lambda record: _value((record.tpr_at_fpr or {})["0.1"])).attack)


RULES: dict[str, Callable[[Sequence[Record]], Choice]] = {
    "best_calibrated": best_calibrated,
    "highest_auc": highest_auc,
    "highest_tpr": highest_tpr,
}


def _value(estimate: Estimate | None) -> float:
    if estimate is None or estimate.value is None:
        return float("nan")
    return estimate.value


def _above_chance(record: Record) -> bool:
    tpr = (record.tpr_at_fpr or {})["0.1"]
    return tpr.low is not None and tpr.low > CHANCE_TPR


def _trusted(record: Record) -> bool:
    realised = _value((record.realised_fpr or {})["0.1"])
    return 0.05 <= realised <= 0.2
