"""The positive control: copies of slices that no generator was trained on, planted into releases; they must be found.

A run that finds nothing has to show that it could have. What it would not see, it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from harness.data import planted_copies as copying
from harness.data.planted_copies import KINDS, made
from harness.evaluation.records import PLANTED, Record
from harness.experiment.attack_scores import AttackScores
from harness.experiment.evaluator import Evaluator
from harness.experiment.executor import Executor
from harness.jobs.targets import ReleaseSpec, ViewSpec, candidate_images, released_images
from harness.planning.plan import LabelledSpec
from harness.planning.planned_attack import PlannedAttack
from harness.seeds import rng_of
from harness.store import Store, content_key, digest_of
from harness.writing import save_array

PLANTED_KINDS = ("noise", "blur", "shift", "flip", "turn", "contrast")
N_SHADOWS = 4  # two pairs: one teaches how to read the other's scores
N_PLAYERS = 12  # patients a shadow of whom a slice is planted, half of those that were not used at most
TOO_FEW = "too few shadows did without two patients or more: one in each of two pairs is needed."


def planted_copies(executor: Executor, evaluator: Evaluator, attacks: Iterable[PlannedAttack]) -> list[Record]:
    """For each attack on releases, a row a kind of copy: planted slices against those of patients left alone.

    Both are non-members of the shadow, so nothing but the copy tells. A planted slice has one among the released.
    A shadow that did without fewer than two patients is left out.

    Of attacks on models there is none: a model does not change with images that are put into its release, and a
    surrogate would have to be trained anew on every such release.
    """
    executor = replace(executor, console=Console(quiet=True))  # small steps, none worth a line
    records = []
    for one in attacks:
        if one.via != "release":
            continue
        for kind in PLANTED_KINDS:
            specs = {
                number: _planted(executor.store, spec, kind, evaluator, number)
                for number, spec in enumerate(one.plan.shadows[:N_SHADOWS])
                if len(np.unique(evaluator.pool.patient[spec.candidates[~spec.member]])) > 1
            }
            if len({number // 2 for number in specs}) > 1:
                targets = {number: spec.target for number, spec in specs.items()}
                scored = executor.attack_planted(one, targets, f"copies {KINDS[kind].title}")
            else:
                scored = AttackScores([], 0.0, 0, TOO_FEW)
            judging = evaluator._replace(shadows=list(specs.values()), numbers=list(specs))
            found = judging.as_control(PLANTED + kind, one, scored, at_chance=False)
            records.append(replace(found, kind="planted"))
    return records


def _planted(store: Store, spec: LabelledSpec, kind: str, evaluator: Evaluator, number: int) -> LabelledSpec:
    """A shadow whose release has copies of some non-members; shown are these and patients that were left alone."""
    patients = np.array([evaluator.pool.people[place] for place in spec.candidates])
    view = spec.target.view
    assert view.release is not None  # every shadow has one
    most = max(1, min(N_PLAYERS, view.release.n_images // 2))
    shown, copied = players(patients, spec.member, most, rng_of(evaluator.seed, "planted", number))
    release = _release(store, view, view.release, kind, np.flatnonzero(copied))
    target = spec.target._replace(
        view=view._replace(release=release, generator=None), part=tuple(map(int, np.flatnonzero(shown)))
    )
    return LabelledSpec(target, spec.candidates[shown], copied[shown])


def players(
    patients: NDArray[np.str_], member: NDArray[np.bool_], most: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of the candidates, [n] each, are shown, and which of these are copied: bool [n] twice.

    Of half the non-members' patients, so many at most, one slice each is copied, and their others are not shown.
    """
    people = np.unique(patients[~member])
    chosen = rng.choice(people, min(most, len(people) // 2), replace=False)
    copied = np.zeros(len(patients), np.bool_)
    for patient in chosen:
        copied[rng.choice(np.flatnonzero((patients == patient) & ~member))] = True
    return copied | (~member & ~np.isin(patients, chosen)), copied


def _release(store: Store, view: ViewSpec, release: ReleaseSpec, kind: str, places: NDArray[np.intp]) -> ReleaseSpec:
    """The release with as many of its images replaced by copies, in the store."""
    key = content_key(
        stage="planted",
        code=digest_of(Path(one) for one in (__file__, copying.__file__)),
        release=list(release),
        kind=kind,
        digests=[view.digests[i] for i in places],
    )

    def make(folder: Path) -> dict[str, Any]:
        rng = rng_of(0, "planted", key)
        images = np.array(released_images(view, store))
        copies = made(KINDS[kind], candidate_images(view, store)[places], rng)
        images[rng.choice(len(images), len(copies), replace=False)] = copies
        save_array(folder / "images.npy", images)
        return {}

    store.get("release", key, make)
    return ReleaseSpec("release", key, "images.npy", release.n_images)
