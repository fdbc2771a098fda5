"""The rows of one setting: a figure an attack over its seeds, their order, and who beats whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.compare import notes
from harness.compare.compared import ComparedRow, OfSeed
from harness.compare.held import Asked, Held
from harness.compare.metric import Metric
from harness.compare.over_runs import Drawn, Faced, difference, draw, estimate
from harness.compare.ranks import ranks_within
from harness.compare.rows import Said
from harness.evaluation.comparison import Comparison, corrected
from harness.evaluation.intervals import Estimate


def drawn_of(seeds: Sequence[Mapping[str, Said]], asked: Asked, n_resamples: int) -> Drawn | None:
    """None where the runs of this setting have no scores, or nobody knows the truth."""
    faced = []
    for seed in seeds:
        known = {attack: one.rows for attack, one in seed.items() if one.rows is not None}
        candidates = next(one.candidates for one in seed.values())
        if candidates is None or candidates.member is None:
            return None
        faced.append(Faced(candidates, known))
    return draw(faced, asked.metric, asked.seed, n_resamples)


def rows_of(held: Held, drawn: Drawn | None, metric: Metric) -> list[ComparedRow]:
    """A row an attack, in the order in which they were met, without ranks."""
    return [
        _row(held, attack, drawn, metric) for attack in dict.fromkeys(name for seed in held.seeds for name in seed)
    ]


def _row(held: Held, attack: str, drawn: Drawn | None, metric: Metric) -> ComparedRow:
    met = [(at, seed[attack]) for at, seed in enumerate(held.seeds) if attack in seed]
    if drawn is None:
        told = [(one, metric.of_record(one.record)) for _, one in met]
        each = [OfSeed(one.run.seed, of.value) for one, of in told if of.value is not None]
        found = notes.without_scores([of for _, of in told])
    else:
        runs = drawn.runs_of(attack)
        each = [OfSeed(one.run.seed, float(drawn.alone[at][attack][0])) for at, one in met if at in runs]
        found = estimate(drawn, attack, metric) if runs else Estimate(None, note=_missing(met[0][1], metric))
    record = met[0][1].record
    return ComparedRow(
        attack=attack,
        setting=held.label,
        access=held.setting.access,
        estimate=found,
        each=sorted(each, key=lambda one: (one.seed is None, one.seed or 0)),
        rank=None,
        n_targets=record.n_targets,
        n_members=record.n_members,
        n_nonmembers=record.n_nonmembers,
    )


def _missing(one: Said, metric: Metric) -> str:
    assert one.rows is not None
    assert one.candidates is not None
    assert one.candidates.member is not None
    why = metric.missing(one.rows, one.candidates.member) or "no value"
    return f"{why}: {int((~one.candidates.member).sum())} non-members"


def ranked(rows: Sequence[ComparedRow], n_seeds: int, metric: Metric) -> list[ComparedRow]:
    """Without a rank where a seed has no value: its mean would be of other generators than the others' means."""
    values = [row.estimate.value if row.n_seeds == n_seeds else None for row in rows]
    ranks = ranks_within(values, larger_is_better=metric.larger_is_better)
    placed = [replace(row, rank=rank) for row, rank in zip(rows, ranks, strict=True)]
    return sorted(placed, key=lambda row: (row.rank is None, row.rank or 0.0, row.attack))


def wins(attacks: Sequence[str], drawn: Drawn | None, metric: Metric) -> list[Comparison]:
    """Every pair that met enough seeds, corrected together."""
    if drawn is None:
        return []
    pairs = [(one, other) for at, one in enumerate(attacks) for other in attacks[at + 1 :]]
    enough = [pair for pair in pairs if len(drawn.runs_of(*pair)) >= notes.FEWEST_SEEDS]
    found = [difference(drawn, one, other, metric) for one, other in enough]
    return corrected([one for one in found if one is not None])
