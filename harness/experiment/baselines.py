"""Published methods on the shadows and on a release: their attack's scores, decided by a rule of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.evaluation.records import Record, TargetSet
from harness.experiment.evaluator import WHAT, Evaluation, Evaluator
from harness.experiment.executor import Executor
from harness.planning.baselines import Baseline
from harness.planning.planned_attack import PlannedAttack

Planned = Sequence[tuple[Baseline, PlannedAttack]]


def baselines_on_shadows(evaluator: Evaluator, executor: Executor, baselines: Planned) -> list[Evaluation]:
    """Each baseline on every shadow, measured."""
    found = []
    for baseline, planned in baselines:
        scored = executor.attack_shadows([planned])[planned.label]
        evaluation = evaluator.on_shadows(planned, scored, executor.candidates_as_release(planned))
        found.append(evaluator.with_truth(_decided(baseline, evaluation), evaluator.member))
    return found


def baselines_on_release(
    evaluator: Evaluator, executor: Executor, baselines: Planned, target_set: TargetSet
) -> dict[Baseline, Evaluation]:
    """Each baseline's decisions on the release that its plan is about; the truth is not in them yet."""
    return {
        baseline: _decided(
            baseline, evaluator.on_release(planned, executor.attack_release(planned, WHAT[target_set]), target_set)
        )
        for baseline, planned in baselines
    }


def _decided(baseline: Baseline, evaluation: Evaluation) -> Evaluation:
    """The same predictions with the baseline's decisions, as a row of its own."""
    assert evaluation.predictions is not None
    predictions = replace(evaluation.predictions, decision=evaluation.predictions.by_rule[baseline.decision])
    of = evaluation.record
    record = Record(baseline.name, of.via, of.target_set, of.access, kind="baseline", n_targets=of.n_targets)
    return replace(evaluation, record=record, predictions=predictions)
