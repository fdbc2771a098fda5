"""Questions above single slices: which patients, how large a part, what bound on epsilon, and the set as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.distances import Distance
from harness.data.numbered import numbered
from harness.evaluation import set_level
from harness.evaluation.beyond import Beyond, SetLevel
from harness.evaluation.empirical_epsilon import empirical_epsilon
from harness.evaluation.records import Record
from harness.evaluation.set_level import higher_by_mean
from harness.experiment.attack_scores import AttackScores
from harness.experiment.evaluator import Evaluation, Evaluator
from harness.experiment.executor import Executor
from harness.jobs.targets import ViewSpec, candidate_images, candidates_key, released_images
from harness.planning.plan import LabelledSpec
from harness.planning.planned_attack import PlannedAttack
from harness.seeds import rng_of
from harness.store import Store, content_key, digest_of

_N_SHADOWS = 4  # of which sets are asked about


def beyond_slices(
    executor: Executor,
    evaluator: Evaluator,
    attacks: Iterable[PlannedAttack],
    scored: Mapping[str, AttackScores],
    evaluated: Mapping[str, Evaluation],
    *,
    chosen: PlannedAttack | None,
    test: Evaluation | None,
) -> tuple[Beyond, list[Record]]:
    """All, and a row an attack, on patients; by scores that are there already; no truth of the test is asked."""
    found = {one.label: evaluator.by_patient(one, scored[one.label]) for one in attacks}
    by_chosen = None if chosen is None else found.get(chosen.label)
    beyond = Beyond(
        None if chosen is None or test is None else evaluator.fraction_used(evaluated[chosen.label], test),
        None if by_chosen is None else empirical_epsilon(*by_chosen[1:]),
        _sets(executor.store, evaluator, None if chosen is None else scored[chosen.label]),
    )
    return beyond, [one[0] for one in found.values() if one is not None]


def _sets(store: Store, evaluator: Evaluator, scored: AttackScores | None) -> SetLevel:
    shadows, seed = evaluator.shadows, evaluator.seed
    own, wrong, by_scores = [], [], []
    for number, spec in enumerate(shadows[:_N_SHADOWS]):
        patient = numbered([evaluator.pool.patient_ids[place] for place in spec.candidates])
        own.append(_nearer(store, spec, patient, spec.target.view, seed))
        wrong.append(_nearer(store, spec, patient, shadows[(number + 2) % len(shadows)].target.view, seed))
        if scored is not None and scored.skipped is None:
            rng = rng_of(seed, "set level by scores", number)
            by_scores.append(higher_by_mean(scored.scores[number], spec.member, patient, rng))
    return SetLevel(own, wrong, by_scores or None)


def _nearer(store: Store, spec: LabelledSpec, patient: NDArray[np.intp], faced: ViewSpec, seed: int) -> float:
    """The p-value of a shadow's members before a release, kept in the store: its distances are a matrix."""
    view = spec.target.view
    key = content_key(
        stage="set level",
        code=digest_of([Path(set_level.__file__)]),
        candidates=candidates_key(view),
        member=np.flatnonzero(spec.member).tolist(),
        patient=patient.tolist(),
        release=faced.release,
        seed=seed,
    )

    def make(folder: Path) -> dict[str, Any]:
        del folder
        candidates, release = candidate_images(view, store), np.asarray(released_images(faced, store))
        among, to_release = (Distance().between(candidates, one, candidates) for one in (candidates, release))
        rng = rng_of(seed, "set level", key)
        return {"p": set_level.nearer_by_mmd(among, to_release, spec.member, patient, rng)}

    return float(store.get("scores", key, make).facts["p"])
