"""`results.json`: a run's outcome for programs; docs/results.md says what each field is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harness.config.recipe_options import leak_of
from harness.evaluation.records import SCHEMA
from harness.pipeline import Outcome


def results_of(outcome: Outcome) -> dict[str, Any]:
    """The whole content, as JSON values."""
    settings = outcome.settings
    return {
        "schema": SCHEMA,
        "run": {
            "n_slices": len(outcome.pool),
            "n_patients": len({outcome.pool.patient_ids[place] for place in outcome.pool.taken}),
            "n_shadows": len(outcome.plan.shadows),
            "n_images": outcome.plan.n_images,
            "seed": settings.seed,
        },
        "chosen": _chosen(outcome),
        "choices": {rule: choice.attack for rule, choice in outcome.choices.items()},
        "alarms": outcome.alarms,
        "nobody": list(outcome.nobody),
        "decisions": {
            rule: {metric: asdict(one) for metric, one in of_rule.items()}
            for rule, of_rule in outcome.decisions.items()
        },
        "comparisons": [asdict(one) for one in outcome.comparisons],
        "power": [
            {"attack": one.attack, "over": one.over, "sizes": one.sizes, "auc": [asdict(auc) for auc in one.auc]}
            for one in outcome.power
        ],
        "family": settings.recipe.name,
        "recipe": settings.recipe.to_dict(),
        "start": {"name": settings.start.name, "leak": leak_of(settings.recipe, settings.start)},
        "matches": [one._asdict() for one in outcome.matching.matches],
        "matched_with": outcome.matching.test,
        "surrogates": _surrogates(outcome),
        "beyond_slices": asdict(outcome.beyond),
        "records": [asdict(record) for record in outcome.records],
    }


def _surrogates(outcome: Outcome) -> dict[str, Any] | None:
    found = outcome.surrogates
    if found is None:
        return None
    return {"loss_follows_distance": found.follows_distance, "attacks": [one._asdict() for one in found.rows]}


def _chosen(outcome: Outcome) -> dict[str, Any] | None:
    if outcome.choice is None or outcome.chosen is None:
        return None
    return {
        "attack": outcome.chosen.attack.name,
        "via": outcome.chosen.via,
        "rule": outcome.settings.rule,
        "decision": outcome.settings.decision,
        "remark": outcome.choice.remark,
    }
