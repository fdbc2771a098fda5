"""What thresholds keep before releases of the recipes that were tried beside the test's and not taken.

Each trial is a shadow 0 of another recipe, so its members are known; the pair of shadow 0 teaches nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from harness.evaluation.measure import fprs_with_enough
from harness.evaluation.predictions import NOMINAL_FPRS
from harness.evaluation.probability_calibration import ScoredTarget, fit_calibrator
from harness.experiment.executor import Executor
from harness.experiment.matching import Match, Matching
from harness.jobs.targets import TargetSpec
from harness.planning.planned_attack import PlannedAttack
from harness.planning.trials import N_COMPARED, Trial


def before_other_recipes(
    matching: Matching, trials: Sequence[Trial], chosen: PlannedAttack | None, executor: Executor
) -> Matching:
    """The same, where recipes not taken have the chosen attack's false positive rates at the taken one's thresholds.

    Both are looked at by as many released images as a trial has. Nothing is told of an attack that asks a model: the
    trials have no surrogates. Nor where the attack cannot run on so few images, or shadow 0 takes no part.
    """
    if chosen is None or chosen.via != "release" or not trials or 0 not in chosen.plan.taking_part:
        return matching
    executor = replace(executor, console=Console(quiet=True))  # small steps, none worth a line
    plan = chosen.plan if chosen.plan.n_images <= N_COMPARED else chosen.plan.narrowed(n_images=N_COMPARED)
    try:
        chosen.attack.check(plan.shape)
    except ValueError:
        return matching
    planned, (first, *_) = chosen.on(plan), plan.shadows
    scored = executor.attack_shadows([planned])[planned.label]
    if scored.skipped is not None:
        return matching
    taught = [
        ScoredTarget(score, plan.shadows[number].member, number // 2)
        for number, score in zip(plan.taking_part, scored.scores, strict=True)
        if number // 2 != 0
    ]
    calibrator, outside = fit_calibrator(taught), ~first.member
    nominal = [rate for rate in NOMINAL_FPRS if rate in fprs_with_enough(first.member)]

    def rates(match: Match, trial: Trial) -> Match:
        if trial.making.recipe == matching.settings.recipe:
            return match
        view = first.target.view._replace(release=trial.job.release(plan.n_images), generator=trial.job.key)
        target = TargetSpec(view, first.target.references)
        (score,) = executor.attack_planted(planned, {0: target}, trial.job.name).scores
        above = {str(rate): float((score[outside] > calibrator.threshold(rate)).mean()) for rate in nominal}
        return match._replace(realised_fpr=above)

    return matching._replace(matches=[rates(*both) for both in zip(matching.matches, trials, strict=True)])
