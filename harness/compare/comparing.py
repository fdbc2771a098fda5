"""`compare`: from folders of runs to tables that may be ranked, mean ranks, and what they are worth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, get_args

from harness.compare import notes
from harness.compare.agreeing import agreeing
from harness.compare.compared import By, ComparedRow, ComparedRuns, ComparedTable, OfSeed
from harness.compare.metric import Metric, metric_called
from harness.compare.over_runs import Drawn, Faced, difference, draw, estimate
from harness.compare.ranks import MeanRanks, mean_ranks, ranks_within
from harness.compare.rows import Said, said
from harness.compare.runs import Run, find_runs
from harness.compare.same_seeds import not_shared, of_equal_seeds
from harness.compare.settings import SETTINGS, Setting, apart, labels, setting_of
from harness.compare.variants import variant_labels
from harness.errors import InputError, unknown_name
from harness.evaluation.comparison import Comparison, corrected, resamples_for
from harness.evaluation.intervals import N_RESAMPLES, Estimate
from harness.evaluation.records import TargetSet
from harness.report.table import by_access, section_title


class _Asked(NamedTuple):
    by: By
    metric: Metric
    on: TargetSet
    seed: int


class _Held(NamedTuple):
    """All that is known of a setting and of attacks that met the same generators there.

    seeds: by the generators that were faced, of each attack what it said there; apart: None for the first group of a
    setting, else why its attacks are not ranked with those.
    """

    setting: Setting
    label: str
    seeds: list[dict[str, Said]]
    apart: str | None = None


def compared(paths: Sequence[Path], *, by: By, metric: str, on: TargetSet, seed: int) -> ComparedRuns:
    """See `harness.compare.compare`."""
    for what, given, known in (("--by", by, get_args(By)), ("--on", on, get_args(TargetSet))):
        if given not in known:
            raise InputError(unknown_name(f"{what} called", given, known))
    asked = _Asked(by, metric_called(metric), on, seed)
    found = find_runs(paths)
    everything, refused = _said(found.runs, on)
    if not everything:
        raise InputError(f"No attack of the {len(found.runs)} runs there ran on targets called {on}.")
    everything, contradict = agreeing(everything, asked.metric)
    held, twice = _held(everything, asked.metric)
    settings, of_seed = zip(*_tables(held, asked), strict=True) if held else ((), ())
    return ComparedRuns(
        metric=asked.metric,
        by=by,
        on=on,
        n_runs=len(found.runs) - len(refused) - len(contradict),
        tables=list(settings) if by == "attack" else _beside(held, settings, of_seed, asked),
        settings=list(settings),
        ranks=_ranks(held, settings, asked.metric),
        notes=notes.of_all(found.runs, twice, asked.metric),
        refused=[*found.refused, *refused, *contradict],
    )


def _said(runs: Sequence[Run], on: TargetSet) -> tuple[list[Said], list[str]]:
    everything, refused = [], []
    for run in runs:
        try:
            everything += said(run, on)
        except ValueError as error:
            refused.append(f"{run.name} is left out: {error}.")
    return everything, refused


def _held(everything: Sequence[Said], metric: Metric) -> tuple[list[_Held], int]:
    """By setting and seeds met, the least access and the most seeds first; and how many rows another run has, too."""
    seeds: dict[Setting, dict[tuple[str, ...], dict[str, Said]]] = {}
    twice = 0
    for one, label in zip(everything, variant_labels(everything), strict=True):
        there = seeds.setdefault(setting_of(one, metric), {}).setdefault(one.drawn, {})
        twice += label in there
        there.setdefault(label, one)
    named = labels(list(seeds), SETTINGS)
    order = sorted(seeds, key=lambda one: (by_access(one.access), -len(seeds[one]), _numbered(named[one])))
    held = []
    for setting in order:
        first, *others = of_equal_seeds(list(seeds[setting].values()))
        held.append(_Held(setting, named[setting], first))
        held += [_Held(setting, named[setting], group, not_shared(group, first)) for group in others]
    return held, twice


def _numbered(label: str) -> list[tuple[int, str]]:
    """What sorts `steps=90` before `steps=100`."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", label)]


def _tables(held: Sequence[_Held], asked: _Asked) -> Iterator[tuple[ComparedTable, list[ComparedRow]]]:
    """A table a setting, and the same rows seed by seed where those are asked for."""
    first: dict[str, Setting] = {}
    many = len({one.label for one in held}) > 1
    for one in held:
        n_attacks = len({attack for seed in one.seeds for attack in seed})
        n_pairs = n_attacks * (n_attacks - 1) // 2 if asked.by == "attack" else 0
        drawn = _drawn(one.seeds, asked, resamples_for(n_pairs) if n_pairs else N_RESAMPLES)
        rows = _ranked(_rows(one, drawn, asked.metric), len(one.seeds), asked.metric)
        leader = first.setdefault(one.setting.access, one.setting)
        told = [] if leader is one.setting else [apart(one.setting, leader)]
        told += [] if one.apart is None else [one.apart]
        table = ComparedTable(
            title=section_title(asked.on, one.setting.access, one.label if many else ""),
            access=one.setting.access,
            ranked=True,
            apart="; ".join(told) or None,
            rows=rows,
            wins=_wins([row.attack for row in rows], drawn, asked.metric) if n_pairs else [],
            notes=notes.of_table(one.seeds, rows, asked.metric),
        )
        yield table, _seed_by_seed(one, asked) if asked.by == "seed" else []


