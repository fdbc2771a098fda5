"""From predictions to the metric fields of a record, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.evaluation import metrics
from harness.evaluation.intervals import (
    N_RESAMPLES,
    Estimate,
    Resamples,
    as_they_are,
    estimated,
    estimates,
    resample,
    spread,
)
from harness.evaluation.metrics import Flags, Floats, Ranking, Weights
from harness.evaluation.predictions import NOMINAL_FPRS, Predictions
from harness.evaluation.remembered import remembered
from harness.seeds import rng_of

FPRS = (0.1, 0.01, 0.001)
EVENTS_WANTED = 3  # false positives expected at an FPR before a TPR there means anything: 300 rows for 1 %
NO_DECISION = Estimate(None, note="no decision: the rule does not apply to this attack")
_OF_DECISION = {
    "f1": metrics.f1,
    "accuracy": metrics.accuracy,
    "balanced_accuracy": metrics.balanced_accuracy,
    "recall": metrics.recall,
    "specificity": metrics.specificity,
    "precision": metrics.precision,
    "kappa": metrics.kappa,
}


RANGES = {"kappa": (-1.0, 1.0), "log_loss": (0.0, np.inf)}  # what metrics can be that are no shares


def resamples_of(rows: Predictions, seed: int, n_resamples: int = N_RESAMPLES) -> Resamples:
    """Bootstrap weights of the rows, the same for every attack on the same targets, so that they can be compared."""
    return resample(rows.unit, rows.patient, rng_of(seed, "intervals"), n_resamples)


def fprs_with_enough(member: Flags) -> list[float]:
    """Those of `FPRS` at which member [n] has non-members enough: 30, 300 and 3,000."""
    return [fpr for fpr in FPRS if int((~member).sum()) * fpr >= EVENTS_WANTED]


@remembered(Estimate)
def measure(
    rows: Predictions, member: Flags, seed: int, n_resamples: int = N_RESAMPLES, *, at_chance: bool = False
) -> dict[str, Any]:
    """The metric fields of a record, each with its interval; member: bool [n].

    Intervals resample pairs of shadows (where there are several) and patients, the same draws for every attack; of
    several pairs they follow the law of `harness.evaluation.few_units`. at_chance: of a control, to which no
    generator gives anything away, the resamples alone, which err to the wide side there: false alarms are rare.
    """
    resamples = resamples_of(rows, seed, n_resamples)
    resamples = resamples.plain if at_chance else resamples
    found = estimated(*metrics_of(rows, member, resamples), resamples.law, RANGES)
    ece = metrics.expected_calibration_error(rows.probability, member, np.ones((1, len(member))))
    return {
        "n_targets": int(rows.target.max()) + 1,
        **_of_ranking(found, member),
        "auc_per_target": auc_per_target(rows, member),
        **{name: found.get(name, NO_DECISION) for name in _OF_DECISION},
        "brier": found["brier"],
        "log_loss": found["log_loss"],
        # A resample repeats rows, which alone raises the ECE: its percentiles would not bracket the value.
        "ece": Estimate(float(ece[0]), note="no interval"),
        "realised_fpr": {str(a): found[f"realised {a}"] for a in NOMINAL_FPRS},
        "low_resampled": _low_resampled(rows.score, member, resamples),
        "resampled": "pairs of shadows, then patients" if np.ptp(rows.unit) > 0 else "patients",
    }


def measure_scores(
    score: Floats, member: Flags, patient: NDArray[np.intp], seed: int, decision: Flags | None = None
) -> dict[str, Any]:
    """Those metric fields of a record that need no probability, of one target whose scores nothing calibrates.

    score, member, patient: [n]; decision: bool [n], without which AUC and TPR alone are told. Intervals resample
    patients, by the same draws as `measure`.
    """
    drawn = resample(np.zeros_like(patient), patient, rng_of(seed, "intervals"))
    ranking, fprs = Ranking.of(score, member), fprs_with_enough(member)

    def under(weight: Weights) -> dict[str, Floats]:
        roc = ranking.roc(weight)
        return {"auc": roc.auc(), **{f"tpr {fpr}": roc.tpr_at(fpr) for fpr in fprs}}

    found = _of_ranking(estimates(under, drawn), member)
    decided = {} if decision is None else measure_decision(decision, member, drawn)
    decided.pop("fpr", None)
    return {"n_targets": 1, **found, **decided, "resampled": "patients"}


def _low_resampled(score: Floats, member: Flags, resamples: Resamples) -> dict[str, float] | None:
    """The lower ends of the AUC and of the TPR by the resamples alone, half as many; None where these are the law."""
    if resamples.law is None:
        return None
    ranking, fprs = Ranking.of(score, member), [fpr for fpr in fprs_with_enough(member) if fpr == FPRS[0]]

    def under(weight: Weights) -> dict[str, Floats]:
        roc = ranking.roc(weight)
        return {"auc": roc.auc(), **{f"tpr_at_{fpr}": roc.tpr_at(fpr) for fpr in fprs}}

    found = estimates(under, replace(resamples.plain, n_resamples=resamples.n_resamples // 2))
    return {name: one.low for name, one in found.items() if one.low is not None}


def _of_ranking(found: Mapping[str, Estimate], member: Flags) -> dict[str, Any]:
    """How many there are, AUC, and TPR at each FPR, where there are non-members enough."""
    n_nonmembers = int((~member).sum())
    too_small = Estimate(None, note=f"n too small: {n_nonmembers} non-members")
    return {
        "n_members": int(member.sum()),
        "n_nonmembers": n_nonmembers,
        "auc": found["auc"],
        "tpr_at_fpr": {str(fpr): found.get(f"tpr {fpr}", too_small) for fpr in FPRS},
    }


def metrics_of(rows: Predictions, member: Flags, resamples: Resamples) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Every metric that has an interval, on the rows as they are, float64 [1], and under all weights, [weights]."""
    ranking, fprs = Ranking.of(rows.score, member), fprs_with_enough(member)
    losses = {
        "brier": metrics.squared_errors(rows.probability, member),
        "log_loss": metrics.log_losses(rows.probability, member),
    }
    decisions = {f"realised {a}": alarm for a, alarm in rows.alarms.items()}
    if rows.decision is not None:
        decisions["declared"] = rows.decision
    # All that is a weighted sum over rows side by side: one matrix product for each handful of resamples.
    summands = np.column_stack([*losses.values(), *(metrics.cells(one, member) for one in decisions.values())])

    def under(weight: Weights) -> dict[str, Floats]:
        roc = ranking.roc(weight)
        rates = {f"tpr {fpr}": roc.tpr_at(fpr) for fpr in fprs}
        return {"auc": roc.auc(), **rates, "sums": np.asarray(weight @ summands, np.float64)}

    def with_ratios(found: dict[str, Floats]) -> dict[str, Floats]:
        sums = found.pop("sums").T
        n = sums[len(losses) : len(losses) + 4].sum(axis=0)  # of a decision, every row is in one of its four cells
        found |= {name: metrics.ratio(total, n) for name, total in zip(losses, sums[: len(losses)], strict=True)}
        for at, name in zip(range(len(losses), len(sums), 4), decisions, strict=True):
            counts = metrics.Confusion(*sums[at : at + 4])
            found |= _of_decision(counts) if name == "declared" else {name: metrics.false_positive_rate(counts)}
        return found

    return with_ratios(under(as_they_are(resamples))), with_ratios(spread(under, resamples))


