"""Selection rules: which attack to apply. They see held-out shadow records of attacks: no test, no controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record

CHANCE_TPR = 0.1  # TPR at 10 % FPR of a coin


class Choice(NamedTuple):
    """The attack a rule picks, and a remark where its conditions could not be met."""

    attack: str
    remark: str | None = None


def best_calibrated(records: Sequence[Record]) -> Choice:
    """Lowest held-out Brier score among attacks above chance whose FPR can be trusted; ties by log loss.

    Above chance: the lower end of TPR at 10 % FPR, by the resamples alone, lies above 0.1. Trusted: the realised
    FPR at nominal 10 % is within a factor of 2. Where no attack is both, the lowest Brier score of all, with a
    remark.
    """
    fit = [record for record in records if record.above_chance("tpr_at_0.1", CHANCE_TPR) and _trusted(record)]

    def order(record: Record) -> tuple[float, float]:
        return _value(record.brier, np.inf), _value(record.log_loss, np.inf)

    if fit:
        return Choice(min(fit, key=order).label)
    return Choice(
        min(records, key=order).label,
        "No attack that can face the test release was both above chance and within a factor 2 of its nominal "
        "false positive rate on the shadows; this is only the one with the lowest Brier score.",
    )


def lowest_log_loss(records: Sequence[Record]) -> Choice:
    """Lowest held-out log loss, whatever else, for comparison."""
    return Choice(min(records, key=lambda record: _value(record.log_loss, np.inf)).label)


def highest_auc(records: Sequence[Record]) -> Choice:
    """Largest pooled AUC on the shadows, for comparison."""
    return _highest(records, "AUC", lambda record: record.auc)


def highest_tpr(records: Sequence[Record]) -> Choice:
    """Largest TPR at 10 % FPR on the shadows, for comparison."""
    return _highest(records, "TPR at 10 % FPR", lambda record: (record.tpr_at_fpr or {}).get("0.1"))


def highest_f1(records: Sequence[Record]) -> Choice:
    """Largest F1 of the declared decision rule on the shadows, for comparison."""
    return _highest(records, "F1", lambda record: record.f1)


RULES: dict[str, Callable[[Sequence[Record]], Choice]] = {
    "best_calibrated": best_calibrated,
    "lowest_log_loss": lowest_log_loss,
    "highest_auc": highest_auc,
    "highest_tpr": highest_tpr,
    "highest_f1": highest_f1,
}


def _highest(records: Sequence[Record], what: str, metric: Callable[[Record], Estimate | None]) -> Choice:
    """The first of the records with the largest value; one without a value comes last."""
    best = max(records, key=lambda record: _value(metric(record), -np.inf))
    known = _value(metric(best), -np.inf) > -np.inf
    return Choice(best.label, None if known else f"No attack has a value of {what} here; this is only the first.")


def _value(estimate: Estimate | None, missing: float) -> float:
    """The value, or `missing`: NaN would win or lose by its place in the list."""
    return missing if estimate is None or estimate.value is None else estimate.value


def _trusted(record: Record) -> bool:
    return 0.05 <= _value((record.realised_fpr or {}).get("0.1"), np.nan) <= 0.2
