"""An attack that learns: `fit` gets labelled shadows, never the target it judges nor that target's complement."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from tiny import TINY_PHANTOM

from attacks.base import Access, Attack, LabelledTarget, Target
from attacks.registry import find_attacks

SEEN: list[tuple[int, list[int], list[int]]] = []


@dataclass(frozen=True)
class Learner(Attack):
    """Remembers which releases it was fitted on, and notes them beside the release it judges."""

    name = "learner"
    known: ClassVar[list[int]] = []
    told: ClassVar[list[int]] = []
    needs = Access.RELEASE

    def fit(self, shadows: list[LabelledTarget]) -> Learner:
        assert all(s.member.dtype == np.bool_ and s.member.sum() == len(s.member) // 2 for s in shadows)
        told = [hash(r.release.tobytes()) for s in shadows for r in s.target.references]
        return self.fitted(known=[hash(s.target.release.tobytes()) for s in shadows], told=told)

    def _score(self, target: Target) -> np.ndarray:
        SEEN.append((hash(target.release.tobytes()), list(self.known), list(self.told)))
        return np.arange(len(target.ids), dtype=np.float64)


@pytest.fixture
def learner(monkeypatch):
    SEEN.clear()
    monkeypatch.setitem(find_attacks().by_name, "learner", Learner)


def test_fit_sees_the_other_pairs_only(harness, learner):
    ran = harness(*TINY_PHANTOM, "shadow.steps=2", "shadow.count=6", "attack=learner")
    assert ran.code == 0, ran.err
    shadows, wrong = SEEN[:6], SEEN[6:12]  # the power curves come last, with parts of these releases
    releases = [release for release, _, _ in shadows]
    (test,) = [one for one in SEEN[12:] if set(one[1]) == set(releases)]
    assert len(set(releases)) == 6
    for number, (_, known, told) in enumerate(shadows):
        pair = number // 2
        # Nor may a reference of theirs be the judged shadow or its complement: `held` would be the labels.
        assert not {releases[2 * pair], releases[2 * pair + 1]} & {*known, *told}
        assert told
        assert known == [r for j, r in enumerate(releases) if j // 2 != pair]
    for number, (release, known, told) in enumerate(wrong):
        pair = number // 2
        assert release == releases[2 * ((pair + 1) % 3) + number % 2]
        assert not {releases[2 * pair], releases[2 * pair + 1]} & {*known, *told}
    assert test[1] == releases
    assert test[0] not in releases
    assert '"labels_used": "shadow"' in next(Path("runs").glob("*/results.json")).read_text()


def test_without_references_to_fit_on_the_attack_says_so(harness, learner, monkeypatch):
    monkeypatch.setattr(Learner, "needs", Access.REFERENCES)
    ran = harness(*TINY_PHANTOM, "shadow.steps=2", "attack=[knn,learner]")
    assert ran.code == 0, ran.err
    assert "shadow.count=6" in " ".join(ran.out.split())
