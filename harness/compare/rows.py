"""What the attacks of one run said of its candidates, as arrays; and which generators those were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.compare.metric import Judged
from harness.compare.runs import Run
from harness.evaluation.metrics import Flags
from harness.evaluation.records import Record, TargetSet
from harness.evaluation.score_rows import ScoreRow

_Place = tuple[int, str]  # target and candidate


class Candidates(NamedTuple):
    """Whom the attacks of a run faced, [n] each, in one order. digest: of targets and ids.

    patient: ids; unit: the pair of complementary shadows that a row belongs to; member: None where nobody knows.
    """

    digest: str
    patient: list[str]
    unit: NDArray[np.intp]
    member: Flags | None


class Said(NamedTuple):
    """One attack in one run: its record and, where its scores are there, what it said of whom."""

    run: Run
    record: Record
    candidates: Candidates | None
    rows: Judged | None

    @property
    def drawn(self) -> tuple[str, ...]:
        """Which generators it faced: equal for runs of equal seed and recipe, whatever their attacks."""
        return _drawn(self.run, self.record.target_set)

    @property
    def faced(self) -> str:
        """Stands for the candidates: their digest, or how many there are where no more is known."""
        if self.candidates is not None:
            return self.candidates.digest
        one = self.record
        return f"{one.n_members} members and {one.n_nonmembers} others of {one.n_targets} targets"


def said(run: Run, on: TargetSet) -> list[Said]:
    """Every attack that ran on a set of targets; ValueError where its scores contradict themselves."""
    ran = [one for one in run.records if one.target_set == on and one.kind == "attack" and one.skipped is None]
    return said_of(run, on, ran)


def said_of(run: Run, on: TargetSet, records: Sequence[Record]) -> list[Said]:
    """What each of these rows of a run said on a set of targets; ValueError as `said`."""
    rows: dict[str, dict[_Place, ScoreRow]] = {}
    for row in run.scores:
        name, _, number = row.target.partition("-")
        if name == on:
            of_attack = rows.setdefault(row.attack, {})
            place = (int(number or 0), row.candidate_id)
            if place in of_attack:
                raise ValueError(f"{row.attack} has two scores of one candidate")
            of_attack[place] = row
    return [Said(run, one, *_arrays(rows.get(one.label, {}))) for one in records]


def _arrays(rows: Mapping[_Place, ScoreRow]) -> tuple[Candidates, Judged] | tuple[None, None]:
    if not rows:
        return None, None
    places = sorted(rows)
    one = [rows[place] for place in places]
    told = hashlib.sha256("\n".join(f"{target} {name}" for target, name in places).encode()).hexdigest()
    unit = np.array([target // 2 for target, _ in places], np.intp)
    candidates = Candidates(told, [row.patient_id for row in one], unit, _flags([row.member for row in one]))
    score, probability = (np.array([getattr(row, name) for row in one]) for name in ("score", "probability"))
    return candidates, Judged(score, probability, _flags([row.decision for row in one]))


def _flags(values: Sequence[int | None]) -> Flags | None:
    return None if None in values else np.array(values, np.bool_)


def _drawn(run: Run, on: TargetSet) -> tuple[str, ...]:
    releases = tuple(key for name, key in sorted(run.releases.items()) if name.partition("-")[0] == on)
    if releases:
        return releases
    return ("seed", str(run.seed)) if run.seed is not None else ("run", run.name)
