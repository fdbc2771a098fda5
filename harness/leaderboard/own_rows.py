"""The user's own rows: of a run's folder, or of a submission and its truth. Of other data, without --handed-in."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.editions.published import Published
from harness.errors import HarnessWarning, InputError
from harness.evaluation.metrics import confusion
from harness.leaderboard.chosen_record import read_chosen
from harness.leaderboard.contradiction import refuse_contradicted
from harness.leaderboard.standings import Counts, Standing, counted, counts_of_record, place_among
from harness.submission.files import read_submission
from harness.submission.score import score_submission
from harness.submission.truth import read_used

OTHER_DATA = "OTHER DATA"


class Own(NamedTuple):
    """A row and the sentence that goes with it."""

    row: Standing
    remark: str


def own_run(folder: Path, published: Published) -> Own | None:
    """What a run's chosen attack reached on its test release; None, with a remark, where that is not known.

    Always of other data: a run knows the truth of a test that it made itself, and of no official one. Raises
    InputError where the folder holds no run, or one of another version.
    """
    chosen = read_chosen(folder)
    record = chosen.record
    if record is None or record.n_members is None:
        missing = "no attack was applied" if record is None else "the truth of its test release is not known"
        text = f"{folder} has no row: {missing}. A submission goes beside its truth with --submission and --truth"
        warnings.warn(HarnessWarning(f"{text}."), stacklevel=2)
        return None
    try:
        of = counts_of_record(record)
    except ValueError as error:
        raise InputError(f"{folder / 'results.json'} cannot be used: {error}") from error
    row = counted("other", f"{OTHER_DATA}: {chosen.data}", str(folder), of, record.f1)
    how = (
        f"{record.label} was chosen by {chosen.rule}, decision rule {chosen.decision}; its interval resamples "
        f"{record.resampled or 'nothing'}. "
    )
    warning = " Its report raises an alarm: none of its figures is to be trusted." if chosen.alarms else ""
    return Own(row, f"{_apart(row, published, how, 'the data differ')}{warning}")


def own_submissions(paths: Sequence[Path], truth: Path, handed_in: Path | None, published: Published) -> list[Own]:
    """The rows of submissions, all for the candidates of one truth.

    handed_in: the folder of the official runs, which the truth must not contradict (`refuse_contradicted`); without
    it the rows are of other data, whatever their ids. Raises InputError for files that cannot be read and a truth
    that is refused.
    """
    known = read_used(truth)
    ids, used = known.ids, known.used
    n_rows = 0 if handed_in is None else refuse_contradicted(truth, ids, used, handed_in, published)
    found = []
    for path in paths:
        reading = read_submission(path, ids)
        for forgiven in reading.forgiven:
            warnings.warn(HarnessWarning(f"{path}: {forgiven}"), stacklevel=2)
        of = confusion(reading.used, used, np.ones((1, len(used))))
        f1 = score_submission(path.name, reading.used, known).record.f1
        how = f"Its interval resamples {known.of}. "
        if handed_in is None:
            row = counted("other", f"{OTHER_DATA}: {truth}", str(path), of, f1)
            found.append(Own(row, _apart(row, published, how, "nothing shows the data to be the same")))
        else:
            row = counted("own", "own submission", str(path), of, f1)
            found.append(Own(row, _among(row, published, truth, n_rows)))
    return found


def _apart(row: Standing, published: Published, how: str, why: str) -> str:
    n, used = _sizes(row)
    shares = "" if used * published.n_candidates == published.n_used * n else ", and another share of used ones"
    return (
        f"{row.submission}: {how}{used} of {n} candidates were used. By F1 alone, {row.f1} would be "
        f"{place_among(row.f1, published.rows)}; that is no rank, for {why}: other slices, another generator{shares}."
    )


def _among(row: Standing, published: Published, truth: Path, n_rows: int) -> str:
    place = place_among(row.f1, published.rows)
    told = f"{row.submission}: on {truth}, which contradicts none of the {n_rows} published rows whose counts follow"
    return f"{told}, F1 {row.f1} lies {place}. It has no rank: those were given once."


def _sizes(row: Standing) -> tuple[int, int]:
    counts = row.counts or Counts(0, 0, 0, 0)
    return sum(counts), counts.tp + counts.fn
