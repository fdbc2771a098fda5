"""The page of a copy, drawn anew from what goes out."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.finished.results_shape import MatchFacts
from harness.report.beyond import beyond_told
from harness.report.conclusion import Applied, conclusion
from harness.report.content import Decisions, PageContent, PlanRow, PowerSeries, ScoredAttack
from harness.report.matched import Matched, Tried, told
from harness.report.start_line import start_line
from harness.share.copy import Copy

NO_PICTURES = (
    "This is a copy to pass on: it shows no slice and no released image, and its slices and patients have names that "
    "only the sender's key leads back. The sender's own report can show the pairs that match best."
)


def chosen_label(copy: Copy) -> str | None:
    """The row's name of the attack that was applied."""
    chosen = copy.results.chosen
    if chosen is None:
        return None
    return f"{chosen.attack}@surrogate" if chosen.via == "surrogate" else chosen.attack


def summary(copy: Copy) -> list[str]:
    """What came out, in sentences, made of the numbers that go out."""
    chosen, label = copy.results.chosen, chosen_label(copy)
    test = [row for row in copy.scores if row.target == "test" and row.attack == label]
    record = next((one for one in copy.results.records if _is_applied(one, label)), None)
    if chosen is None or label is None or record is None or not test:
        nothing = conclusion(None, copy.results.choices, copy.results.records, copy.results.nobody)
        return [*nothing, _start(copy)]
    n_used = sum(row.decision or 0 for row in test)
    applied = Applied(label, copy.scope.rule, copy.scope.decision, n_used, len(test), record, to_hand_in=False)
    remark = [] if chosen.remark is None else [chosen.remark]
    elsewhere = {told(one.family, one.steps): one.realised_fpr or {} for one in copy.results.matches}
    sentences = conclusion(
        applied, copy.results.choices, copy.results.records, copy.results.nobody, elsewhere=elsewhere
    )
    return [*remark, *sentences, *beyond_told(copy.results.beyond_slices), _start(copy)]


def _start(copy: Copy) -> str:
    start = copy.results.start
    return start_line(start.name, start.leak, copy.recipe)


def page_of(copy: Copy, files: dict[str, str]) -> PageContent:
    """Everything that the copy's pages show. files: digests of the copy's other files."""
    results, facts = copy.results, copy.facts
    decisions = {
        rule: Decisions(of.get("f1"), of.get("accuracy"), of.get("recall")) for rule, of in results.decisions.items()
    }
    return PageContent(
        title=copy.scope.title,
        summary=summary(copy),
        records=results.records,
        alarms=results.alarms,
        nobody=results.nobody,
        chosen=chosen_label(copy),
        curves=_curves(copy),
        comparisons=[one for one in results.comparisons if _has_interval(one.difference)],
        choices=results.choices,
        declared_choice=copy.scope.rule,
        decisions=decisions,
        declared_decision=copy.scope.decision,
        power=[_power(one.attack, one.over, one.sizes, one.auc) for one in results.power],
        matched=_matched(copy),
        in_place_of_sheet=NO_PICTURES,
        plan=[PlanRow(one["name"], one["members"], one["generator"]) for one in facts["generators"]],
        about_keys="a name for each, which only the sender's key leads back to its place in the sender's store",
        facts={
            **{
                name: str(facts[name])
                for name in ("commit", "seed", "pool")
                if facts[name] is not None or name != "seed"
            },
            "left out": "; ".join(facts["left_out"]),
            "versions": dict(facts["versions"]),
            "hardware": {name: str(one) for name, one in facts["hardware"].items()},
            "files (sha256)": files,
        },
    )


def _matched(copy: Copy) -> Matched | None:
    def mean(one: MatchFacts) -> float:
        return float(np.mean(list(one.distances.values()))) if one.distances else float("nan")

    steps = copy.recipe.n_steps if copy.recipe is not None else None
    tried = [
        Tried(
            told(one.family, one.steps),
            mean(one),
            (one.family, one.steps) == (copy.results.family, steps),
            one.distances,
            one.outlines,
        )
        for one in sorted(copy.results.matches, key=mean)
    ]
    return Matched(copy.results.matched_with, tried) if tried else None


def _is_applied(record: Record, label: str | None) -> bool:
    is_attack = (record.target_set, record.kind, record.label) == ("test", "attack", label)
    return is_attack and record.skipped is None


def _has_interval(one: Estimate) -> bool:
    return one.value is not None and one.low is not None


def _curves(copy: Copy) -> list[ScoredAttack]:
    rows: dict[str, list[Any]] = {}
    for row in copy.scores:
        if row.target.startswith("shadow-"):
            rows.setdefault(row.attack, []).append((row.score, row.probability, row.member))
    label = chosen_label(copy)
    curves = []
    for one in copy.results.records:
        if one.target_set == "shadow" and one.kind == "attack" and one.label in rows:
            score, probability, member = (np.array(column) for column in zip(*rows[one.label], strict=True))
            if None not in member.tolist():
                known = member.astype(np.bool_)
                curves.append(ScoredAttack(one.label, one.access, score, probability, known, one.label == label))
    return curves


def _power(attack: str, over: str, sizes: list[int], auc: list[Estimate]) -> PowerSeries:
    known = [(float(size), one) for size, one in zip(sizes, auc, strict=True) if one.value is not None]
    return PowerSeries(
        attack,
        over,
        [size for size, _ in known],
        [one.value for _, one in known if one.value is not None],
        [one.low for _, one in known],
        [one.high for _, one in known],
    )
