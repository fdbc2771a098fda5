"""Looks into the plan itself for roads by which a judged shadow's labels could reach an attack."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from attacks.blind import Blind
from harness.plan import Plan
from harness.score_job import AttackJob
from harness.targets import TargetSpec


def plan_leaks(plan: Plan) -> list[str]:
    """A sentence for every shadow whose members an attack could read off its references or its fit; none if sound.

    The controls measure scores, and a small leak hides in their intervals; this one does not measure. A learner
    stands for all attacks: references are the same for everybody, and only learners are given shadows to fit on.
    """
    found: list[str] = []
    for number in range(len(plan.shadows)):
        pair = {plan.shadows[j].target.view.generator for j in (number, number ^ 1)}
        for job in (plan.attack_shadow(Blind(), number), plan.attack_wrong_target(Blind(), number)):
            found += _leaks(job, number, pair)
    return list(dict.fromkeys(found))


def _leaks(job: AttackJob, number: int, pair: set[str | None]) -> Iterable[str]:
    who = f"The plan leaks: shadow {number}"
    fitted_on = [spec.target for spec in job.fit]
    if pair & _references(job.target):
        yield f"{who} or its complement is among the references it is judged with."
    if pair & {target.view.generator for target in fitted_on}:
        yield f"{who} or its complement is among the shadows that its attacks are fitted on."
    if any(pair & _references(target) for target in fitted_on):
        yield f"{who} or its complement is a reference of a shadow that its attacks are fitted on."
    held = np.zeros((len(job.target.references), len(job.target.view.candidates)), dtype=np.bool_)
    for row, one in zip(held, job.target.references, strict=True):
        row[list(one.held)] = True
    if len(set(held.sum(axis=0).tolist())) > 1:
        yield f"{who} has candidates with more references than others that held them."


def _references(target: TargetSpec) -> set[str | None]:
    return {one.view.generator for one in target.references}
