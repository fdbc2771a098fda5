"""What the pages are told: a run's outcome as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from attacks.distances import Distance
from harness.evaluation.comparison import Comparison
from harness.jobs.targets import candidate_images, released_images
from harness.pipeline import Outcome
from harness.report.content import Decisions, Facts, MatchedPair, PageContent, PlanRow, PowerSeries, ScoredAttack
from harness.report.leaderboard_page import Scope
from harness.report.matched import Matched, Tried, told
from harness.run.pictures import in_place_of_pictures
from harness.run.summary import said
from harness.store import Store

_PAIRS = 24


def page_content(outcome: Outcome, manifest: dict[str, Any]) -> PageContent:
    """Everything that `report.html` shows; manifest: versions, hashes, hardware."""
    settings, chosen = outcome.settings, outcome.chosen.label if outcome.chosen else None
    store = Store(settings.store_root, settings.verify_store)
    return PageContent(
        title=scope_of(outcome).title,
        summary=summary_of(outcome),
        records=outcome.records,
        alarms=outcome.alarms,
        nobody=outcome.nobody,
        chosen=chosen,
        curves=_curves(outcome, chosen),
        comparisons=_comparisons(outcome),
        choices={rule: choice.attack for rule, choice in outcome.choices.items()},
        declared_choice=settings.rule,
        decisions={rule: Decisions(of["f1"], of["accuracy"], of["recall"]) for rule, of in outcome.decisions.items()},
        declared_decision=settings.decision,
        power=_power(outcome),
        matched=_matched(outcome),
        sheet=matched_pairs(outcome, store) if settings.shows_pictures else [],
        in_place_of_sheet=in_place_of_pictures(settings),
        plan=_plan(outcome),
        facts=_facts(manifest),
    )


def scope_of(outcome: Outcome) -> Scope:
    """What the run looked at, for the heads of its pages."""
    settings = outcome.settings
    return Scope(
        data=settings.data.name,
        n_slices=len(outcome.pool),
        n_patients=len({outcome.pool.patient_ids[place] for place in outcome.pool.taken}),
        n_shadows=len(outcome.plan.shadows),
        n_images=outcome.plan.n_images,
        preset=settings.preset,
        steps=settings.recipe.n_steps,
        rule=settings.rule,
        decision=settings.decision,
    )


def summary_of(outcome: Outcome) -> list[str]:
    """What came out, in sentences; first what the choice has to say for itself."""
    return [*([outcome.choice.remark] if outcome.choice and outcome.choice.remark else []), *said(outcome)]


def _curves(outcome: Outcome, chosen: str | None) -> list[ScoredAttack]:
    return [
        ScoredAttack(
            one.record.label,
            one.record.access,
            one.predictions.score,
            one.predictions.probability,
            one.member,
            one.record.label == chosen,
        )
        for one in outcome.evaluations
        if one.record.target_set == "shadow"
        and one.record.kind == "attack"
        and one.predictions
        and one.member is not None
    ]


def _comparisons(outcome: Outcome) -> list[Comparison]:
    """Those whose difference has an interval: the others say nothing."""
    return [one for one in outcome.comparisons if one.difference.value is not None and one.difference.low is not None]


def _power(outcome: Outcome) -> list[PowerSeries]:
    return [
        PowerSeries(
            curve.attack,
            curve.over,
            [float(size) for size in curve.sizes],
            [one.value for one in curve.auc if one.value is not None],
            [one.low for one in curve.auc],
            [one.high for one in curve.auc],
        )
        for curve in outcome.power
    ]


def _matched(outcome: Outcome) -> Matched | None:
    recipe, matches = outcome.settings.recipe, sorted(outcome.matching.matches, key=lambda one: one.distance)
    tried = [
        Tried(
            told(one.family, one.steps),
            one.distance,
            (one.family, one.steps) == (recipe.name, recipe.n_steps),
            one.distances,
            one.outlines,
        )
        for one in matches
    ]
    return Matched(outcome.matching.test, tried) if tried else None


def _plan(outcome: Outcome) -> list[PlanRow]:
    withheld = outcome.plan.test.truth is not None
    last = len(outcome.plan.generators) - 1
    return [
        PlanRow(job.name, None if withheld and number == last else len(job.members), job.key)
        for number, job in enumerate(outcome.plan.generators)
    ]


def matched_pairs(outcome: Outcome, store: Store) -> list[MatchedPair]:
    """The test candidates with the largest scores, each beside the released image nearest to it (pixel l2)."""
    test = outcome.test
    if test is None or test.predictions is None:
        return []
    view = outcome.plan.test.target.view
    first = np.argsort(-test.predictions.score, kind="stable")[:_PAIRS]
    candidates, release = candidate_images(view, store)[first], np.asarray(released_images(view, store))
    nearest = Distance().between(candidates, release, candidates).argmin(axis=1)
    return [
        MatchedPair(
            candidates[rank],
            release[nearest[rank]],
            outcome.pool.ids[test.candidates[i]],
            float(test.predictions.score[i]),
            float(test.predictions.probability[i]),
            None if test.member is None else bool(test.member[i]),
        )
        for rank, i in enumerate(first)
    ]


def _facts(manifest: dict[str, Any]) -> Facts:
    """The manifest as the page's list: what is nested becomes a table of its own.

    Warnings are counted alone: they name files, and a page is passed on more easily than meant.
    """
    told = {name: manifest[name] for name in ("commit", "seed", "pool")}
    return {
        "command": " ".join(manifest["command"]),
        **{name: str(value) for name, value in told.items()},
        "folders": {one["folder"]: _counted(one) for one in manifest["folders"]} or "none were read",
        "warnings": f"{len(manifest['warnings'])}, in manifest.json" if manifest["warnings"] else "none",
        "versions": {name: str(value) for name, value in manifest["versions"].items()},
        "hardware": {name: str(value) for name, value in manifest["hardware"].items()},
        "files (sha256)": manifest["files"],
    }


def _counted(account: dict[str, Any]) -> str:
    """A folder's account in words."""
    left_out = "; ".join(f"{count} {reason}" for reason, count in account["left_out"].items())
    links = f", {account['links']} of them by links" if account["links"] else ""
    return f"{account['images']} images{links}; left out: {left_out or 'none'}"
