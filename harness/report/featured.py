"""Which of many attacks a figure brings to the front, so that forty stay readable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.report.content import ScoredAttack

HOLDS = {
    "release": "The attacker holds the release",
    "references": "The attacker holds the release and own shadows",
    "none": "The attacker holds nothing",
    "discriminator": "The attacker holds the generator's discriminator",
    "model": "The attacker holds the generator's model",
    "gradient": "The attacker holds the generator's weights",
}


class Ranked(NamedTuple):
    """A curve with its AUC."""

    curve: ScoredAttack
    auc: float


def ranked(curves: Sequence[ScoredAttack]) -> dict[str, list[Ranked]]:
    """Access -> its attacks, the chosen first, then by AUC; without those whose rows are of one class."""
    from sklearn.metrics import roc_auc_score  # start-up: only a finished run pays

    both = [curve for curve in curves if curve.member.any() and not curve.member.all()]
    judged = [Ranked(curve, float(roc_auc_score(curve.member, curve.score))) for curve in both]
    judged.sort(key=lambda one: (not one.curve.chosen, -one.auc, one.curve.name))
    order = [*HOLDS, *sorted({curve.access for curve in both} - set(HOLDS))]
    tiers = {access: [one for one in judged if one.curve.access == access] for access in order}
    return {access: tier for access, tier in tiers.items() if tier}


def featured(curves: Sequence[ScoredAttack], n: int = 3) -> list[Ranked]:
    """The chosen attack, then the best of each other access, then the next best of all: n of them."""
    tiers = list(ranked(curves).values())
    chosen = [one for tier in tiers for one in tier if one.curve.chosen]
    best = [tier[0] for tier in tiers]
    rest = sorted((one for tier in tiers for one in tier), key=lambda one: -one.auc)
    picked: list[Ranked] = []
    for one in [*chosen, *best, *rest]:
        if not any(one is other for other in picked):
            picked.append(one)
    return picked[:n]
