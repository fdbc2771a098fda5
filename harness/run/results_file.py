"""`results.json`: a run's outcome for programs; `results_shape` says what each field is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harness.config.recipe_options import leak_of
from harness.evaluation.records import SCHEMA
from harness.finished.results_shape import Chosen, Kept, MatchFacts, Power, Results, RunFacts, StartFacts, Surrogates
from harness.pipeline import Outcome


def results_of(outcome: Outcome) -> dict[str, Any]:
    """The whole content, as JSON values."""
    settings = outcome.settings
    run = RunFacts(
        n_slices=len(outcome.pool),
        n_patients=len({outcome.pool.patient_ids[place] for place in outcome.pool.taken}),
        n_shadows=len(outcome.plan.shadows),
        n_images=outcome.plan.n_images,
        seed=settings.seed,
    )
    results = Results(
        schema=SCHEMA,
        run=run,
        chosen=_chosen(outcome),
        choices={rule: choice.attack for rule, choice in outcome.choices.items()},
        alarms=outcome.alarms,
        nobody=list(outcome.nobody),
        decisions={rule: dict(of_rule) for rule, of_rule in outcome.decisions.items()},
        comparisons=list(outcome.comparisons),
        power=[Power(one.attack, one.over, one.sizes, one.auc) for one in outcome.power],
        family=settings.recipe.name,
        recipe=settings.recipe.to_dict(),
        start=StartFacts(settings.start.name, leak_of(settings.recipe, settings.start)),
        matches=[MatchFacts(**one._asdict()) for one in outcome.matching.matches],
        matched_with=dict(outcome.matching.test),
        surrogates=_surrogates(outcome),
        beyond_slices=outcome.beyond,
        records=list(outcome.records),
    )
    return asdict(results)


def _surrogates(outcome: Outcome) -> Surrogates | None:
    found = outcome.surrogates
    if found is None:
        return None
    return Surrogates(found.follows_distance, [Kept(**one._asdict()) for one in found.rows])


def _chosen(outcome: Outcome) -> Chosen | None:
    if outcome.choice is None or outcome.chosen is None:
        return None
    return Chosen(
        attack=outcome.chosen.attack.name,
        via=outcome.chosen.via,
        rule=outcome.settings.rule,
        decision=outcome.settings.decision,
        remark=outcome.choice.remark,
    )
