"""An attack that learns: `fit` gets labelled shadows, never the target it judges nor that target's complement."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from tiny import TINY_PHANTOM

from attacks.base import Access, Attack, LabelledTarget, Target
from attacks.registry import find_attacks

SEEN: list[tuple[int, list[int]]] = []


@dataclass(frozen=True)
class Learner(Attack):
    """Remembers which releases it was fitted on, and notes them beside the release it judges."""

    name = "learner"
    known: list[int] = field(default_factory=list)
    needs = Access.RELEASE

    def fit(self, shadows: list[LabelledTarget]) -> Learner:
        assert all(s.member.dtype == np.bool_ and s.member.sum() == len(s.member) // 2 for s in shadows)
        return replace(self, known=[hash(s.target.release.tobytes()) for s in shadows])

    def _score(self, target: Target) -> np.ndarray:
        SEEN.append((hash(target.release.tobytes()), list(self.known)))
        return np.arange(len(target.ids), dtype=np.float64)


@pytest.fixture
def learner(monkeypatch):
    SEEN.clear()
    monkeypatch.setitem(find_attacks().by_name, "learner", Learner)


def test_fit_sees_the_other_pairs_only(harness, learner):
    ran = harness(*TINY_PHANTOM, "shadow.steps=2", "attack=learner")
    assert ran.code == 0, ran.err
    *shadows, test = SEEN
    releases = [release for release, _ in shadows]
    assert len(set(releases)) == 4
    for number, (release, known) in enumerate(shadows):
        pair = number // 2
        assert release not in known
        assert known == [r for j, r in enumerate(releases) if j // 2 != pair]
    assert test[1] == releases
    assert test[0] not in releases
    assert '"labels_used": "shadow"' in next(Path("runs").glob("*/results.json")).read_text()