def _drawn(seeds: Sequence[Mapping[str, Said]], asked: _Asked, n_resamples: int) -> Drawn | None:
    """None where the runs of this setting have no scores, or nobody knows the truth."""
    faced = []
    for seed in seeds:
        known = {attack: one.rows for attack, one in seed.items() if one.rows is not None}
        candidates = next(one.candidates for one in seed.values())
        if candidates is None or candidates.member is None:
            return None
        faced.append(Faced(candidates, known))
    return draw(faced, asked.metric, asked.seed, n_resamples)


def _rows(held: _Held, drawn: Drawn | None, metric: Metric) -> list[ComparedRow]:
    return [
        _row(held, attack, drawn, metric) for attack in dict.fromkeys(name for seed in held.seeds for name in seed)
    ]


def _row(held: _Held, attack: str, drawn: Drawn | None, metric: Metric) -> ComparedRow:
    met = [(at, seed[attack]) for at, seed in enumerate(held.seeds) if attack in seed]
    if drawn is None:
        told = [(one, metric.of_record(one.record)) for _, one in met]
        each = [OfSeed(one.run.seed, of.value) for one, of in told if of.value is not None]
        found = notes.without_scores([of for _, of in told])
    else:
        runs = drawn.runs_of(attack)
        each = [OfSeed(one.run.seed, float(drawn.in_run[at][attack][0])) for at, one in met if at in runs]
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


def _ranked(rows: Sequence[ComparedRow], n_seeds: int, metric: Metric) -> list[ComparedRow]:
    """Without a rank where a seed has no value: its mean would be of other generators than the others' means."""
    values = [row.estimate.value if row.n_seeds == n_seeds else None for row in rows]
    ranks = ranks_within(values, larger_is_better=metric.larger_is_better)
    placed = [replace(row, rank=rank) for row, rank in zip(rows, ranks, strict=True)]
    return sorted(placed, key=lambda row: (row.rank is None, row.rank or 0.0, row.attack))


def _wins(attacks: Sequence[str], drawn: Drawn | None, metric: Metric) -> list[Comparison]:
    if drawn is None:
        return []
    pairs = [(one, other) for at, one in enumerate(attacks) for other in attacks[at + 1 :]]
    enough = [pair for pair in pairs if len(drawn.runs_of(*pair)) >= notes.FEWEST_SEEDS]
    found = [difference(drawn, one, other, metric) for one, other in enough]
    return corrected([one for one in found if one is not None])


def _seed_by_seed(held: _Held, asked: _Asked) -> list[ComparedRow]:
    found = []
    for seed in held.seeds:
        rows = _rows(_Held(held.setting, held.label, [seed]), _drawn([seed], asked, N_RESAMPLES), asked.metric)
        found += [(row, next(iter(seed.values())).run.seed) for row in rows]
    return [replace(row, setting=f"seed {'not told' if seed is None else seed}", rank=None) for row, seed in found]


def _beside(
    held: Sequence[_Held],
    tables: Sequence[ComparedTable],
    of_seed: Sequence[list[ComparedRow]],
    asked: _Asked,
) -> list[ComparedTable]:
    """What `by` names, beside one another for every attack: no ranking, as generators or slices differ, too."""
    if asked.by == "seed":
        together: dict[Setting, list[ComparedRow]] = {}
        for one, rows in zip(held, of_seed, strict=True):
            together.setdefault(one.setting, []).extend(rows)
        titles = {one.setting: table.title for one, table in zip(held, tables, strict=True)}
        return [_unranked(titles[one], one.access, rows) for one, rows in together.items()]
    named = labels([one.setting for one in held], [asked.by])
    found: dict[str, list[ComparedRow]] = {}
    for one, table in zip(held, tables, strict=True):
        found.setdefault(table.access, []).extend(
            replace(row, setting=named[one.setting], rank=None) for row in table.rows
        )
    return [_unranked(section_title(asked.on, access), access, rows) for access, rows in found.items()]


def _unranked(title: str, access: str, rows: Sequence[ComparedRow]) -> ComparedTable:
    order = list(dict.fromkeys(row.attack for row in rows))
    placed = sorted(rows, key=lambda row: order.index(row.attack))
    return ComparedTable(title, access, ranked=False, apart=None, rows=placed, notes=[notes.UNRANKED])


def _ranks(held: Sequence[_Held], tables: Sequence[ComparedTable], metric: Metric) -> list[MeanRanks]:
    """Of each setting the first group alone: attacks of other seeds were not ranked with it."""
    values: dict[str, dict[str, dict[str, float]]] = {}
    pools: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    for one, table in zip(held, tables, strict=True):
        told = {row.attack: row.estimate.value for row in table.rows if row.rank and row.estimate.value is not None}
        if one.apart is not None:
            others.setdefault(table.access, set()).update(told)
        else:
            values.setdefault(table.access, {})[one.label] = told
            pools.setdefault(table.access, set()).add(one.setting.pool)
    found = []
    for access, of in values.items():
        if ranks := mean_ranks(access, of, len(pools[access]), larger_is_better=metric.larger_is_better):
            more = others.get(access, set()) - {*ranks.ranks, *ranks.left_out}
            found.append(ranks._replace(left_out=[*ranks.left_out, *sorted(more)]))
    return found
