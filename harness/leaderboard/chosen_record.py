"""What a run's folder says of its chosen attack on its test release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.evaluation.records import Record
from harness.finished.reading import read_run
from harness.finished.results_shape import Chosen as ChosenAttack


class Chosen(NamedTuple):
    """The chosen attack's record on the test release (None: there is none), how it came about, and what it faced.

    data: the name of the data; alarms: controls outside chance, in words.
    """

    record: Record | None
    rule: str
    decision: str
    data: str
    alarms: Sequence[str]


def read_chosen(folder: Path) -> Chosen:
    """What a run says of it. InputError as `read_run`."""
    run = read_run(folder)
    chosen, alarms, data = run.results.chosen, run.results.alarms, run.config["data"]["name"]
    if chosen is None:
        return Chosen(None, "", "", data, alarms)
    return Chosen(_test_record(run.results.records, chosen), chosen.rule, chosen.decision, data, alarms)


def _test_record(records: Sequence[Record], chosen: ChosenAttack) -> Record | None:
    """The chosen attack's own row: not that of the same attack by another way, nor of another set of targets."""
    for one in records:
        is_it = (one.target_set, one.kind, one.attack) == ("test", "attack", chosen.attack)
        if is_it and one.skipped is None and (one.via == "surrogate") == (chosen.via == "surrogate"):
            return one
    return None
