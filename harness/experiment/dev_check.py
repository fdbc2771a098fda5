"""An edition's labelled release, looked at once, after the choice and for no choice.

The whole method is gone through anew at its size: the same shadows face its candidates, with as few released images
as it has, and teach the probability calibration that it is judged by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.config.settings import Settings
from harness.evaluation.records import Record
from harness.evaluation.trivial import trivial_records
from harness.experiment.baselines import baselines_on_release
from harness.experiment.evaluator import WHAT, Evaluation, Evaluator
from harness.experiment.executor import Executor
from harness.planning.plan import Plan
from harness.planning.planned_attack import PlannedAttack
from harness.planning.surrogates import via_surrogates
from harness.planning.work import WorkList


class DevCheck(NamedTuple):
    """What came of it: the evaluations of attacks, and every record of the table's section."""

    evaluations: list[Evaluation]
    records: list[Record]


def check_on_dev(
    settings: Settings,
    executor: Executor,
    evaluator: Evaluator,
    *,
    plan: Plan,
    work: WorkList,
    usable: Sequence[PlannedAttack],
    chosen: PlannedAttack | None,
) -> DevCheck:
    """Every attack that may be applied; via surrogates the chosen one alone, since those of dev cost a training each.

    Without it, too, where `surrogate.dev` is false. Nothing where the plan has no labelled release.
    """
    dev = plan.dev
    if not usable or dev is None or dev.test.truth is None:
        return DevCheck([], [])
    evaluator = evaluator._replace(shadows=dev.shadows)
    truth = dev.test.truth.open()
    checked = [one.on(dev) for one in usable if not one.surrogate]
    if chosen is not None and chosen.surrogate and work.surrogates_of_dev:
        executor.train_surrogates(work.surrogates_of_dev)
        checked.append(chosen.on(via_surrogates(settings, dev)))
    executor.attack_shadows(checked, "shadows in the shape of the development set")
    faced = {one.label: executor.attack_release(one, WHAT["dev"]) for one in checked}
    evaluations = [evaluator.with_truth(evaluator.on_release(one, faced[one.label], "dev"), truth) for one in checked]
    baselines = [(one, planned.on(dev)) for one, planned in work.baselines]
    beside = [
        evaluator.with_truth(one, truth)
        for one in baselines_on_release(evaluator, executor, baselines, "dev").values()
    ]
    pixels = evaluator.from_pixels_of(dev.test.candidates, truth, "dev")
    records = [pixels, *(one.record for one in [*evaluations, *beside])]
    return DevCheck(evaluations, records + trivial_records(truth, "dev", settings.seed))
