"""Are the releases such as generators of slices give? Where they are not, no score says anything."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.data.degenerate import Faults, faults
from harness.errors import HarnessWarning
from harness.experiment.evaluator import WHAT, Evaluation
from harness.jobs.targets import ReleaseSpec, images_of
from harness.planning.plan import Plan
from harness.store import Store

_LOOKED_AT = 256  # images of a shadow's release: a fault that matters is in many
_TOO_MANY = 0.5  # share of shadows with unusable releases from which they teach nothing
NOBODY = "Nobody can be called, so every candidate is answered with not used, whatever its score."


def why_nobody(plan: Plan, store: Store) -> list[str]:
    """Why nobody can be called by the test release, a sentence a reason; empty where all is well.

    Warns of every fault of the test's and the dev release, and of shadows whose releases have many.
    """
    test = _faults_of(plan.test.target.view.release, store)
    dev = None if plan.dev is None else _faults_of(plan.dev.test.target.view.release, store)
    for name, found in (("test", test), ("dev", dev)):
        if found is not None and found.findings:
            _warn(f"Something is wrong with {WHAT[name]}: {' '.join(found.says)}")  # type: ignore[index]
    reasons = []
    if test is not None and test.unusable:
        reasons.append(f"The test release is not what a generator of slices gives: {' '.join(test.says)} {NOBODY}")
    names = {job.release_key: job.name for job in plan.generators}
    releases = [spec.target.view.release for spec in plan.shadows]
    return reasons + _of_shadows(
        [
            (names.get(one.key, "a shadow"), found)
            for one in releases
            if one is not None and (found := _faults_of(one, store, _LOOKED_AT)) is not None
        ]
    )


def called_nobody(evaluation: Evaluation) -> Evaluation:
    """The same scores, and every candidate answered with not used by every rule that applies."""
    predictions = evaluation.predictions
    if predictions is None:
        return evaluation
    none = np.zeros(len(predictions.score), np.bool_)
    by_rule = {name: None if one is None else none for name, one in predictions.by_rule.items()}
    decision = None if predictions.decision is None else none
    return replace(evaluation, predictions=replace(predictions, decision=decision, by_rule=by_rule))


def _of_shadows(found: Sequence[tuple[str, Faults]]) -> list[str]:
    """A reason where too many of the generators that attacks learn from released nothing to learn from."""
    faulty = {name: one for name, one in found if one.no_all_clear}
    if faulty:
        first, of_first = next(iter(faulty.items()))
        _warn(
            f"Something is wrong with the releases of {len(faulty)} of {len(found)} shadows ({', '.join(faulty)}), "
            f"from which attacks learn all the same. Of {first}: {' '.join(of_first.says)}"
        )
    unusable = [one for one in faulty.values() if one.unusable]
    if not found or len(unusable) < _TOO_MANY * len(found):
        return []
    return [
        f"{len(unusable)} of {len(found)} shadows release what no generator of slices gives, so nothing was learnt "
        f"from them. Of the first: {' '.join(unusable[0].says)} {NOBODY} Train longer (shadow.steps), or look at the "
        "slices."
    ]


def _faults_of(release: ReleaseSpec | None, store: Store, at_most: int | None = None) -> Faults | None:
    return None if release is None else faults(images_of(release, store)[:at_most])


def _warn(text: str) -> None:
    warnings.warn(HarnessWarning(text), stacklevel=4)
