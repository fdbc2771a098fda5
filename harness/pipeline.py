"""The method, top to bottom, one call a stage.

pool -> assign members -> train shadows -> release -> attack -> calibrate -> control -> choose -> apply -> open the
truth
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from rich.console import Console

from attacks.base import Attack
from attacks.blind import Blind
from harness.building import build_target
from harness.choose import RULES, Choice
from harness.compare import BASELINES, Comparison, compare
from harness.config import Settings
from harness.controls import verdict
from harness.crew import Crew, Scored
from harness.evaluate import measure_rules
from harness.intervals import Estimate
from harness.judging import Judge, Judgement, skipped
from harness.launch import Launcher
from harness.leaks import plan_leaks
from harness.plan import Plan, TestSpec, make_plan
from harness.pool import Pool, load_pool
from harness.power_curves import Curve, power_curves
from harness.results import Record
from harness.store import Store
from harness.trivial import trivial_records


@dataclass(frozen=True)
class Outcome:
    """All that a run found.

    judgements: every attack on the shadows, and on dev; test: the chosen attack's, None where none could be
    applied; records: every row of the table; alarms: a sentence for every control outside chance; choices: what
    each selection rule picks; chosen: the declared rule's pick; comparisons: with plain attacks, on the shadows;
    decisions: what every decision rule reaches with the chosen attack on the shadows; power: how its AUC grows.
    """

    pool: Pool
    plan: Plan
    judgements: list[Judgement]
    test: Judgement | None
    records: list[Record]
    alarms: list[str]
    choices: Mapping[str, Choice]
    chosen: Choice | None
    comparisons: list[Comparison]
    decisions: Mapping[str, Mapping[str, Estimate]]
    power: list[Curve]


def run(settings: Settings, console: Console) -> Outcome:
    """Do what the settings say. Finished artefacts come from the store, so the same run again is quick."""
    with closing(Launcher(settings.workers, settings.device)) as launcher:
        return _run(settings, Crew(Store(settings.store_root), launcher, console))


def _run(settings: Settings, crew: Crew) -> Outcome:
    store = crew.store
    pool = load_pool(settings.data, store)
    plan = make_plan(settings, pool)
    crew.train(plan.generators)
    attacks = settings.attacks | {"blind": settings.attacks.get("blind", Blind())}  # a control of every report
    scored = crew.attack_shadows(plan, attacks)

    judge = Judge(pool, plan.shadows, settings.decision, settings.seed, settings.calibrator)
    on_shadows = [
        judge.on_shadows(attack, scored[name], crew.among_candidates(attack, plan.shadows[0].target))
        for name, attack in attacks.items()
    ]
    measured = [one for one in on_shadows if one.rows is not None and one.record.kind == "attack"]
    controls = _controls(settings, plan, crew, judge, measured)
    alarms = plan_leaks(plan) + verdict([*controls, *(one.record for one in on_shadows)])

    unfit = _unfit_for_test(settings.attacks, plan.test, store)
    undecided = [one.record.attack for one in measured if one.rows and one.rows.decision is None]
    unfit |= dict.fromkeys(undecided, f"the decision rule {settings.decision} does not apply to it.")
    usable = [one.record for one in measured if one.record.attack not in unfit]
    choices = {name: rule(usable) for name, rule in RULES.items()} if usable else {}
    chosen = choices.get(settings.rule)

    on_dev = []
    if plan.dev is not None:
        on_dev = [_check_on_dev(judge, crew, plan, settings.attacks[r.attack], scored) for r in usable]
    records = [one.record for one in [*on_shadows, *on_dev]] + controls
    records += _choosers(settings, judge, [one for one in measured if one.record.attack not in unfit])
    records += trivial_records(judge.member, "shadow", settings.seed, len(plan.shadows))
    if plan.dev is not None:
        records += trivial_records(plan.dev.member, "dev", settings.seed)
    records += [skipped(settings.attacks[name], "test", reason) for name, reason in unfit.items()]
    test = None
    if chosen is not None:
        attack = settings.attacks[chosen.attack]
        on_test = crew.attack_one(plan, attack, plan.test.target, "the test release")
        real_real = crew.among_candidates(attack, plan.test.target)
        test = judge.on_release(
            attack, scored[attack.name], on_test, plan.test.candidates, "test", real_real=real_real
        )
    comparisons = compare({one.record.attack: one.rows for one in measured if one.rows}, judge.member, settings.seed)
    featured = [name for name in dict.fromkeys((chosen.attack if chosen else "", *BASELINES)) if name in scored]
    power = power_curves(plan, crew, judge, [settings.attacks[name] for name in featured])
    rows = next((one.rows for one in measured if chosen and one.record.attack == chosen.attack), None)
    decisions = measure_rules(rows, judge.member, settings.seed) if rows is not None else {}
    if test is not None:
        if plan.test.truth is not None:  # every decision is made: now, and only now, the seal is broken
            truth = plan.test.truth.open()
            test = judge.with_truth(test, truth)
            records += trivial_records(truth, "test", settings.seed)
        records.append(test.record)
    judgements = [*on_shadows, *on_dev]
    return Outcome(pool, plan, judgements, test, records, alarms, choices, chosen, comparisons, decisions, power)


def _controls(settings: Settings, plan: Plan, crew: Crew, judge: Judge, measured: list[Judgement]) -> list[Record]:
    """What must be at chance: attacks before another generator, pictures without any, labels that mean nothing."""
    attacks = {one.record.attack: settings.attacks[one.record.attack] for one in measured}
    wrong = crew.attack_wrong_targets(plan, attacks)
    records = [judge.on_wrong_targets(attack, wrong[name]) for name, attack in attacks.items()]
    if plan.dev is not None:
        records.append(judge.from_pictures_of(plan.dev.candidates, plan.dev.member, "dev"))
    return [*records, judge.from_pictures(), *judge.on_shuffled_labels(measured)]


def _choosers(settings: Settings, judge: Judge, usable: list[Judgement]) -> list[Record]:
    """What choosing among the attacks that may be chosen is worth: by the truth, and by the rule on other pairs."""
    if len(usable) < 2:
        return []
    honest = judge.honest(usable, settings.rule)
    return [judge.oracle(usable), *([honest] if honest is not None else [])]


def _unfit_for_test(attacks: Mapping[str, Attack], test: TestSpec, store: Store) -> dict[str, str]:
    """Why some attacks cannot face the test release, by name."""
    target = build_target(test.target, store)
    reasons = {name: attack.skip(target) for name, attack in attacks.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _check_on_dev(judge: Judge, crew: Crew, plan: Plan, attack: Attack, scored: Mapping[str, Scored]) -> Judgement:
    """An edition's labelled release, looked at once, after the choice and for no choice."""
    assert plan.dev is not None
    on_dev = crew.attack_one(plan, attack, plan.dev.target, "the development release")
    real_real = crew.among_candidates(attack, plan.dev.target)
    judgement = judge.on_release(attack, scored[attack.name], on_dev, plan.dev.candidates, "dev", real_real=real_real)
    return judge.with_truth(judgement, plan.dev.member)
