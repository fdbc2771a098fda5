"""Scores to predictions and a record: on the shadows held out, on the dev or test release once. It is pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.pool import Pool
from harness.evaluation.controls import redrawn_labels, shuffled_labels
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.measure import measure
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.oracle import MIN_PAIRS, honest_picks, oracle_rows, picked_rows
from harness.evaluation.patient_level import predict_patients
from harness.evaluation.pixels_control import pixels_controls
from harness.evaluation.predictions import Predictions, predict, predict_held_out
from harness.evaluation.probability_calibration import CalibratorName, ScoredTarget, fit_calibrator
from harness.evaluation.records import BY_PATIENT, Record, TargetSet
from harness.evaluation.selection_rules import RULES
from harness.experiment.attack_scores import AttackScores, ReleaseScores
from harness.planning.plan import LabelledSpec
from harness.planning.planned_attack import PlannedAttack
from harness.seeds import rng_of

WHAT: Mapping[TargetSet, str] = {"shadow": "shadows", "dev": "the development release", "test": "the test release"}


@dataclass(frozen=True)
class Evaluation:
    """One attack's predictions on one set of targets, and what they reach.

    candidates: their places in the pool, [n]; predictions: None where the attack was skipped; member: bool [n]
    where the truth is known.
    """

    record: Record
    candidates: NDArray[np.intp]
    predictions: Predictions | None = None
    member: Flags | None = None


class Evaluator(NamedTuple):
    """What all evaluation shares: the pool, the labelled shadows, the declared decision rule, the seed.

    numbers: of the shadows in the plan that they are of, 2p and 2p + 1 a pair; None: they are all of it.
    """

    pool: Pool
    shadows: list[LabelledSpec]
    decision: str
    seed: int
    calibrator: CalibratorName = "platt"
    numbers: Sequence[int] | None = None

    def on_shadows(self, planned: PlannedAttack, scored: AttackScores, real_real: Floats | None = None) -> Evaluation:
        """Every shadow, by a probability calibration that neither it nor its complement took part in."""
        record = _record(planned, "shadow", scored)
        if scored.skipped is not None:
            return Evaluation(record, self.candidates)
        predictions = predict_held_out(
            self._labelled(scored),
            self._patients_of_shadows(),
            DECISIONS[self.decision],
            method=self.calibrator,
            real_real=[real_real] * len(self.shadows),
        )
        return self.with_truth(Evaluation(record, self.candidates, predictions), self.member)

    def on_release(self, planned: PlannedAttack, faced: ReleaseScores, target_set: TargetSet) -> Evaluation:
        """The release that the attack's plan is about, by what all shadows of that plan teach.

        The truth is not in it yet. Raises ValueError where the attack cannot run there.
        """
        if faced.scored.skipped is not None:
            raise ValueError(f"{planned.label} cannot face {WHAT[target_set]}: {faced.scored.skipped}")
        candidates = planned.plan.test.candidates
        predictions = predict(
            faced.scored.scores,
            [fit_calibrator(self._labelled(faced.taught), self.calibrator)],
            [self._patients(candidates)],
            DECISIONS[self.decision],
            real_real=[faced.real_real],
        )
        return Evaluation(_record(planned, target_set, faced.scored), candidates, predictions)

    def with_truth(self, evaluation: Evaluation, member: Flags) -> Evaluation:
        """The same predictions measured against the truth, bool [n]."""
        assert evaluation.predictions is not None
        measured = measure(evaluation.predictions, member, self.seed, at_chance=evaluation.record.kind == "control")
        return replace(evaluation, record=replace(evaluation.record, **measured), member=member)

    def as_control(
        self, name: str, planned: PlannedAttack, scored: AttackScores, *, at_chance: bool = True
    ) -> Record:
        """The control of an attack: its scores where they must tell nothing, against the shadows' labels.

        `wrong_target`: before another generator's release; `member_only`: on members alone, by shadows of that plan.
        at_chance: whether it must be; planted copies must be found.
        """
        plain = _record(planned, "shadow", scored)
        named = _control(name, planned.label)
        record = replace(plain, attack=named.attack, control=named.control, of=named.of, kind="control", via="none")
        if scored.skipped is not None:
            return record
        return replace(record, **self._measured(scored.scores, at_chance=at_chance))

    def by_patient(self, planned: PlannedAttack, scored: AttackScores) -> tuple[Record, Predictions, Flags] | None:
        """Every shadow's patients by what the other pairs teach, and who was used; None where it was skipped."""
        if scored.skipped is not None:
            return None
        patients = self._patients_of_shadows()
        predictions, member = predict_patients(
            self._labelled(scored), patients, DECISIONS[self.decision], self.calibrator
        )
        record = replace(_record(planned, "shadow", scored), kind="patients", of=planned.label)
        found = measure(predictions, member, self.seed)
        return replace(record, attack=record.attack + BY_PATIENT, **found), predictions, member

    def picks(self, evaluations: Sequence[Evaluation], rule: str) -> list[str] | None:
        """For each shadow the attack that the rule picks on the other pairs; None with few pairs, or no attack."""
        by_label = predictions_of(evaluations)
        if len(by_label) == 1:
            return list(by_label) * len(self.shadows)
        if not by_label or len(self.shadows) < 2 * MIN_PAIRS:
            return None
        return honest_picks(
            by_label, self.member, RULES[rule], DECISIONS[self.decision], seed=self.seed, method=self.calibrator
        )

    def on_shuffled_labels(self, evaluations: Sequence[Evaluation]) -> list[Record]:
        """The control: every attack's scores against labels that mean nothing, the same ones for all."""
        by_label = predictions_of(evaluations)
        if not by_label:
            return []
        labels = redrawn_labels(next(iter(by_label.values())), rng_of(self.seed, "shuffled labels"))
        return [
            replace(
                _control("shuffled labels", attack),
                n_targets=len(self.shadows),
                auc=shuffled_labels(predictions, labels),
                resampled=f"{len(labels)} draws of labels",
            )
            for attack, predictions in by_label.items()
        ]

    def from_pixels(self) -> Record:
        """The control without a generator, taught each shadow's own labels by patients it is not asked about."""
        scores = pixels_controls(
            self.pool.pixels[self.shadows[0].candidates],  # all shadows have the same
            [spec.member for spec in self.shadows],
            self._patients_of_shadows(),
        )
        return replace(_control("pictures alone"), labels_used="own", **self._measured(scores))

    def from_pixels_of(self, candidates: NDArray[np.intp], member: Flags, target_set: TargetSet) -> Record:
        """The same of one labelled release."""
        patients = self._patients(candidates)
        (score,) = pixels_controls(self.pool.pixels[candidates], [member], [patients])
        unfitted = fit_calibrator([ScoredTarget(score, member, 0)])  # its AUC alone is looked at
        predictions = predict([score], [unfitted], [patients], DECISIONS["probability"])
        auc = measure(predictions, member, self.seed)["auc"]
        plain = replace(_control("pictures alone"), target_set=target_set, labels_used="own")
        return replace(plain, auc=auc, n_targets=1, n_members=int(member.sum()), n_nonmembers=int((~member).sum()))

    def oracle(self, evaluations: Sequence[Evaluation]) -> Record:
        """The row that peeks: every shadow by the attack that its own truth favours."""
        found = measure(oracle_rows(predictions_of(evaluations), self.member), self.member, self.seed)
        return Record("oracle (peeks)", "none", "shadow", "none", kind="oracle", **found)

    def honest(self, evaluations: Sequence[Evaluation], rule: str) -> Record | None:
        """The row beside it: every shadow by the attack that the rule picks on the other pairs; None with few."""
        picks = self.picks(evaluations, rule)
        if picks is None:
            return None
        found = measure(picked_rows(predictions_of(evaluations), picks), self.member, self.seed)
        return Record(f"{rule}, held out", "none", "shadow", "none", kind="oracle", **found)

    @property
    def member(self) -> Flags:
        """The shadows' members, one shadow after another."""
        return np.concatenate([spec.member for spec in self.shadows])

    @property
    def candidates(self) -> NDArray[np.intp]:
        """The shadows' candidates, places in the pool, one shadow after another."""
        return np.concatenate([spec.candidates for spec in self.shadows])

    def _measured(self, scores: Sequence[Floats], *, at_chance: bool = True) -> dict[str, Any]:
        """What a control's scores reach on the shadows, held out as an attack's are."""
        labelled = self._labelled(AttackScores(list(scores), 0.0, 0, None))
        predictions = predict_held_out(labelled, self._patients_of_shadows(), DECISIONS["probability"])
        return measure(predictions, self.member, self.seed, at_chance=at_chance)

    def _labelled(self, scored: AttackScores) -> list[ScoredTarget]:
        numbers = range(len(self.shadows)) if self.numbers is None else self.numbers
        return [
            ScoredTarget(scores, spec.member, pair=number // 2)
            for number, scores, spec in zip(numbers, scored.scores, self.shadows, strict=True)
        ]

    def _patients_of_shadows(self) -> list[NDArray[np.intp]]:
        return [self._patients(spec.candidates) for spec in self.shadows]

    def _patients(self, candidates: NDArray[np.intp]) -> NDArray[np.intp]:
        return self.pool.patient[candidates]


def predictions_of(evaluations: Sequence[Evaluation]) -> dict[str, Predictions]:
    """The predictions of those attacks that were not skipped, by label."""
    return {one.record.label: one.predictions for one in evaluations if one.predictions is not None}


def skipped(planned: PlannedAttack, target_set: TargetSet, reason: str) -> Record:
    """The row of an attack that cannot run, with the reason."""
    return _record(planned, target_set, AttackScores([], 0.0, 0, reason))


def _control(name: str, of: str | None = None) -> Record:
    """The empty row of a control on the shadows: `of` is the attack it is made for, if it is one's."""
    title = name if of is None else f"{name}: {of}"
    return Record(title, "none", "shadow", "none", kind="control", control=name, of=of)


def _record(planned: PlannedAttack, target_set: TargetSet, scored: AttackScores) -> Record:
    attack = planned.attack
    return Record(
        attack=attack.name,
        via=planned.via,
        target_set=target_set,
        access=planned.access.value,
        kind="control" if attack.control else "attack",
        control=attack.name if attack.control else None,
        n_targets=len(scored.scores),
        seconds=scored.seconds,
        network_calls=scored.network_calls,
        labels_used="shadow" if attack.learns else "none",
        skipped=scored.skipped,
    )
