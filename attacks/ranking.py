"""How well a score ranks members above others: by what an attack chooses its options on labelled shadows."""

from __future__ import annotations

import numpy as np

from attacks.base import Flags, Scores


def auc(scores: Scores, member: Flags) -> float:
    """The share of pairs of a member and another in which the member's score is larger, ties half: in [0, 1].

    scores: float64 [n], finite; member: bool [n]. Mann-Whitney U / (members * others), counted in whole numbers, so
    that rankings that are equally good have equal values to the last bit. ValueError without a member, or another.
    """
    others = np.sort(scores[~member])
    n_pairs = len(others) * (len(scores) - len(others))
    if n_pairs == 0:
        raise ValueError("A ranking of members above others takes one of each; the labels name only one kind.")
    wins, not_lost = (int(np.searchsorted(others, scores[member], side).sum()) for side in ("left", "right"))
    return (wins + not_lost) / (2 * n_pairs)
