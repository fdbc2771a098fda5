"""Patients instead of slices: a patient's calibrated scores as one, and what attacks reach on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.decision_rules import Rule
from harness.evaluation.metrics import Flags, Floats, step_roc
from harness.evaluation.predictions import Predictions, predict
from harness.evaluation.probability_calibration import CalibratorName, ScoredTarget, fit_calibrator

_TRIMMED = 0.25  # of a patient's scores, at either end; none of fewer than four


def trimmed_mean(scores: Floats) -> float:
    """Mean of the middle half of [k] scores: a slice that is near a copy by luck counts for little."""
    cut = int(_TRIMMED * len(scores))
    return float(np.sort(scores)[cut : len(scores) - cut].mean())


def maximum(scores: Floats) -> float:
    """The largest of [k] scores: one slice that was copied gives its patient away."""
    return float(scores.max())


POOLINGS: Mapping[str, Callable[[Floats], float]] = {"trimmed mean": trimmed_mean, "maximum": maximum}


class OfPatients(NamedTuple):
    """A target's patients: their numbers, rising, and pooled scores by the name of the pooling; member: bool [k]."""

    patient: NDArray[np.intp]
    scores: Mapping[str, Floats]
    member: Flags
    pair: int

    def by(self, pooling: str) -> ScoredTarget:
        """As what a calibrator is fitted on."""
        return ScoredTarget(self.scores[pooling], self.member, self.pair)


def of_patients(target: ScoredTarget, patient: NDArray[np.intp]) -> OfPatients:
    """A target of slices [n] as one of patients; those of whom some slices were used and some not are left out."""
    numbers, place = np.unique(patient, return_inverse=True)
    slices = [np.flatnonzero(place == number) for number in range(len(numbers))]
    whole = np.array([len(set(target.member[one].tolist())) == 1 for one in slices])
    kept = [one for one, keep in zip(slices, whole, strict=True) if keep]
    scores = {name: np.array([pool(target.score[one]) for one in kept]) for name, pool in POOLINGS.items()}
    member = np.array([target.member[one[0]] for one in kept], np.bool_)
    return OfPatients(numbers[whole], scores, member, target.pair)


def predict_patients(
    targets: Sequence[ScoredTarget],
    patients: Sequence[NDArray[np.intp]],
    decision: Rule,
    method: CalibratorName = "platt",
) -> tuple[Predictions, Flags]:
    """Every shadow's patients, judged by the pooling and the calibration that the other pairs teach; and members.

    The pooling with the best mean AUC on the other pairs, the first of those that are equally good.
    """
    pooled = [of_patients(*one) for one in zip(targets, patients, strict=True)]
    poolings, calibrators = [], []
    for pair in (one.pair for one in pooled):
        others = [one for one in pooled if one.pair != pair]
        means = {name: float(np.mean([_auc(one.by(name)) for one in others])) for name in POOLINGS}
        poolings.append(max(means, key=means.__getitem__))
        calibrators.append(fit_calibrator([one.by(poolings[-1]) for one in others], method))
    predictions = predict(
        [one.scores[name] for one, name in zip(pooled, poolings, strict=True)],
        calibrators,
        [one.patient for one in pooled],
        decision,
        pairs=[one.pair for one in pooled],
    )
    return predictions, np.concatenate([one.member for one in pooled])


def _auc(target: ScoredTarget) -> float:
    return float(step_roc(target.score, target.member, np.ones((1, len(target.score)))).auc()[0])
