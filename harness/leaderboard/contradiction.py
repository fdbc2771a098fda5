"""Holds a truth against published rows: does it contradict what the organisers printed of the runs handed in?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.editions.published import Published
from harness.errors import InputError
from harness.evaluation.metrics import Flags
from harness.leaderboard.published_counts import derived
from harness.submission.handed_in import HandedIn, answers_of, files_of


def refuse_contradicted(truth: Path, ids: Sequence[str], used: Flags, folder: Path, published: Published) -> int:
    """How many published rows a truth was held against; InputError where it contradicts the edition or one of them.

    A simulated challenge has the same ids, so these say nothing. Every run in the folder of those handed in must
    have, on this truth, the very count of true positives that follows from its published F1. That refuses a truth of
    other data; it makes none the official one, for so few counts leave many answers for so many candidates.

    ids, used: the truth, bool [n]; its candidates must be the edition's.
    """
    rows = _with_counts(published)
    if set(ids) != set(published.ids):
        fault = f"its {len(ids)} candidates are not the {published.n_candidates} of the test set"
    elif used.sum() != published.n_used:
        fault = f"{used.sum()} candidates are used, not {published.n_used}"
    else:
        by_id = dict(zip(ids, used, strict=True))
        found = _contradiction(np.array([by_id[name] for name in published.ids]), folder, published, rows)
        if found is None:
            return len(rows)
        fault = found
    raise InputError(
        f"{truth} cannot be the truth of {published.edition}: {fault}. Leave --handed-in away to see the submission "
        "apart from the ranks, as of other data."
    )


def _with_counts(published: Published) -> dict[HandedIn, int]:
    """The published rows whose counts follow exactly: their true positives."""
    found = {}
    for row in published.rows:
        of = derived(row.f1, row.called_used, published.n_candidates, published.n_used)
        if of is not None:
            found[row.team, row.submission] = int(of.tp[0])
    return found


def _contradiction(used: Flags, folder: Path, published: Published, rows: dict[HandedIn, int]) -> str | None:
    """The first published row that a truth contradicts, in words; used: it, bool [n], in the order of published ids.

    InputError where a run is missing.
    """
    files = files_of(folder, [(row.team, row.submission) for row in published.rows])
    for run, published_tp in rows.items():
        if run not in files:
            raise InputError(f"{folder} holds no run of {' '.join(run)}; --handed-in needs all of them.")
        tp = int((answers_of(files[run], published.ids) & used).sum())
        if tp != published_tp:
            return f"{' '.join(run)} has {tp} true positives on it, and {published_tp} as published"
    return None
