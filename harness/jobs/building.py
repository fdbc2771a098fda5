"""Builds the target that a spec names, in the process that attacks it."""

from __future__ import annotations

import numpy as np

from attacks.base import Reference, Target
from attacks.view import CountedModel
from harness.jobs.observations import stored_observations
from harness.jobs.targets import StoredModel, TargetSpec, ViewSpec, candidate_images, names_of, released_images
from harness.store import Store


def build_target(spec: TargetSpec, store: Store, device: str = "cpu") -> Target:
    """The target of a spec, with the observations that the store holds. Candidates are named by their pixels.

    Neither a file's name nor its place reaches an attack: an edition lists its used slices first.
    """

    def model(view: ViewSpec) -> CountedModel | None:
        return None if view.generator is None else CountedModel(StoredModel(store, view.generator, device))

    n = len(spec.view.candidates)
    whole = Target(
        ids=names_of(spec.view.digests),
        candidates=candidate_images(spec.view, store),
        release=released_images(spec.view, store),
        references=tuple(
            Reference(
                released_images(one.view, store),
                np.isin(np.arange(n), np.array(one.held, int)),
                model(one.view),
                stored_observations(one.view, store),
            )
            for one in spec.references
        ),
        model=model(spec.view),
        seen=stored_observations(spec.view, store),
    )
    return whole if spec.part is None else whole.reordered(np.array(spec.part, np.intp))
