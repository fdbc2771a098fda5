"""The method, top to bottom, one call a stage.

pool -> match the recipe -> assign members -> train shadows -> release -> surrogates -> attack -> calibrate ->
control -> choose -> check on dev -> apply -> open the truth
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from rich.console import Console

from attacks.blind import Blind
from harness.config.settings import Settings
from harness.data.pool import Pool, load_pool, load_released
from harness.evaluation.comparison import BASELINES as COMPARED_WITH
from harness.evaluation.comparison import Comparison, compare
from harness.evaluation.controls import verdict
from harness.evaluation.intervals import Estimate
from harness.evaluation.measure import measure_rules
from harness.evaluation.records import Record
from harness.evaluation.selection_rules import RULES, Choice
from harness.evaluation.trivial import trivial_records
from harness.experiment.baselines import Baseline, baselines_on_shadows, baselines_on_test
from harness.experiment.dev_check import check_on_dev
from harness.experiment.evaluator import Judge, Judgement, skipped
from harness.experiment.executor import Crew
from harness.experiment.matching import Match, matched
from harness.experiment.power_curves import Curve, power_curves
from harness.experiment.retention import SurrogateEvidence, surrogate_evidence
from harness.jobs.building import build_target
from harness.jobs.launch import Launcher
from harness.planning.leaks import plan_leaks
from harness.planning.make import make_plan
from harness.planning.plan import Plan
from harness.planning.planned_attack import Contender
from harness.planning.surrogates import via_surrogates, with_surrogates
from harness.store import Store


@dataclass(frozen=True)
class Outcome:
    """All that a run found.

    settings: with the recipe that fits best; matches: every recipe tried. judgements: every attack on the shadows,
    and on dev; test: the chosen attack's, None where none could be applied; baselines: theirs on the test; records:
    every row of the table; alarms: a sentence for every control outside chance; choices: what each selection rule
    picks; chosen: the declared rule's pick; comparisons: with plain attacks, on the shadows; decisions: what every
    decision rule reaches with the chosen attack on the shadows; power: how its AUC grows; surrogates: what
    model attacks keep when they ask one.
    """

    settings: Settings
    pool: Pool
    plan: Plan
    matches: list[Match]
    judgements: list[Judgement]
    test: Judgement | None
    baselines: dict[Baseline, Judgement]
    records: list[Record]
    alarms: list[str]
    choices: Mapping[str, Choice]
    chosen: Choice | None
    comparisons: list[Comparison]
    decisions: Mapping[str, Mapping[str, Estimate]]
    power: list[Curve]
    surrogates: SurrogateEvidence | None


def run(settings: Settings, console: Console) -> Outcome:
    """Do what the settings say. Finished artefacts come from the store, so the same run again is quick."""
    with closing(Launcher(settings.workers, settings.device)) as launcher:
        return _run(settings, Crew(Store(settings.store_root), launcher, console))


def _run(settings: Settings, crew: Crew) -> Outcome:
    pool = load_pool(settings.data, crew.store)
    load_released(pool, crew.store)
    settings, matches = matched(settings, pool, crew)
    plan = make_plan(settings, pool)
    crew.train(plan.generators)
    named = with_surrogates(settings, [Contender(attack, plan) for attack in settings.attacks.values()], crew)
    control = [] if "blind" in settings.attacks else [Contender(Blind(), plan)]  # part of every report
    scored = crew.attack_shadows([*named, *control])

    judge = Judge(pool, plan.shadows, settings.decision, settings.seed, settings.calibrator)
    judged = {
        one.label: judge.on_shadows(one, scored[one.label], crew.among_candidates(one)) for one in [*named, *control]
    }
    rivals = [one for one in named if judged[one.label].rows is not None and not one.attack.control]
    measured = [judged[one.label] for one in rivals]
    controls = _controls(crew, judge, rivals, measured)
    alarms = plan_leaks(_plans(settings, plan, named)) + verdict(
        [*controls, *(one.record for one in judged.values())]
    )

    unfit = _unfit_for_test(settings, crew, named, judged)
    usable = [one for one in rivals if one.label not in unfit]
    choices = {name: rule([judged[one.label].record for one in usable]) for name, rule in RULES.items() if usable}
    picked = choices.get(settings.rule)
    chosen = next((one for one in usable if picked is not None and one.label == picked.attack), None)

    on_dev = check_on_dev(settings, crew, judge, usable, chosen)
    records = [one.record for one in judged.values()] + controls
    records += [one.record for one in baselines_on_shadows(judge, crew, plan)]
    records += _choosers(settings, judge, [judged[one.label] for one in usable])
    records += trivial_records(judge.member, "shadow", settings.seed, len(plan.shadows))
    records += on_dev.records
    records += [skipped(one, "test", unfit[one.label]) for one in named if one.label in unfit]
    comparisons = compare({one.record.label: one.rows for one in measured if one.rows}, judge.member, settings.seed)
    first = "" if chosen is None else chosen.label
    featured = {one.label: one for one in rivals if one.label in (first, *COMPARED_WITH)}
    power = power_curves(crew, judge, featured.values())
    rows = judged[chosen.label].rows if chosen is not None else None
    decisions = measure_rules(rows, judge.member, settings.seed) if rows is not None else {}

    test = judge.on_test(chosen, crew, "test") if chosen is not None else None
    baselines = baselines_on_test(judge, crew, plan, "test")
    if plan.test.truth is not None:  # every decision is made: now, and only now, the seal is broken
        truth = plan.test.truth.open()
        test = judge.with_truth(test, truth) if test is not None else None
        baselines = {name: judge.with_truth(one, truth) for name, one in baselines.items()}
        records += trivial_records(truth, "test", settings.seed)
    records += [one.record for one in [*([test] if test is not None else []), *baselines.values()]]
    return Outcome(
        settings=settings,
        pool=pool,
        plan=plan,
        matches=matches,
        judgements=[*judged.values(), *on_dev.judgements],
        test=test,
        baselines=baselines,
        records=records,
        alarms=alarms,
        choices=choices,
        chosen=picked,
        comparisons=comparisons,
        decisions=decisions,
        power=power,
        surrogates=surrogate_evidence(settings, crew, plan, named, judged),
    )


def _plans(settings: Settings, plan: Plan, named: Sequence[Contender]) -> dict[str, Plan]:
    """Every plan that attacks meet, by what it faces: test and dev, and both via surrogates where any were tried."""
    facing = {"test": plan} | ({"dev": plan.dev} if plan.dev is not None else {})
    if not any(one.surrogate for one in named):
        return facing
    return facing | {f"{name}, via surrogates": via_surrogates(settings, one) for name, one in facing.items()}


def _controls(crew: Crew, judge: Judge, rivals: Sequence[Contender], measured: list[Judgement]) -> list[Record]:
    """What must be at chance: attacks before another generator, pictures without any, labels that mean nothing."""
    wrong = crew.attack_wrong_targets(rivals)
    records = [judge.on_wrong_targets(one, wrong[one.label]) for one in rivals]
    return [*records, judge.from_pictures(), *judge.on_shuffled_labels(measured)]


def _choosers(settings: Settings, judge: Judge, usable: list[Judgement]) -> list[Record]:
    """What choosing among the attacks that may be chosen is worth: by the truth, and by the rule on other pairs."""
    if len(usable) < 2:
        return []
    honest = judge.honest(usable, settings.rule)
    return [judge.oracle(usable), *([honest] if honest is not None else [])]


def _unfit_for_test(
    settings: Settings, crew: Crew, named: Sequence[Contender], judged: Mapping[str, Judgement]
) -> dict[str, str]:
    """Why some cannot face the test release or decide about it, by label."""
    reasons: dict[str, str] = {}
    for one in named:
        rows = judged[one.label].rows
        why = one.attack.skip(build_target(one.plan.test.target, crew.store))
        if why is not None:
            reasons[one.label] = why
        elif rows is not None and rows.decision is None:
            reasons[one.label] = f"the decision rule {settings.decision} does not apply to it."
    return reasons
