"""The method, top to bottom, one call a stage.

pool -> base -> match the recipe -> assign members -> train shadows -> release -> surrogates -> attack -> calibrate ->
control -> choose -> check on dev -> apply -> open the truth
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from rich.console import Console

from harness.cli import tell
from harness.config.settings import Settings
from harness.data.pool import Pool, load_pool, load_released
from harness.evaluation.beyond import Beyond
from harness.evaluation.comparison import COMPARED_WITH, Comparison, compare
from harness.evaluation.controls import verdict
from harness.evaluation.intervals import Estimate
from harness.evaluation.measure import measure_rules
from harness.evaluation.records import Record
from harness.evaluation.selection_rules import RULES, Choice
from harness.evaluation.trivial import trivial_records
from harness.experiment.answers import answers_kept
from harness.experiment.attack_scores import AttackScores
from harness.experiment.base import from_base
from harness.experiment.baselines import baselines_on_release, baselines_on_shadows
from harness.experiment.beyond_slices import beyond_slices
from harness.experiment.dev_check import check_on_dev
from harness.experiment.evaluator import WHAT, Evaluation, Evaluator, predictions_of, skipped
from harness.experiment.executor import Executor
from harness.experiment.matching import Matching, match_recipe
from harness.experiment.other_recipes import before_other_recipes
from harness.experiment.planted import planted_copies
from harness.experiment.power_curves import PowerCurve, power_curves
from harness.experiment.retention import SurrogateEvidence, surrogate_evidence
from harness.experiment.sound_releases import called_nobody, why_nobody
from harness.jobs.building import build_target
from harness.jobs.launchers.making import make_launcher
from harness.jobs.one_thread import one_thread
from harness.planning.baselines import Baseline
from harness.planning.leaks import plan_leaks
from harness.planning.make import check_candidates, make_plan
from harness.planning.member_only import TOO_FEW, member_only
from harness.planning.plan import Plan
from harness.planning.planned_attack import PlannedAttack
from harness.planning.surrogates import via_surrogates
from harness.planning.trials import recipes_tried
from harness.planning.work import WorkList, work_list
from harness.store import Store
from harness.store.mirror import known_and_checked


@dataclass(frozen=True)
class Outcome:
    """All that a run found.

    settings: with the recipe that fits best; matching: every recipe tried, mostly none, and what thresholds keep
    there. evaluations: every attack on the shadows, and on dev; test: the chosen attack's, None where none could be
    applied; baselines: theirs on the test; records: every row of the table; alarms: a sentence for every control
    outside chance; choices: what each selection rule picks; choice: the declared rule's pick; chosen: the attack that
    it names; comparisons: with plain attacks, on the shadows; decisions: what every decision rule reaches with the
    chosen attack on the shadows; power: how its AUC grows; surrogates: what model attacks keep when they ask one;
    beyond: patients, the fraction used, a bound on epsilon and sets; nobody: why nobody can be called by the test
    release, which are alarms, too; then every decision about it is "not used".
    """

    settings: Settings
    pool: Pool
    plan: Plan
    matching: Matching
    evaluations: list[Evaluation]
    test: Evaluation | None
    baselines: dict[Baseline, Evaluation]
    records: list[Record]
    alarms: list[str]
    choices: Mapping[str, Choice]
    choice: Choice | None
    chosen: PlannedAttack | None
    comparisons: list[Comparison]
    decisions: Mapping[str, Mapping[str, Estimate]]
    power: list[PowerCurve]
    surrogates: SurrogateEvidence | None
    beyond: Beyond
    nobody: Sequence[str] = ()


def run(settings: Settings, console: Console) -> Outcome:
    """Do what the settings say. Finished artefacts come from the store, so the same run again is quick."""
    store = Store(settings.store_root, settings.verify_store)
    with (
        known_and_checked(settings.store_root, settings.elsewhere, partial(tell, console, "Note:", "yellow")),
        closing(make_launcher(settings.launch, settings.device, store)) as launcher,
        answers_kept(settings, store),
    ):
        return _run(settings, Executor(store, launcher, console, settings.launch.shard_images))


@one_thread()
def _run(settings: Settings, executor: Executor) -> Outcome:
    pool = load_pool(settings.data, executor.store, extra_apart=settings.learns_extra)
    load_released(pool, executor.store)
    check_candidates(settings, pool)
    matching = match_recipe(started := from_base(settings, pool, executor), pool, executor)
    settings = matching.settings
    plan = make_plan(settings, pool)
    work = work_list(settings, plan)
    executor.train(work.generators)
    nobody = why_nobody(plan, executor.store)
    executor.train_surrogates(work.surrogates)
    named = [*work.attacks, *work.control]
    scored = executor.attack_shadows(named)

    evaluator = Evaluator(pool, plan.shadows, settings.decision, settings.seed, settings.calibrator)
    evaluated = {
        one.label: evaluator.on_shadows(one, scored[one.label], executor.candidates_as_release(one)) for one in named
    }
    rivals = [one for one in work.attacks if evaluated[one.label].predictions is not None and not one.attack.control]
    measured = [evaluated[one.label] for one in rivals]
    controls = _controls(executor, evaluator, rivals, measured)
    alarms = [*nobody, *plan_leaks(_plans(settings, plan, work))]
    alarms += verdict([*controls, *(one.record for one in evaluated.values())])

    unfit = _unfit_for_test(settings, executor, work.attacks, evaluated)
    usable = [one for one in rivals if one.label not in unfit]
    choices = {name: rule([evaluated[one.label].record for one in usable]) for name, rule in RULES.items() if usable}
    choice = choices.get(settings.rule)
    chosen = next((one for one in usable if choice is not None and one.label == choice.attack), None)

    on_dev = check_on_dev(settings, executor, evaluator, plan=plan, work=work, usable=usable, chosen=chosen)
    published = baselines_on_shadows(evaluator, executor, work.baselines)
    records = [*(one.record for one in evaluated.values()), *controls, *(one.record for one in published)]
    records += _choosers(settings, evaluator, [evaluated[one.label] for one in usable])
    records += trivial_records(evaluator.member, "shadow", settings.seed, len(plan.shadows))
    records += on_dev.records
    records += [skipped(one, "test", unfit[one.label]) for one in work.attacks if one.label in unfit]
    featured = [one for one in rivals if one is chosen or one.label in COMPARED_WITH]
    records += planted_copies(executor, evaluator, featured)
    comparisons = compare(predictions_of(measured), evaluator.member, settings.seed)
    power = power_curves(executor, evaluator, featured)
    of_chosen = evaluated[chosen.label].predictions if chosen is not None else None
    decisions = {} if of_chosen is None else measure_rules(of_chosen, evaluator.member, settings.seed)

    faced = None if chosen is None else executor.attack_release(chosen, WHAT["test"])
    test = None if chosen is None or faced is None else evaluator.on_release(chosen, faced, "test")
    beyond, of_patients = beyond_slices(
        executor,
        evaluator,
        featured,
        scored,
        evaluated,
        rivals=usable,
        rule=settings.rule,
        chosen=chosen,
        test=test,
        nobody=bool(nobody),
    )
    baselines = baselines_on_release(evaluator, executor, work.baselines, "test")
    if nobody:
        test = called_nobody(test) if test is not None else None
        baselines = {name: called_nobody(one) for name, one in baselines.items()}
    if plan.test.truth is not None:  # every decision is made: now, and only now, the seal is broken
        truth = plan.test.truth.open()
        test = evaluator.with_truth(test, truth) if test is not None else None
        baselines = {name: evaluator.with_truth(one, truth) for name, one in baselines.items()}
        records += trivial_records(truth, "test", settings.seed)
    records += [one.record for one in [*([test] if test is not None else []), *baselines.values()]]
    return Outcome(
        settings=settings,
        pool=pool,
        plan=plan,
        matching=before_other_recipes(matching, recipes_tried(started, pool), None if nobody else chosen, executor),
        evaluations=[*evaluated.values(), *on_dev.evaluations],
        test=test,
        baselines=baselines,
        records=records + of_patients,
        alarms=alarms,
        choices=choices,
        choice=choice,
        chosen=chosen,
        comparisons=comparisons,
        decisions=decisions,
        power=power,
        surrogates=surrogate_evidence(executor, work, evaluated),
        beyond=beyond,
        nobody=nobody,
    )


def _plans(settings: Settings, plan: Plan, work: WorkList) -> dict[str, Plan]:
    """Every plan that attacks meet, by what it faces: test and dev, and both via surrogates where any were tried."""
    facing = {"test": plan} | ({"dev": plan.dev} if plan.dev is not None else {})
    if not work.surrogates:
        return facing
    return facing | {f"{name}, via surrogates": via_surrogates(settings, one) for name, one in facing.items()}


def _controls(
    executor: Executor, evaluator: Evaluator, rivals: Sequence[PlannedAttack], measured: list[Evaluation]
) -> list[Record]:
    """What must be at chance: attacks before another generator, pixels without any, labels that mean nothing."""
    wrong = executor.attack_wrong_targets(rivals)
    records = [evaluator.as_control("wrong_target", one, wrong[one.label]) for one in rivals]
    records += _on_members_alone(executor, evaluator, [one for one in rivals if one.attack.learns])
    return [*records, evaluator.from_pixels(), *evaluator.on_shuffled_labels(measured)]


def _on_members_alone(executor: Executor, evaluator: Evaluator, learners: Sequence[PlannedAttack]) -> list[Record]:
    """Learners that are told to part members from members."""
    alone = [one.on(member_only(one.plan, evaluator.pool.people, evaluator.seed)) for one in learners]
    able = [one for one in alone if len({number // 2 for number in one.plan.taking_part}) > 1]
    scored = executor.attack_shadows(able, "members alone")
    too_few = AttackScores([], 0.0, 0, TOO_FEW)
    records = []
    for one in alone:
        kept = one.plan.taking_part
        judging = evaluator._replace(shadows=[one.plan.shadows[number] for number in kept], numbers=kept)
        records.append(judging.as_control("member_only", one, scored.get(one.label, too_few)))
    return records


def _choosers(settings: Settings, evaluator: Evaluator, usable: list[Evaluation]) -> list[Record]:
    """What choosing among the attacks that may be chosen is worth: by the truth, and by the rule on other pairs."""
    if len(usable) < 2:
        return []
    honest = evaluator.honest(usable, settings.rule)
    return [evaluator.oracle(usable), *([honest] if honest is not None else [])]


def _unfit_for_test(
    settings: Settings, executor: Executor, attacks: Sequence[PlannedAttack], evaluated: Mapping[str, Evaluation]
) -> dict[str, str]:
    """Why some cannot face the test release or decide about it, by label."""
    faced = {one.surrogate: one.plan.test.target for one in attacks}  # all attacks by one road face one target
    targets = {surrogate: build_target(spec, executor.store) for surrogate, spec in faced.items()}
    reasons: dict[str, str] = {}
    for one in attacks:
        predictions = evaluated[one.label].predictions
        why = one.attack.skip(targets[one.surrogate])
        if why is not None:
            reasons[one.label] = why
        elif predictions is not None and predictions.decision is None:
            reasons[one.label] = f"the decision rule {settings.decision} does not apply to it."
    return reasons
