"""What attacks and their calibrations keep on targets of another recipe, taught by the shadows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attacks.base import Attack
from attacks.difficulty_calibration import CALIBRATIONS
from attacks.registry import find_attacks
from benchmarks.power.transfer.targets import Labelled, Mismatch
from benchmarks.rows import Row, at_least
from harness.evaluation import metrics
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.probability_calibration import Calibrator, ScoredTarget, fit_calibrator, held_out_calibrators
from harness.experiment.executor import Executor
from harness.planning.plan import Plan
from harness.planning.planned_attack import PlannedAttack

NOMINAL_FPR, LOW_FPR = 0.1, 0.01
_CELLS = 0.8  # of them, asked for
SIGNALS: dict[str, dict[str, Any]] = {  # the scores whose calibrations are compared, by attack and options
    "knn": {},
    "knn band": {"distance": "band", "k": 5},
    "ssim": {},
    "retrieval": {},
    "loss": {"n_noises": 1},
}
STACKS = ("stack",)


@dataclass(frozen=True)
class Kept:
    """What an attack and its calibration keep on one mismatch, means over its targets.

    tpr: at a false positive rate of 0.1; realised_fpr, realised_fpr_at_1_percent: above the thresholds that the
    shadows taught for 0.1 and 0.01.
    """

    auc: float
    tpr: float
    realised_fpr: float
    brier: float
    ece: float
    realised_fpr_at_1_percent: float


def judge(
    attack: Attack,
    plan: Plan,
    executor: Executor,
    mismatches: Sequence[Mismatch],
    targets: Mapping[str, list[Labelled]],
) -> dict[str, Kept]:
    """The attack on the shadows (held out, by pair), then on every mismatch by what all shadows taught it."""
    found: dict[str, Kept] = {}
    for mismatch in mismatches:
        looked_at = mismatch.plan(plan)
        planned = PlannedAttack(attack, looked_at)
        on_shadows = executor.attack_shadows([planned])[planned.label]
        taught = [
            ScoredTarget(score, spec.member, number // 2)
            for number, (score, spec) in enumerate(zip(on_shadows.scores, looked_at.shadows, strict=True))
        ]
        if "shadows" not in found:
            calibrators = held_out_calibrators(taught)
            pairs = [(c, t.score, t.member) for c, t in zip(calibrators, taught, strict=True)]
            found["shadows"] = _kept(pairs)
        calibrator = fit_calibrator(taught)
        scores = [
            executor.attack_release(planned.on(_about(looked_at, one)), mismatch.name).scored.scores[0]
            for one in targets[mismatch.name]
        ]
        judged = zip(scores, targets[mismatch.name], strict=True)
        found[mismatch.name] = _kept([(calibrator, score, one.member) for score, one in judged])
    return found


def _about(plan: Plan, labelled: Labelled) -> Plan:
    """The plan with this target in the test's place."""
    return replace(plan, test=plan.test._replace(target=labelled.target))


def _kept(judged: Sequence[tuple[Calibrator, Floats, Flags]]) -> Kept:
    """Means over targets: AUC, TPR at an FPR of 0.1, FPR above the threshold learnt for 0.1, Brier score, ECE."""

    def one(score: Floats) -> Floats:
        return np.ones((1, len(score)))

    rocs = [metrics.step_roc(s, m, one(s)) for _, s, m in judged]
    aucs = [float(roc.auc()[0]) for roc in rocs]
    tprs = [float(roc.tpr_at(NOMINAL_FPR)[0]) for roc in rocs]
    alarms, few = ([float((s > c.threshold(of))[~m].mean()) for c, s, m in judged] for of in (NOMINAL_FPR, LOW_FPR))
    briers = [float(metrics.brier(c.probability(s), m, one(s))[0]) for c, s, m in judged]
    eces = [float(metrics.expected_calibration_error(c.probability(s), m, one(s))[0]) for c, s, m in judged]
    return Kept(*(float(np.mean(of)) for of in (aucs, tprs, alarms, briers, eces, few)))


def within_factor_2(cells: Sequence[Kept]) -> list[Row]:
    """Of attacks before targets unlike their shadows: the share whose FPR is within a factor of two of the meant."""
    rates = {
        NOMINAL_FPR: [one.realised_fpr for one in cells],
        LOW_FPR: [one.realised_fpr_at_1_percent for one in cells],
    }
    return [
        at_least(
            f"cells within a factor 2 of a nominal FPR of {nominal:g}",
            float(np.mean([nominal / 2 <= rate <= 2 * nominal for rate in of])),
            "share",
            _CELLS,
            cells=len(of),
            most=max(of),
        )
        for nominal, of in rates.items()
        if of
    ]


def attacks_compared(signals: Sequence[str]) -> dict[str, Attack]:
    """Each of the signals under every calibration, by a name that says both."""
    by_name = find_attacks().by_name
    found: dict[str, Attack] = {}
    for signal in signals:
        for calibration in ("none", *CALIBRATIONS):
            made: Any = by_name[signal.split()[0]]
            found[f"{signal}, {calibration}"] = made(**SIGNALS[signal], calibration=calibration)
    return found | {name: by_name[name]() for name in STACKS}
