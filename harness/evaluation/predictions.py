"""From scores to predictions: held-out probabilities and every rule's decisions, target by target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.decision_rules import Rule, RuleInput, by_every_rule
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.probability_calibration import Calibrator, CalibratorName, ScoredTarget, held_out_calibrators

_T = TypeVar("_T", bound=np.generic)
NOMINAL_FPRS = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class Predictions:
    """Judged candidates of one or several targets, each array [n].

    target, patient: numbers from 0; unit: the target's complementary pair, or the target itself where it has
    none; real_real: the attack's scores of candidates against each other, None where it has none (see
    `decision_rules.RuleInput`); decision: the declared rule's, None where that rule does not apply; by_rule: every
    rule's; alarms: above the threshold of a nominal FPR.
    """

    target: NDArray[np.intp]
    unit: NDArray[np.intp]
    patient: NDArray[np.intp]
    score: Floats
    probability: Floats
    real_real: Floats | None
    decision: Flags | None
    by_rule: Mapping[str, Flags | None]
    alarms: Mapping[float, Flags]


def predict(
    scores: Sequence[Floats],
    calibrators: Sequence[Calibrator],
    patients: Sequence[NDArray[np.intp]],
    decision: Rule,
    *,
    pairs: Sequence[int] | None = None,
    real_real: Sequence[Floats | None] | None = None,
) -> Predictions:
    """Apply to each target's scores a calibrator that never saw it, and the decision rules target by target.

    pairs: the complementary pair of each target, from 0; None: each stands alone. real_real: see
    `decision_rules.RuleInput`, one a target.
    """
    pairs = range(len(scores)) if pairs is None else pairs
    real_real = [None] * len(scores) if real_real is None else real_real
    probabilities = [c.probability(s) for c, s in zip(calibrators, scores, strict=True)]
    judged = [RuleInput(*one) for one in zip(scores, probabilities, calibrators, real_real, strict=True)]
    rules = [by_every_rule(one) for one in judged]
    return Predictions(
        target=np.concatenate([np.full(len(s), t) for t, s in enumerate(scores)]),
        unit=np.concatenate([np.full(len(s), pair) for pair, s in zip(pairs, scores, strict=True)]),
        patient=np.concatenate(list(patients)),
        score=np.concatenate(list(scores)),
        probability=np.concatenate(probabilities),
        real_real=joined(real_real),
        decision=joined([decision(one) for one in judged]),
        by_rule={name: joined([of_target[name] for of_target in rules]) for name in rules[0]},
        alarms={a: np.concatenate([one.score > one.calibrator.threshold(a) for one in judged]) for a in NOMINAL_FPRS},
    )


def predict_held_out(
    targets: Sequence[ScoredTarget],
    patients: Sequence[NDArray[np.intp]],
    decision: Rule,
    *,
    method: CalibratorName = "platt",
    real_real: Sequence[Floats | None] | None = None,
) -> Predictions:
    """Every shadow judged by what the other pairs taught."""
    return predict(
        [target.score for target in targets],
        held_out_calibrators(targets, method),
        patients,
        decision,
        pairs=[target.pair for target in targets],
        real_real=real_real,
    )


def joined(of_targets: Sequence[NDArray[_T] | None]) -> NDArray[_T] | None:
    """Decisions or scores of several targets as one array; None where one of them has none."""
    present = [one for one in of_targets if one is not None]
    return np.concatenate(present) if len(present) == len(of_targets) else None
