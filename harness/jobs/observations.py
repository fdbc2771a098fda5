"""Observations in the store: what decides one, and how a target remembers it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attacks.base import Access
from attacks.view import Observed, Observer
from harness.jobs.code_digest import code_digest, network_digest
from harness.jobs.targets import ViewSpec, candidates_key
from harness.store import Store, content_key

SCHEMA = 1
FILE = "observed.npy"


def observable(attack: Observer, view: ViewSpec) -> bool:
    """Whether the view holds what the attack looks at."""
    return attack.observes is Access.RELEASE or view.generator is not None


def observation_key(attack: Observer, view: ViewSpec) -> str:
    """What is observed, by which code and options, of which candidates and generator.

    A release attack's does not change with the model, nor a model attack's with the release.
    """
    method, options = attack.observation()
    of_release = attack.observes is Access.RELEASE
    return content_key(
        stage="observation",
        schema=SCHEMA,
        method=method,
        options=options,
        code=sorted({code_digest(one.__module__) for one in attack.observing_classes()}),
        network=None if of_release else network_digest(),
        candidates=candidates_key(view),
        generator=list(view.release or ("candidates",)) if of_release else view.generator,
    )


def stored_observations(view: ViewSpec, store: Store) -> Callable[[Observer], Observed | None]:
    """What a target remembers: the observation of an attack, in the order of the view, or None.

    Each is read once: an attack that tries many options on its shadows looks at the same one hundreds of times.
    """
    read: dict[str, Observed] = {}

    def seen(attack: Observer) -> Observed | None:
        if not observable(attack, view):
            return None
        key = observation_key(attack, view)
        if key not in read:
            found = store.find("observation", key)
            if found is None:
                return None
            read[key] = np.load(found.folder / FILE)
        return read[key].copy()  # whoever asked may write into it

    return seen
