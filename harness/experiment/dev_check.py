"""An edition's labelled release, looked at once, after the choice and for no choice.

The whole method is gone through anew at its size: the same shadows face its candidates, with as few released images
as it has, and teach the calibration that it is judged by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.config.settings import Settings
from harness.evaluation.records import Record
from harness.evaluation.trivial import trivial_records
from harness.experiment.baselines import baselines_on_test
from harness.experiment.evaluator import Judge, Judgement
from harness.experiment.executor import Crew
from harness.planning.planned_attack import Contender
from harness.planning.surrogates import surrogate_jobs, via_surrogates


class DevCheck(NamedTuple):
    """What came of it: the rows of attacks, and every record of the table's section."""

    judgements: list[Judgement]
    records: list[Record]


def check_on_dev(
    settings: Settings, crew: Crew, judge: Judge, usable: Sequence[Contender], chosen: Contender | None
) -> DevCheck:
    """Every attack that may be applied; via surrogates the chosen one alone, since those of dev cost a training each.

    Without it, too, where `surrogate.dev` is false. Nothing where the plan has no labelled release.
    """
    dev = usable[0].plan.dev if usable else None
    if dev is None or dev.test.truth is None:
        return DevCheck([], [])
    judge = judge._replace(shadows=dev.shadows)
    truth = dev.test.truth.open()
    checked = [one.on(dev) for one in usable if not one.surrogate]
    if chosen is not None and chosen.surrogate and settings.surrogates_on_dev:
        crew.train_surrogates(surrogate_jobs(settings, dev))
        checked.append(chosen.on(via_surrogates(settings, dev)))
    crew.attack_shadows(checked, "shadows in the shape of the development set")
    judgements = [judge.with_truth(judge.on_test(one, crew, "dev"), truth) for one in checked]
    beside = [judge.with_truth(one, truth) for one in baselines_on_test(judge, crew, dev, "dev").values()]
    pictures = judge.from_pictures_of(dev.test.candidates, truth, "dev")
    records = [pictures, *(one.record for one in [*judgements, *beside])]
    return DevCheck(judgements, records + trivial_records(truth, "dev", settings.seed))
