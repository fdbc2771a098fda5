"""Scores to judged rows and a record: on the shadows held out, on the dev or test release once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.pool import Pool
from harness.evaluation.controls import redrawn_labels, shuffled_labels
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.measure import Rows, judge, judge_shadows, measure
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.oracle import MIN_PAIRS, honest_picks, oracle_rows, picked_rows
from harness.evaluation.pixels_control import described, from_pictures
from harness.evaluation.probability_calibration import Method, ScoredTarget, fit_calibrator
from harness.evaluation.records import Record, TargetSet
from harness.evaluation.selection_rules import RULES
from harness.experiment.executor import Crew, Scored
from harness.planning.plan import LabelledSpec
from harness.planning.planned_attack import Contender
from harness.seeds import rng_of

_WHAT: dict[TargetSet, str] = {"shadow": "shadows", "dev": "the development release", "test": "the test release"}


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
    calibrator: Method = "platt"

    def on_shadows(self, contender: Contender, scored: Scored, real_real: Floats | None = None) -> Judgement:
        """Every shadow, by a calibration that neither it nor its complement took part in."""
        record = _record(contender, "shadow", scored)
        if scored.skipped is not None:
            return Judgement(record, self.candidates)
        rows = judge_shadows(
            self._labelled(scored),
            self._patients_of_shadows(),
            DECISIONS[self.decision],
            method=self.calibrator,
            real_real=[real_real] * len(self.shadows),
        )
        return self.with_truth(Judgement(record, self.candidates, rows), self.member)

    def on_wrong_targets(self, contender: Contender, scored: Scored) -> Record:
        """The control: scores before another generator's release, against the shadows' labels."""
        plain = _record(contender, "shadow", scored)
        record = replace(plain, attack=f"wrong_target: {contender.label}", kind="control", via="none")
        if scored.skipped is not None:
            return record
        return replace(record, **self._measured(scored))

    def on_shuffled_labels(self, judgements: Sequence[Judgement]) -> list[Record]:
        """The control: every attack's scores against labels that mean nothing, the same ones for all."""
        rows = {one.record.label: one.rows for one in judgements if one.rows is not None}
        if not rows:
            return []
        labels = redrawn_labels(next(iter(rows.values())), rng_of(self.seed, "shuffled labels"))
        return [
            Record(
                f"shuffled labels: {attack}",
                "none",
                "shadow",
                "none",
                kind="control",
                n_targets=len(self.shadows),
                auc=shuffled_labels(of_attack, labels),
                resampled=f"{len(labels)} draws of labels",
            )
            for attack, of_attack in rows.items()
        ]

    def from_pictures(self) -> Record:
        """The control without a generator, taught each shadow's own labels by patients it is not asked about."""
        described_slices = described(self.pool.pixels[self.shadows[0].candidates])  # all shadows have the same
        scores = [
            from_pictures(described_slices, spec.member, self._patients(spec.candidates)) for spec in self.shadows
        ]
        plain = Record("pictures alone", "none", "shadow", "none", kind="control", labels_used="own")
        return replace(plain, **self._measured(Scored(scores, 0.0, 0, None)))

    def from_pictures_of(self, candidates: NDArray[np.intp], member: Flags, target_set: TargetSet) -> Record:
        """The same of one labelled release."""
        score = from_pictures(described(self.pool.pixels[candidates]), member, self._patients(candidates))
        unfitted = fit_calibrator([ScoredTarget(score, member, 0)])  # its AUC alone is looked at
        rows = judge([score], [unfitted], [self._patients(candidates)], DECISIONS["probability"])
        plain = Record("pictures alone", "none", target_set, "none", kind="control", labels_used="own")
        auc = measure(rows, member, self.seed)["auc"]
        return replace(plain, auc=auc, n_targets=1, n_members=int(member.sum()), n_nonmembers=int((~member).sum()))

    def oracle(self, judgements: Sequence[Judgement]) -> Record:
        """The row that peeks: every shadow by the attack that its own truth favours."""
        rows = {one.record.label: one.rows for one in judgements if one.rows is not None}
        found = measure(oracle_rows(rows, self.member), self.member, self.seed)
        return Record("oracle (peeks)", "none", "shadow", "none", kind="oracle", **found)

    def honest(self, judgements: Sequence[Judgement], rule: str) -> Record | None:
        """The row beside it: every shadow by the attack that the rule picks on the other pairs; None with few."""
        rows = {one.record.label: one.rows for one in judgements if one.rows is not None}
        if len(self.shadows) < 2 * MIN_PAIRS:
            return None
        picks = honest_picks(
            rows, self.member, RULES[rule], DECISIONS[self.decision], seed=self.seed, method=self.calibrator
        )
        found = measure(picked_rows(rows, picks), self.member, self.seed)
        return Record(f"{rule}, held out", "none", "shadow", "none", kind="oracle", **found)

    def on_test(self, contender: Contender, crew: Crew, target_set: TargetSet) -> Judgement:
        """The release that the contender's plan is about, by what all shadows of that plan teach.

        The truth is not in it yet. Raises ValueError where the attack cannot run there.
        """
        taught = crew.attack_shadows([contender])[contender.label]
        on_test = crew.attack_test(contender, _WHAT[target_set])
        if on_test.skipped is not None:
            raise ValueError(f"{contender.label} cannot face {_WHAT[target_set]}: {on_test.skipped}")
        candidates = contender.plan.test.candidates
        rows = judge(
            on_test.scores,
            [fit_calibrator(self._labelled(taught), self.calibrator)],
            [self._patients(candidates)],
            DECISIONS[self.decision],
            real_real=[crew.among_candidates(contender)],
        )
        return Judgement(_record(contender, target_set, on_test), candidates, rows)

    def with_truth(self, judgement: Judgement, member: Flags) -> Judgement:
        """The same rows measured against the truth, bool [n]."""
        assert judgement.rows is not None
        measured = measure(judgement.rows, member, self.seed)
        return replace(judgement, record=replace(judgement.record, **measured), member=member)

    @property
    def member(self) -> Flags:
        """The shadows' members, one shadow after another."""
        return np.concatenate([spec.member for spec in self.shadows])

    @property
    def candidates(self) -> NDArray[np.intp]:
        """The shadows' candidates, places in the pool, one shadow after another."""
        return np.concatenate([spec.candidates for spec in self.shadows])

    def _measured(self, scored: Scored) -> dict[str, Any]:
        """What a control's scores reach on the shadows, held out as an attack's are."""
        rows = judge_shadows(self._labelled(scored), self._patients_of_shadows(), DECISIONS["probability"])
        return measure(rows, self.member, self.seed)

    def _labelled(self, scored: Scored) -> list[ScoredTarget]:
        return [
            ScoredTarget(scores, spec.member, pair=number // 2)
            for number, (scores, spec) in enumerate(zip(scored.scores, self.shadows, strict=True))
        ]

    def _patients_of_shadows(self) -> list[NDArray[np.intp]]:
        return [self._patients(spec.candidates) for spec in self.shadows]

    def _patients(self, candidates: NDArray[np.intp]) -> NDArray[np.intp]:
        return patient_numbers([self.pool.patient_ids[place] for place in candidates])


def patient_numbers(patient_ids: Sequence[str]) -> NDArray[np.intp]:
    """Patients as numbers from 0, intp [n]."""
    return np.unique(np.asarray(patient_ids), return_inverse=True)[1].astype(np.intp)


def skipped(contender: Contender, target_set: TargetSet, reason: str) -> Record:
    """The row of an attack that cannot run, with the reason."""
    return _record(contender, target_set, Scored([], 0.0, 0, reason))


def _record(contender: Contender, target_set: TargetSet, scored: Scored) -> Record:
    attack = contender.attack
    return Record(
        attack=attack.name,
        via=contender.via,
        target_set=target_set,
        access=contender.access.value,
        kind="control" if attack.control else "attack",
        n_targets=len(scored.scores),
        seconds=scored.seconds,
        network_calls=scored.network_calls,
        labels_used="shadow" if attack.learns else "none",
        skipped=scored.skipped,
    )
