"""Scores to judged rows and a record: on the shadows held out, on the dev or test release once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Access, Attack
from harness.calibrate import ScoredTarget, fit_calibrator
from harness.crew import Scored
from harness.decide import DECISIONS
from harness.evaluate import Rows, judge, judge_shadows, measure
from harness.metrics import Flags
from harness.plan import LabelledSpec
from harness.pool import Pool
from harness.results import Record, TargetSet


@dataclass(frozen=True)
class Judgement:
    """One attack's rows on one set of targets.

    candidates: their places in the pool, [n]; rows: None where the attack was skipped; member: bool [n]
    where the truth is known.
    """

    record: Record
    candidates: NDArray[np.intp]
    rows: Rows | None = None
    member: Flags | None = None


class Judge(NamedTuple):
    """What all judging shares: the pool, the labelled shadows, the declared decision rule, the seed."""

    pool: Pool
    shadows: list[LabelledSpec]
    decision: str
    seed: int

    def on_shadows(self, attack: Attack, scored: Scored) -> Judgement:
        """Every shadow, by a calibration that neither it nor its complement took part in."""
        candidates = np.concatenate([spec.candidates for spec in self.shadows])
        record = _record(attack, "shadow", scored)
        if scored.skipped is not None:
            return Judgement(record, candidates)
        targets = self._labelled(scored)
        patients = [self._patients(spec.candidates) for spec in self.shadows]
        rows = judge_shadows(targets, patients, DECISIONS[self.decision])
        member = np.concatenate([target.member for target in targets])
        return self.with_truth(Judgement(record, candidates, rows), member)

    def on_release(
        self,
        attack: Attack,
        on_shadows: Scored,
        on_release: Scored,
        candidates: NDArray[np.intp],
        target_set: TargetSet,
    ) -> Judgement:
        """One release, by the calibration that all shadows taught. The truth is not in it yet."""
        calibrator = fit_calibrator(self._labelled(on_shadows))
        patients = [self._patients(candidates)]
        rows = judge(on_release.scores, [calibrator], patients, DECISIONS[self.decision])
        return Judgement(_record(attack, target_set, on_release), candidates, rows)

    def with_truth(self, judgement: Judgement, member: Flags) -> Judgement:
        """The same rows measured against the truth, bool [n]."""
        assert judgement.rows is not None
        measured = measure(judgement.rows, member, self.seed)
        return replace(judgement, record=replace(judgement.record, **measured), member=member)

    def _labelled(self, scored: Scored) -> list[ScoredTarget]:
        return [
            ScoredTarget(scores, spec.member, pair=number // 2)
            for number, (scores, spec) in enumerate(zip(scored.scores, self.shadows, strict=True))
        ]

    def _patients(self, candidates: NDArray[np.intp]) -> NDArray[np.intp]:
        return patient_numbers([self.pool.patient_ids[place] for place in candidates])


def patient_numbers(patient_ids: Sequence[str]) -> NDArray[np.intp]:
    """Patients as numbers from 0, intp [n]."""
    return np.unique(np.asarray(patient_ids), return_inverse=True)[1].astype(np.intp)


def skipped(attack: Attack, target_set: TargetSet, reason: str) -> Record:
    """The row of an attack that cannot run, with the reason."""
    return _record(attack, target_set, Scored([], 0.0, 0, reason))


def _record(attack: Attack, target_set: TargetSet, scored: Scored) -> Record:
    learns = type(attack).fit is not Attack.fit
    return Record(
        attack=attack.name,
        via="model" if attack.needs in (Access.MODEL, Access.GRADIENT) else "release",
        target_set=target_set,
        access=attack.needs.value,
        n_targets=len(scored.scores),
        seconds=scored.seconds,
        network_calls=scored.network_calls,
        labels_used="shadow" if learns else "none",
        skipped=scored.skipped,
    )
