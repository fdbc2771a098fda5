"""Looks into the plans themselves for roads by which a judged shadow's labels could reach an attack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from attacks.blind import Blind
from harness.jobs.score import AttackJob
from harness.jobs.targets import TargetSpec, ViewSpec
from harness.planning.plan import Plan


def plan_leaks(plans: Mapping[str, Plan]) -> list[str]:
    """A sentence for every shadow whose members an attack could read off its references or its fit; none if sound.

    plans: every plan that attacks meet, by what it faces, which the sentence names. The controls measure scores, and
    a small leak hides in their intervals; this one does not measure. A learner stands for all attacks: references
    are the same for everybody, and only learners are given shadows to fit on.
    """
    found: list[str] = []
    for faces, plan in plans.items():
        for number in range(len(plan.shadows)):
            who = f"The plan ({faces}) leaks: shadow {number}"
            pair = _shown(plan.shadows[j].target.view for j in (number, number ^ 1))
            for job in (plan.attack_shadow(Blind(), number), plan.attack_wrong_target(Blind(), number)):
                found += _leaks(job, who, pair)
    return list(dict.fromkeys(found))


def _leaks(job: AttackJob, who: str, pair: set[str]) -> Iterable[str]:
    fitted_on = [spec.target for spec in job.fit]
    if pair & _references(job.target):
        yield f"{who} or its complement is among the references it is judged with."
    if pair & _shown(target.view for target in fitted_on):
        yield f"{who} or its complement is among the shadows that its attacks are fitted on."
    if any(pair & _references(target) for target in fitted_on):
        yield f"{who} or its complement is a reference of a shadow that its attacks are fitted on."
    held = np.zeros((len(job.target.references), len(job.target.view.candidates)), dtype=np.bool_)
    for row, one in zip(held, job.target.references, strict=True):
        row[list(one.held)] = True
    if len(set(held.sum(axis=0).tolist())) > 1:
        yield f"{who} has candidates with more references than others that held them."


def _references(target: TargetSpec) -> set[str]:
    return _shown(one.view for one in target.references)


def _shown(views: Iterable[ViewSpec]) -> set[str]:
    """The keys of the models and of the releases that are shown: either tells whose view it is."""
    keys = ((view.generator, view.release and view.release.key) for view in views)
    return {key for of_view in keys for key in of_view if key is not None}
