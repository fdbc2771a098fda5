"""What an attack leaves open until shadows have told: of several ready copies, the best on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from attacks.base import Attack, LabelledTarget
from attacks.ranking import auc

_A = TypeVar("_A", bound=Attack)


def best_on_shadows(trials: Sequence[_A], shadows: Sequence[LabelledTarget], what: str) -> _A:
    """The fitted copy with the best mean AUC over labelled shadows; the first of those that are equally good.

    what: is chosen, for people. ValueError where no shadow holds both members and others.
    """
    told = [one for one in shadows if 0 < one.member.sum() < len(one.member)]
    if not told:
        raise ValueError(f"{trials[0].name} chooses {what} on shadows that hold members and others; there is none.")
    means = [np.mean([auc(trial.score(one.target), one.member) for one in told]) for trial in trials]
    return trials[int(np.argmax(means))]
