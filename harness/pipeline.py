"""The method, top to bottom, one call a stage.

pool -> assign members -> train shadows -> release -> attack -> calibrate -> choose -> apply -> open the truth
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from attacks.base import Attack
from harness.choose import RULES, Choice
from harness.config import Settings
from harness.crew import Crew, Scored
from harness.judging import Judge, Judgement, skipped
from harness.launch import Launcher
from harness.plan import Plan, TestSpec, make_plan
from harness.pool import Pool, load_pool
from harness.results import Record
from harness.store import Store
from harness.targets import build_target
from harness.trivial import trivial_records


@dataclass(frozen=True)
class Outcome:
    """All that a run found.

    judgements: every attack on the shadows, and on dev; test: the chosen attack's, None where none could be
    applied; records: every row of the table; choices: what each selection rule picks; chosen: the declared
    rule's pick.
    """

    pool: Pool
    plan: Plan
    judgements: list[Judgement]
    test: Judgement | None
    records: list[Record]
    choices: Mapping[str, Choice]
    chosen: Choice | None


def run(settings: Settings, console: Console) -> Outcome:
    """Do what the settings say. Finished artefacts come from the store, so the same run again is quick."""
    store = Store(settings.store_root)
    crew = Crew(store, Launcher(settings.workers, settings.device), console)

    pool = load_pool(settings.data, store)
    plan = make_plan(settings, pool)
    crew.train(plan.generators)
    scored = crew.attack_shadows(plan, settings.attacks)

    judge = Judge(pool, plan.shadows, settings.decision, settings.seed)
    judgements = [judge.on_shadows(settings.attacks[name], one) for name, one in scored.items()]
    unfit = _unfit_for_test(settings.attacks, plan.test, store)
    usable = [one.record for one in judgements if one.rows is not None and one.record.attack not in unfit]
    choices = {name: rule(usable) for name, rule in RULES.items()} if usable else {}
    chosen = choices.get(settings.rule)

    if plan.dev is not None:
        judgements += [_check_on_dev(judge, crew, plan, settings.attacks[r.attack], scored) for r in usable]
    records = [one.record for one in judgements]
    records += trivial_records(
        np.concatenate([s.member for s in plan.shadows]), "shadow", settings.seed, len(plan.shadows)
    )
    if plan.dev is not None:
        records += trivial_records(plan.dev.member, "dev", settings.seed)
    records += [skipped(settings.attacks[name], "test", reason) for name, reason in unfit.items()]
    test = None
    if chosen is not None:
        attack = settings.attacks[chosen.attack]
        on_test = crew.attack_one(plan, attack, plan.test.target, "Applying the chosen attack")
        test = judge.on_release(attack, scored[attack.name], on_test, plan.test.candidates, "test")
        if plan.test.truth is not None:  # every decision is made: now, and only now, the seal is broken
            truth = plan.test.truth.open()
            test = judge.with_truth(test, truth)
            records += trivial_records(truth, "test", settings.seed)
        records.append(test.record)
    return Outcome(pool, plan, judgements, test, records, choices, chosen)


def _unfit_for_test(attacks: Mapping[str, Attack], test: TestSpec, store: Store) -> dict[str, str]:
    """Why some attacks cannot face the test release, by name."""
    target = build_target(test.target, store)
    reasons = {name: attack.skip(target) for name, attack in attacks.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _check_on_dev(judge: Judge, crew: Crew, plan: Plan, attack: Attack, scored: Mapping[str, Scored]) -> Judgement:
    """An edition's labelled release, looked at once, after the choice and for no choice."""
    assert plan.dev is not None
    on_dev = crew.attack_one(plan, attack, plan.dev.target, "Checking on the development release")
    judgement = judge.on_release(attack, scored[attack.name], on_dev, plan.dev.candidates, "dev")
    return judge.with_truth(judgement, plan.dev.member)
