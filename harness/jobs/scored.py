"""One attack on one target, in this process: what it scores, what that cost, or why it cannot run there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from attacks.base import Attack, Images, LabelledTarget, Reference, Scores, Target
from attacks.view import CountedModel
from harness.data.degenerate import digests
from harness.errors import InputError
from harness.jobs.targets import names_of


class Scored(NamedTuple):
    """scores: float64 [n] in the order of the target's ids, None where `skipped` says why there are none; seconds: of
    fitting and scoring; network_calls: images put through networks, a candidate."""

    scores: Scores | None
    skipped: str | None = None
    seconds: float = 0.0
    network_calls: int = 0


def scored(attack: Attack, target: Target, known: Sequence[LabelledTarget] = (), more: str = "") -> Scored:
    """Fit the attack on the labelled shadows where it learns, and score the target.

    known: never the target itself; more: what a reader can do where these do not suffice to fit on. Raises InputError
    for an option that this target does not allow, such as k above the release.
    """
    started = time.perf_counter()  # after loading: a row states what the attack costs, not what starting does
    if attack.learns:
        reason = next((why for one in known if (why := attack.skip(one.target))), None)
        if reason is not None:
            return Scored(None, f"it is fitted on shadows, where {reason} {more}".rstrip())
        attack = attack.fit(known)
    reason = attack.skip(target)
    if reason is not None:
        return Scored(None, reason)
    try:
        scores = attack.score(target)
    except ValueError as error:
        raise InputError(f"attack={attack.name}: {error}") from error
    return Scored(scores, None, time.perf_counter() - started, round(_asked(target) / len(target.ids)))


def target_of(candidates: Images, release: Images, references: Sequence[Reference] = (), model: Any = None) -> Target:
    """What an attack faces of arrays, uint8 [n, h, w] and [m, h, w]; candidates are named by their pixels.

    model: the generator itself, where the attacker holds it: a `Denoiser` or a `Discriminator`. Raises ValueError
    where these do not agree.
    """
    names = names_of(tuple(digest.hex() for digest in digests(candidates)))
    return Target(names, candidates, release, tuple(references), model=None if model is None else CountedModel(model))


def _asked(target: Target) -> int:
    """Images that the scoring itself put through networks; what was observed beforehand is counted there."""
    models = [target.model, *(one.model for one in target.references)]
    return sum(model.images_seen for model in models if isinstance(model, CountedModel))
