"""The metric that runs are compared by: its name as typed, its value under weightings, what a record says of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.errors import InputError, unknown_name
from harness.evaluation import metrics
from harness.evaluation.few_units import Range
from harness.evaluation.intervals import SHARE, Estimate
from harness.evaluation.measure import EVENTS_WANTED, RANGES
from harness.evaluation.metrics import Confusion, Flags, Floats, Weights
from harness.evaluation.records import Record

_OF_DECISION: dict[str, Callable[[Confusion], Floats]] = {
    "f1": metrics.f1,
    "accuracy": metrics.accuracy,
    "balanced_accuracy": metrics.balanced_accuracy,
    "recall": metrics.recall,
    "specificity": metrics.specificity,
    "precision": metrics.precision,
    "kappa": metrics.kappa,
}
_OF_PROBABILITY: dict[str, Callable[[Floats, Flags, Weights], Floats]] = {
    "brier": metrics.brier,
    "log_loss": metrics.log_loss,
    "ece": metrics.expected_calibration_error,
}
NAMES = ("auc", "tpr@0.1", "tpr@0.01", "tpr@0.001", *_OF_DECISION, *_OF_PROBABILITY)
_SHOWN = {"auc": "AUC", "f1": "F1", "brier": "Brier", "ece": "ECE"}
_TPR = re.compile(r"tpr@(0?\.\d+|1e-\d+)")


class Judged(NamedTuple):
    """An attack's rows on the targets of one run, [n] each; decision is None where the run's rule does not apply."""

    score: Floats
    probability: Floats
    decision: Flags | None


class Metric(NamedTuple):
    """What is compared. fpr: of a true positive rate, the false positive rate that it may cost."""

    name: str
    fpr: float | None = None

    @property
    def shown(self) -> str:
        """As a table's head calls it."""
        return f"TPR@{100 * self.fpr:g} %" if self.fpr is not None else _SHOWN.get(self.name, self.name)

    @property
    def larger_is_better(self) -> bool:
        """Of errors of probabilities a smaller one is."""
        return self.name not in _OF_PROBABILITY

    @property
    def has_interval(self) -> bool:
        """Whether resampling may say how sure it is: it repeats rows, which alone raises an ECE."""
        return self.name != "ece"

    @property
    def within(self) -> Range:
        """The ends of what it can be."""
        return RANGES.get(self.name, SHARE)

    @property
    def options(self) -> tuple[str, ...]:
        """Options of a run that decide it besides those of the generators and attacks."""
        if self.name in _OF_DECISION:
            return ("decision", "calibrator")
        return ("calibrator",) if self.name in _OF_PROBABILITY else ()

    def missing(self, rows: Judged, member: Flags) -> str | None:
        """Why these rows have no value of it; None where they have one."""
        if self.name in _OF_DECISION and rows.decision is None:
            return "no decision"
        if member.all() or not member.any():
            return "one class alone"
        n = int((~member).sum())
        return "n too small" if self.fpr is not None and n * self.fpr < EVENTS_WANTED else None

    def under(self, rows: Judged, member: Flags) -> Callable[[Weights], Floats]:
        """Its value for weights [b, n] of rows [n]: float64 [b]. Not for rows that `missing` says something of."""
        if self.name in _OF_DECISION:
            assert rows.decision is not None
            of, cells = _OF_DECISION[self.name], metrics.cells(rows.decision, member)
            return lambda weight: _of_some(of, np.asarray(weight @ cells, np.float64))
        if self.name in _OF_PROBABILITY:
            error = _OF_PROBABILITY[self.name]
            return lambda weight: error(rows.probability, member, weight)
        ranking, fpr = metrics.Ranking.of(rows.score, member), self.fpr
        if fpr is None:
            return lambda weight: ranking.roc(weight).auc()
        return lambda weight: ranking.roc(weight).tpr_at(fpr)

    def of_record(self, record: Record) -> Estimate:
        """What a run's own table says, where there are no scores to compute it from."""
        if self.fpr is None:
            told = getattr(record, self.name)
        else:
            told = {float(rate): one for rate, one in (record.tpr_at_fpr or {}).items()}.get(self.fpr)
        return Estimate(None, note="not told") if told is None else told


def _of_some(of: Callable[[Confusion], Floats], counts: Floats) -> Floats:
    """NaN where a resample has no row at all, which is no F1 of 0; counts: float64 [b, 4]."""
    return np.where(counts.sum(axis=1) > 0, of(Confusion(*counts.T)), np.nan)


def metric_called(name: str) -> Metric:
    """`auc`, `f1`, `brier` and the like, or `tpr@RATE` of any rate between 0 and 1. InputError for another name."""
    text = name.lower()
    if (found := _TPR.fullmatch(text)) and float(found[1]) > 0:
        return Metric(f"tpr@{float(found[1]):g}", float(found[1]))
    if text not in NAMES:
        raise InputError(unknown_name("metric", name, NAMES) + " Of tpr@RATE any rate between 0 and 1 will do.")
    return Metric(text)
