"""Which rows of runs may be ranked together: by the rule of `harness.compare`, of every figure that a table shows."""

from __future__ import annotations

from typing import NamedTuple, get_args

from harness.compare.metric import metric_called
from harness.compare.rows import Said, said_of
from harness.compare.runs import compared_run
from harness.compare.settings import Setting, setting_of
from harness.errors import InputError
from harness.evaluation.records import TargetSet
from harness.finished.reading import Run

_SHOWN = metric_called("f1")  # AUC hangs on less, but F1 stands in the same row


class RowTask(NamedTuple):
    """What a row is ranked by. task: equal for rows of one heading; setting: equal for rows of one table, the access
    aside."""

    task: Setting
    setting: Setting


def row_tasks(finished: Run) -> list[RowTask]:
    """Of every row of a run's results, in their order. InputError where its scores contradict themselves."""
    run = compared_run(finished)
    found: dict[int, Said] = {}
    for on in get_args(TargetSet):
        try:
            everything = said_of(run, on, [one for one in run.records if one.target_set == on])
        except ValueError as error:
            raise InputError(f"{run.name} is no run that can be shown: {error}.") from error
        # A published method has no scores of its own there: it faced whom the attacks did.
        faced = next((one.candidates for one in everything if one.candidates is not None), None)
        found |= {
            id(one.record): one if one.candidates is not None else one._replace(candidates=faced)
            for one in everything
        }
    settings = [setting_of(found[id(record)], _SHOWN) for record in run.records]
    return [RowTask(_task(one), one._replace(access="")) for one in settings]


def _task(one: Setting) -> Setting:
    """What is equal for a run's rows, whatever they hold and whom they faced."""
    options = tuple((name, value) for name, value in one.options if name.partition(".")[0] != "surrogate")
    return one._replace(access="", candidates="", options=options)
