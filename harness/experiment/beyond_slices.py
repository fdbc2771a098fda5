"""Questions above single slices: which patients, how large a part, what bound on epsilon, and the set as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.numbered import numbered
from harness.evaluation import set_level
from harness.evaluation.beyond import Beyond, EpsilonBound, SetLevel
from harness.evaluation.empirical_epsilon import empirical_epsilon
from harness.evaluation.fraction_used import fraction_used, why_untold
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.evaluation.set_level import higher_by_mean
from harness.experiment.attack_scores import AttackScores
from harness.experiment.evaluator import Evaluation, Evaluator
from harness.experiment.executor import Executor
from harness.jobs.code_digest import code_digest
from harness.jobs.targets import ViewSpec, candidate_images, candidates_key, released_images
from harness.planning.plan import LabelledSpec
from harness.planning.planned_attack import PlannedAttack
from harness.seeds import rng_of
from harness.store import Store, content_key

_N_SHADOWS = 4  # of which sets are asked about


def beyond_slices(
    executor: Executor,
    evaluator: Evaluator,
    attacks: Iterable[PlannedAttack],
    scored: Mapping[str, AttackScores],
    evaluated: Mapping[str, Evaluation],
    *,
    rivals: Sequence[PlannedAttack],
    rule: str,
    chosen: PlannedAttack | None,
    test: Evaluation | None,
    nobody: bool,
) -> tuple[Beyond, list[Record]]:
    """All, and a row of each of some attacks, on patients, by scores that are there; no truth of the test is asked.

    rivals: among which the rule picks. nobody: no release says anything, so nothing but these rows is told.
    """
    rows = [evaluator.by_patient(one, scored[one.label]) for one in attacks]
    records = [one[0] for one in rows if one is not None]
    if nobody:
        return Beyond(None, None, SetLevel([], [], None)), records
    picks = evaluator.picks([evaluated[one.label] for one in rivals], rule)
    beyond = Beyond(
        None if chosen is None or test is None else _fraction(evaluator, chosen, evaluated[chosen.label], test),
        None if picks is None else _epsilon(evaluator, rivals, scored, picks),
        SetLevel(
            *_by_pixels(executor.store, evaluator),
            None if picks is None else _by_scores(evaluator, [scored[label] for label in picks]),
        ),
    )
    return beyond, records


def _fraction(
    evaluator: Evaluator, planned: PlannedAttack, on_shadows: Evaluation, on_release: Evaluation
) -> Estimate | None:
    """By the attack's decisions: None where its rule makes none, no value where their rates hang on the fraction."""
    taught, faced = on_shadows.predictions, on_release.predictions
    if taught is None or faced is None or taught.decision is None or faced.decision is None:
        return None
    why = why_untold(planned.label, planned.attack.relative, evaluator.decision)
    if why is not None:
        return Estimate(None, note=why)
    return fraction_used(
        faced.decision,
        faced.patient,
        decision=taught.decision,
        member=evaluator.member,
        unit=taught.unit,
        target=taught.target,
        patient_of_shadows=taught.patient,
        seed=evaluator.seed,
    )


def _epsilon(
    evaluator: Evaluator, rivals: Sequence[PlannedAttack], scored: Mapping[str, AttackScores], picks: Sequence[str]
) -> EpsilonBound:
    rows = {one.label: evaluator.by_patient(one, scored[one.label]) for one in rivals if one.label in picks}
    found = {label: one for label, one in rows.items() if one is not None}
    member = next(iter(found.values()))[2]  # the same whoever scored: who is left out, the labels say
    return empirical_epsilon({label: one[1] for label, one in found.items()}, member, picks)


def _by_pixels(store: Store, evaluator: Evaluator) -> tuple[list[float | None], list[float | None]]:
    """p-values before the shadows' own releases, and before those of the next pair's."""
    shadows, seed = evaluator.shadows, evaluator.seed
    own, wrong = [], []
    for number, spec in enumerate(shadows[:_N_SHADOWS]):
        patient = _patients(evaluator, spec)
        own.append(_nearer(store, spec, patient, spec.target.view, seed))
        wrong.append(_nearer(store, spec, patient, shadows[(number + 2) % len(shadows)].target.view, seed))
    return own, wrong


def _by_scores(evaluator: Evaluator, scored: Sequence[AttackScores]) -> list[float | None]:
    """p-values by the scores of the attack that was picked for each shadow."""
    found = []
    for number, spec in enumerate(evaluator.shadows[:_N_SHADOWS]):
        rng = rng_of(evaluator.seed, "set level by scores", number)
        score = scored[number].scores[number]
        found.append(higher_by_mean(score, spec.member, _patients(evaluator, spec), rng))
    return found


def _patients(evaluator: Evaluator, spec: LabelledSpec) -> NDArray[np.intp]:
    return numbered([evaluator.pool.people[place] for place in spec.candidates])


def _nearer(store: Store, spec: LabelledSpec, patient: NDArray[np.intp], faced: ViewSpec, seed: int) -> float | None:
    """The p-value of a shadow's members before a release, kept in the store: its distances are a matrix."""
    view = spec.target.view
    key = content_key(
        stage="set level",
        code=code_digest(set_level.__name__),
        candidates=candidates_key(view),
        member=np.flatnonzero(spec.member).tolist(),
        patient=patient.tolist(),
        release=faced.release,
        seed=seed,
    )

    def make(folder: Path) -> dict[str, Any]:
        del folder
        candidates, release = candidate_images(view, store), np.asarray(released_images(faced, store))
        rng = rng_of(seed, "set level", key)
        return {"p": set_level.nearer(candidates, release, spec.member, patient, rng)}

    p: float | None = store.get("scores", key, make).facts["p"]
    return p
