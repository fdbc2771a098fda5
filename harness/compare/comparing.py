"""`compare`: from folders of runs to tables that may be ranked, mean ranks, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from harness.compare import notes
from harness.compare.agreeing import agreeing
from harness.compare.compared import By, ComparedRow, ComparedRuns, ComparedTable
from harness.compare.held import Asked, Held, held_of
from harness.compare.metric import Metric, metric_called
from harness.compare.people import of_whom
from harness.compare.ranks import MeanRanks, mean_ranks
from harness.compare.rows import Said, said
from harness.compare.runs import Run, find_runs
from harness.compare.same_slices import of_one_name
from harness.compare.setting_rows import drawn_of, ranked, rows_of, wins
from harness.compare.settings import Setting, apart, labels
from harness.errors import InputError, unknown_name
from harness.evaluation.intervals import N_RESAMPLES
from harness.evaluation.records import TargetSet
from harness.report.table import section_title


def compared(paths: Sequence[Path], *, by: By, metric: str, on: TargetSet, seed: int) -> ComparedRuns:
    """See `harness.compare.compare`."""
    for what, given, known in (("--by", by, get_args(By)), ("--on", on, get_args(TargetSet))):
        if given not in known:
            raise InputError(unknown_name(f"{what} called", given, known))
    asked = Asked(by, metric_called(metric), on, seed)
    found = find_runs(paths)
    runs, renamed = of_one_name(found.runs)
    everything, refused = _said(runs, on)
    if not everything:
        raise InputError(f"No attack of the {len(runs)} runs there ran on targets called {on}.")
    everything, contradict = agreeing(everything, asked.metric)
    held, twice = held_of(everything, asked.metric)
    settings, of_seed = zip(*_tables(held, asked), strict=True) if held else ((), ())
    return ComparedRuns(
        metric=asked.metric,
        by=by,
        on=on,
        n_runs=len(runs) - len(refused) - len(contradict),
        tables=list(settings) if by == "attack" else _beside(held, settings, of_seed, asked),
        settings=list(settings),
        ranks=_ranks(held, settings, asked.metric),
        notes=notes.of_all(runs, renamed, twice, asked.metric),
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


def _tables(held: Sequence[Held], asked: Asked) -> Iterator[tuple[ComparedTable, list[ComparedRow]]]:
    """A table a setting, and the same rows seed by seed where those are asked for."""
    first: dict[str, Setting] = {}
    many = len({one.label for one in held}) > 1
    for one in held:
        n_attacks = len({attack for seed in one.seeds for attack in seed})
        n_pairs = n_attacks * (n_attacks - 1) // 2 if asked.by == "attack" else 0
        drawn = drawn_of(one.seeds, asked, N_RESAMPLES)
        rows = ranked(rows_of(one, drawn, asked.metric), len(one.seeds), asked.metric)
        leader = first.setdefault(one.setting.access, one.setting)
        told = [] if leader is one.setting else [apart(one.setting, leader)]
        told += [] if one.apart is None else [one.apart]
        table = ComparedTable(
            title=section_title(asked.on, one.setting.access, one.label if many else ""),
            access=one.setting.access,
            ranked=True,
            apart="; ".join(told) or None,
            rows=rows,
            wins=wins([row.attack for row in rows], drawn, asked.metric) if n_pairs else [],
            notes=notes.of_table(one.seeds, rows, asked.metric),
        )
        yield table, _seed_by_seed(one, asked) if asked.by == "seed" else []


def _seed_by_seed(held: Held, asked: Asked) -> list[ComparedRow]:
    found = []
    for seed in held.seeds:
        rows = rows_of(Held(held.setting, held.label, [seed]), drawn_of([seed], asked, N_RESAMPLES), asked.metric)
        found += [(row, next(iter(seed.values())).run.seed) for row in rows]
    return [replace(row, setting=f"seed {'not told' if seed is None else seed}", rank=None) for row, seed in found]


def _beside(
    held: Sequence[Held],
    tables: Sequence[ComparedTable],
    of_seed: Sequence[list[ComparedRow]],
    asked: Asked,
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


def _ranks(held: Sequence[Held], tables: Sequence[ComparedTable], metric: Metric) -> list[MeanRanks]:
    """Of each setting the first group alone: attacks of other seeds were not ranked with it."""
    values: dict[str, dict[str, dict[str, float]]] = {}
    people: dict[str, dict[str, str]] = {}
    whom = of_whom({one.setting: next(iter(one.seeds[0].values())).candidates for one in held if one.apart is None})
    others: dict[str, set[str]] = {}
    for one, table in zip(held, tables, strict=True):
        told = {row.attack: row.estimate.value for row in table.rows if row.rank and row.estimate.value is not None}
        if one.apart is not None:
            others.setdefault(table.access, set()).update(told)
        else:
            values.setdefault(table.access, {})[one.label] = told
            people.setdefault(table.access, {})[one.label] = whom[one.setting]
    found = []
    for access, of in values.items():
        if ranks := mean_ranks(access, of, people[access], larger_is_better=metric.larger_is_better):
            more = others.get(access, set()) - {*ranks.ranks, *ranks.left_out}
            found.append(ranks._replace(left_out=[*ranks.left_out, *sorted(more)]))
    return found
