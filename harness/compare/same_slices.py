"""Runs of one set of slices read into stores of other salts: under the names that the first of them has for it.

The salt is part of the pool's key and of every id, so such runs look like runs of other data. Their manifests tell
what slices took part without any salt, and which id stands at which place of an order that pixels alone decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.compare.runs import Run
from harness.finished.manifest_shape import SlicesFacts


class _Renaming(NamedTuple):
    """From the ids of one store to those of another: the other pool's key, slices and patients."""

    pool: str
    slices: Mapping[str, str]
    patients: Mapping[str, str]


def of_one_name(runs: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """The runs, and the names of those whose ids were changed to those of an earlier run of the same slices.

    A run that tells no slices, as older ones do, is renamed with another of its pool. What does not fit stays.
    """
    first: dict[str, Run] = {}
    renamings: dict[str, dict[str, _Renaming]] = {}
    for run in runs:
        if run.pool is None or run.slices is None or run.slices.patients is None:
            continue
        like = first.setdefault(run.slices.digest, run)
        if like.pool != run.pool and (found := _renaming(run.slices, like)) is not None:
            renamings.setdefault(run.pool, {}).setdefault(run.slices.digest, found)
    renamed = [_renamed(run, renamings.get(run.pool or "", {})) for run in runs]
    return renamed, [one.name for one, before in zip(renamed, runs, strict=True) if one is not before]


def _renaming(own: SlicesFacts, like: Run) -> _Renaming | None:
    """None where the two contradict one another though their digest is the same: one of them was changed."""
    assert like.pool is not None
    assert like.slices is not None
    mine, others = own.patients or [], like.slices.patients or []
    if [len(one.slices) for one in mine] != [len(one.slices) for one in others]:
        return None
    slices = {
        name: other
        for one, same in zip(mine, others, strict=True)
        for name, other in zip(one.slices, same.slices, strict=True)
    }
    patients = {one.patient: same.patient for one, same in zip(mine, others, strict=True)}
    return _Renaming(like.pool, slices, patients)


def _renamed(run: Run, renamings: Mapping[str, _Renaming]) -> Run:
    """By that of its slices, of a run that tells none by any of its pool, if it knows every id of the run; the same
    run where none does. renamings: of the run's pool, by the digest of the slices."""
    fitting = [one for digest, one in renamings.items() if run.slices is None or run.slices.digest == digest]
    for one in fitting:
        if all(row.candidate_id in one.slices and row.patient_id in one.patients for row in run.scores):
            scores = [
                row._replace(candidate_id=one.slices[row.candidate_id], patient_id=one.patients[row.patient_id])
                for row in run.scores
            ]
            return run._replace(pool=one.pool, scores=scores)
    return run
