"""From scores to a record: held-out probabilities on the shadows, decisions, metrics with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import metrics
from harness.calibrate import Calibrator, ScoredTarget, held_out_calibrators
from harness.decide import Judged
from harness.intervals import Estimate, estimate, resampled_weights
from harness.metrics import Flags, Floats
from harness.seeds import rng_of

FPRS = (0.1, 0.01)
NOMINAL_FPRS = (0.01, 0.05, 0.1)
EVENTS_WANTED = 3  # false positives expected at an FPR before a TPR there means anything: 300 rows for 1 %
Decision = Callable[[Judged], Flags]


@dataclass(frozen=True)
class Rows:
    """Judged candidates of one or several targets, each array [n]; alarms: above the threshold of a nominal FPR."""

    target: NDArray[np.intp]
    patient: NDArray[np.intp]
    score: Floats
    probability: Floats
    decision: Flags
    alarms: dict[float, Flags]


def judge(
    scores: Sequence[Floats],
    calibrators: Sequence[Calibrator],
    patients: Sequence[NDArray[np.intp]],
    decision: Decision,
) -> Rows:
    """Apply to each target's scores a calibrator that never saw it, and the decision rule target by target."""
    probabilities = [c.probability(s) for c, s in zip(calibrators, scores, strict=True)]
    judged = [Judged(s, p, c) for s, p, c in zip(scores, probabilities, calibrators, strict=True)]
    return Rows(
        target=np.concatenate([np.full(len(s), t) for t, s in enumerate(scores)]),
        patient=np.concatenate(list(patients)),
        score=np.concatenate(list(scores)),
        probability=np.concatenate(probabilities),
        decision=np.concatenate([decision(one) for one in judged]),
        alarms={a: np.concatenate([one.score > one.calibrator.threshold(a) for one in judged]) for a in NOMINAL_FPRS},
    )


def judge_shadows(targets: Sequence[ScoredTarget], patients: Sequence[NDArray[np.intp]], decision: Decision) -> Rows:
    """Every shadow judged by what the other pairs taught."""
    return judge([target.score for target in targets], held_out_calibrators(targets), patients, decision)


def measure(rows: Rows, member: Flags, seed: int) -> dict[str, Any]:
    """The metric fields of a record, each with its interval; member: bool [n].

    Intervals resample targets (where there are several) and patients, the same draws for every attack, so
    that attacks can be compared.
    """
    weights = resampled_weights(rows.target, rows.patient, rng_of(seed, "intervals"))
    several = int(rows.target.max()) > 0
    one = np.ones((1, len(member)))

    def roc(w: Floats) -> metrics.StepRoc:
        return metrics.step_roc(rows.score, member, w)

    def counted(metric: Callable[[metrics.Confusion], Floats], decision: Flags) -> Estimate:
        return estimate(lambda w: metric(metrics.confusion(decision, member, w)), weights)

    def of_probability(metric: Callable[[Floats, Flags, Floats], Floats]) -> Estimate:
        return estimate(lambda w: metric(rows.probability, member, w), weights)

    n_nonmembers = int((~member).sum())
    tpr_at_fpr = {
        str(fpr): estimate(lambda w, fpr=fpr: roc(w).tpr_at(fpr), weights)  # type: ignore[misc]
        if n_nonmembers * fpr >= EVENTS_WANTED
        else Estimate(None, note=f"n too small: {n_nonmembers} non-members")
        for fpr in FPRS
    }
    per_target = [
        float(metrics.step_roc(rows.score[at], member[at], one[:, at]).auc()[0])
        for at in (rows.target == t for t in range(int(rows.target.max()) + 1))
    ]
    return {
        "n_targets": int(rows.target.max()) + 1,
        "n_members": int(member.sum()),
        "n_nonmembers": n_nonmembers,
        "auc": estimate(lambda w: roc(w).auc(), weights),
        "auc_per_target": per_target,
        "tpr_at_fpr": tpr_at_fpr,
        "f1": counted(metrics.f1, rows.decision),
        "accuracy": counted(metrics.accuracy, rows.decision),
        "recall": counted(metrics.recall, rows.decision),
        "precision": counted(metrics.precision, rows.decision),
        "kappa": counted(metrics.kappa, rows.decision),
        "brier": of_probability(metrics.brier),
        "log_loss": of_probability(metrics.log_loss),
        # A resample repeats rows, which alone raises the ECE: its percentiles would not bracket the value.
        "ece": Estimate(
            float(metrics.expected_calibration_error(rows.probability, member, one)[0]), note="no interval"
        ),
        "realised_fpr": {str(a): counted(metrics.false_positive_rate, rows.alarms[a]) for a in NOMINAL_FPRS},
        "resampled": "targets, then patients" if several else "patients",
    }
