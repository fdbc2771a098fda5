"""Scores submissions against the truth: the edition's metrics with intervals and counts, and the trivial rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from harness.cli import tell
from harness.editions.edition import STANDARD, Task
from harness.editions.load import load_edition
from harness.errors import InputError
from harness.evaluation import metrics
from harness.evaluation.estimate_text import estimate_text
from harness.evaluation.intervals import MANY, N_RESAMPLES, resample
from harness.evaluation.measure import measure_decision, measure_many
from harness.evaluation.metrics import Flags
from harness.evaluation.records import SCHEMA, Record
from harness.evaluation.trivial import trivial_records
from harness.plain import plain
from harness.seeds import rng_of
from harness.submission.files import read_submission
from harness.submission.ids import check_ids
from harness.submission.score_shape import ScoreRecord, Scores
from harness.submission.truth import Truth, read_used
from harness.writing import replace_file

_NAMES = {"f1": "F1"}
_ALWAYS = ("f1", "accuracy", "balanced_accuracy", "recall", "precision", "kappa")
_COUNTS = ("TP", "FP", "FN", "TN")


class ScoredSubmission(NamedTuple):
    """One submission: its record, and its counts TP, FP, FN, TN."""

    record: Record
    counts: tuple[int, int, int, int]


def score_submission(name: str, used: Flags, truth: Truth, seed: int = 0) -> ScoredSubmission:
    """Every metric of decisions bool [n], in the order of the truth's ids, with 95 % intervals, and the counts."""
    rng = rng_of(seed, "challenge", "score")
    found: dict[str, Any]
    if N_RESAMPLES * (int(truth.unit.max()) + 1) > MANY:
        found = measure_many(used, truth.used, truth.unit, rng)
    else:
        resamples = resample(np.zeros_like(truth.unit), truth.unit, rng)
        found = {**measure_decision(used, truth.used, resamples)}
    found.pop("fpr")
    counts = tuple(int(n) for n in metrics.cells(used, truth.used).sum(axis=0))
    n_members = int(truth.used.sum())
    record = Record(name, "none", "test", "none", kind="baseline", n_targets=1, resampled=truth.of)
    record = replace(record, n_members=n_members, n_nonmembers=len(used) - n_members, **found)
    return ScoredSubmission(record, counts)  # type: ignore[arg-type]  # four of them


def show_scores(
    submissions: Sequence[Path], truth_file: Path, edition_name: str, json_file: Path | None, console: Console
) -> None:
    """Print the scores of every submission beside the trivial rows; also write them where a file is named."""
    try:
        edition = load_edition(edition_name)
        task = edition.membership
    except ValueError as error:
        raise InputError(str(error)) from error
    truth = read_used(truth_file)
    check_ids(truth.ids, task.submission or STANDARD, f"The ids of {truth_file}")
    scored = []
    for path in submissions:
        reading = read_submission(path, truth.ids, task.submission)
        for forgiven in reading.forgiven:
            tell(console, "Note:", "yellow", f"{path.name}: {forgiven}")
        scored.append(score_submission(path.stem, reading.used, truth))
    trivial = trivial_records(truth.used, "test", 0)
    console.print(_table(task, scored, trivial))
    console.print(
        f"{truth.used.sum()} of {len(truth.ids)} candidates were used. * is the official metric of {edition.title}. "
        f"Intervals (95 %) resample {truth.of}; those of the coin hold 95 % of its throws."
    )
    if json_file is not None:
        counts = (dict(zip(_COUNTS, one.counts, strict=True)) for one in scored)
        records = [_record(one.record, **told) for one, told in zip(scored, counts, strict=True)]
        found = Scores(SCHEMA, edition.name, [*records, *map(_record, trivial)])
        replace_file(json_file, json.dumps(asdict(found), indent=1) + "\n")


def _record(record: Record, **counts: int) -> ScoreRecord:
    told: dict[str, Any] = {one.name: getattr(record, one.name) for one in fields(record)}
    return ScoreRecord(**(told | counts))


def _table(task: Task, scored: Sequence[ScoredSubmission], trivial: Sequence[Record]) -> Table:
    """A column a submission or trivial rule, a row a metric, the task's own first."""
    table = Table("", *(plain(one.record.attack) for one in scored), *(one.attack for one in trivial), box=None)
    official = [] if task.official_metric is None else [task.official_metric]
    for metric in dict.fromkeys([*official, *task.metrics, *_ALWAYS]):
        name = _NAMES.get(metric, metric.replace("_", " ")) + (" *" if metric == task.official_metric else "")
        records = [*(one.record for one in scored), *trivial]
        table.add_row(name, *(estimate_text(getattr(record, metric), between="\n") for record in records))
    for place, name in enumerate(_COUNTS):
        table.add_row(name, *(str(one.counts[place]) for one in scored))
    return table
