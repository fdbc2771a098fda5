"""Published ways to answer, each an attack with a decision rule of its own: they stand in every table.

The winner of ImageCLEFmedical GANs 2023 called a slice used where its largest SSIM to a released image exceeds the
largest SSIM of two candidates. `knn` with the half that is nearest is what anybody tries first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from attacks.registry import find_attacks
from harness.evaluation.records import Record, TargetSet
from harness.experiment.evaluator import Judge, Judgement
from harness.experiment.executor import Crew
from harness.planning.plan import Plan
from harness.planning.planned_attack import Contender


class Baseline(NamedTuple):
    """What the row is called, the attack as it is without options, the decision rule, the submission's file."""

    name: str
    attack: str
    decision: str
    file: str


BASELINES = (
    Baseline("winner of 2023 (ssim)", "ssim", "real_real_max", "baseline_winner_2023.csv"),
    Baseline("knn, top half", "knn", "top_half", "baseline_knn_top_half.csv"),
)


def baselines_on_shadows(judge: Judge, crew: Crew, plan: Plan) -> list[Judgement]:
    """Each baseline on every shadow, measured."""
    found = []
    for baseline in BASELINES:
        contender = Contender(find_attacks().by_name[baseline.attack](), plan)
        scored = crew.attack_shadows([contender])[contender.label]
        judgement = judge.on_shadows(contender, scored, crew.among_candidates(contender))
        found.append(judge.with_truth(_decided(baseline, judgement), judge.member))
    return found


def baselines_on_test(judge: Judge, crew: Crew, plan: Plan, target_set: TargetSet) -> dict[Baseline, Judgement]:
    """Each baseline's decisions on the release that a plan is about; the truth is not in them yet."""
    found = {}
    for baseline in BASELINES:
        contender = Contender(find_attacks().by_name[baseline.attack](), plan)
        found[baseline] = _decided(baseline, judge.on_test(contender, crew, target_set))
    return found


def _decided(baseline: Baseline, judgement: Judgement) -> Judgement:
    """The same rows with the baseline's decisions, as a row of its own."""
    assert judgement.rows is not None
    rows = replace(judgement.rows, decision=judgement.rows.by_rule[baseline.decision])
    of = judgement.record
    record = Record(baseline.name, of.via, of.target_set, of.access, kind="baseline", n_targets=of.n_targets)
    return replace(judgement, record=record, rows=rows)