def auc_per_target(rows: Predictions, member: Flags) -> list[float | None]:
    """The AUC of each target by itself; None where all its candidates are members, or none."""
    targets = (rows.target == t for t in range(int(rows.target.max()) + 1))
    return [
        float(metrics.step_roc(rows.score[at], member[at], np.ones((1, int(at.sum())))).auc()[0])
        if len(set(member[at].tolist())) == 2
        else None
        for at in targets
    ]


@remembered(Estimate)
def measure_rules(rows: Predictions, member: Flags, seed: int) -> dict[str, dict[str, Estimate]]:
    """For each decision rule its F1, accuracy, recall and so on, and its realised `fpr`, with intervals.

    Keys: rule, then metric; every estimate of a rule that does not apply is `NO_DECISION`.
    """
    resamples = resamples_of(rows, seed)
    nothing = dict.fromkeys([*_OF_DECISION, "fpr"], NO_DECISION)
    return {
        rule: nothing if decision is None else measure_decision(decision, member, resamples)
        for rule, decision in rows.by_rule.items()
    }


def measure_decision(decision: Flags, member: Flags, resamples: Resamples) -> dict[str, Estimate]:
    """F1, accuracy, recall and so on of decision bool [n] against member bool [n], and its `fpr`, with intervals."""
    cells = metrics.cells(decision, member)
    return estimates(lambda weight: _counted(np.asarray(weight @ cells, np.float64)), resamples, RANGES)


def measure_many(
    decision: Flags, member: Flags, patient: NDArray[np.intp], rng: np.random.Generator
) -> dict[str, Any]:
    """As `measure_decision`, for more patients than resamples can be kept of; patient: numbers from 0, [n].

    Patients with equal counts are one kind, and of each kind it is drawn how many there are: the law is the same.
    """
    of_patient = np.stack([np.bincount(patient, cell) for cell in metrics.cells(decision, member).T], axis=1)
    kinds, sizes = np.unique(of_patient, axis=0, return_counts=True)
    of_all = (sizes @ kinds).astype(np.float64)
    drawn = rng.multinomial(sizes.sum(), sizes / sizes.sum(), N_RESAMPLES).astype(np.float64)
    return estimated(_counted(of_all[None]), _counted(drawn @ kinds))


def _counted(counts: Floats) -> dict[str, Floats]:
    """Every metric of counts, float64 [b, 4] in the order of `metrics.Confusion`."""
    of = metrics.Confusion(*counts.T)
    return _of_decision(of) | {"fpr": metrics.false_positive_rate(of)}


def _of_decision(counts: metrics.Confusion) -> dict[str, Floats]:
    """Every metric of them; NaN where a resample has no row at all, which is no F1 of 0."""
    some = sum(counts) > 0
    return {name: np.where(some, metric(counts), np.nan) for name, metric in _OF_DECISION.items()}
