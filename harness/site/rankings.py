"""Leaderboards over several runs: rows that may be ranked together in one table, and others never in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.compare.settings import Setting, apart
from harness.config.public_options import ATTACK_NAME
from harness.evaluation.records import Record
from harness.report.board import CHANCE_AUC, BoardRow, board_row
from harness.report.table import sections
from harness.site.entry import Entry

_RANKED = ("attack", "baseline")


class Row(NamedTuple):
    """A row of a run. attack: the name of its page, None where it has none; access: what its attacker holds."""

    entry: Entry
    row: BoardRow
    attack: str | None
    access: str

    @property
    def seed(self) -> int | None:
        """Of its run; None where that is not passed on."""
        return self.entry.told.results.run.seed


class Ranking(NamedTuple):
    """One table: its title, and rows, the largest AUC first; known: whether any truth is."""

    title: str
    rows: list[Row]
    known: bool

    @property
    def seeded(self) -> bool:
        """Whether any run tells its seed."""
        return any(row.seed is not None for row in self.rows)


class TaskRankings(NamedTuple):
    """The tables of one task: what `harness.compare` calls a setting, whatever the attacker holds."""

    title: str
    told: str
    entries: list[Entry]
    rankings: list[Ranking]


def rankings(entries: Sequence[Entry], wanted: Callable[[Record], bool] = lambda record: True) -> list[TaskRankings]:
    """All tables, a task after the other. wanted: which rows of attacks and published methods there are."""
    tasks: dict[Setting, list[_Placed]] = {}
    there: dict[tuple[Setting, str, str], list[Record]] = {}
    for entry in entries:
        for record, place in zip(entry.told.results.records, entry.tasks, strict=True):
            same = there.setdefault((place.setting, record.label, _faced(entry, record)), [])
            if record.kind in _RANKED and record.skipped is None and wanted(record) and record not in same:
                same.append(record)
                tasks.setdefault(place.task, []).append(_Placed(entry, record, place.setting))
    first: dict[str, Setting] = {}
    return [_task(task, placed, first) for task, placed in tasks.items()]


class _Placed(NamedTuple):
    entry: Entry
    record: Record
    setting: Setting


def _task(task: Setting, placed: Sequence[_Placed], first: dict[str, Setting]) -> TaskRankings:
    """first: by title the first task that has it, of which another of the same title says what tells it apart."""
    entry = placed[0].entry
    of = {id(one.record): one for one in placed}
    tables = []
    for title, records in sections([one.record for one in placed]):
        alike: dict[Setting, list[_Placed]] = {}
        for record in records:
            alike.setdefault(of[id(record)].setting, []).append(of[id(record)])
        leader = next(iter(alike))
        for setting, rows in alike.items():
            called = title if setting is leader else f"{title}. A table apart: {apart(setting, leader)}"
            known = any(one.record.n_members is not None for one in rows)
            tables.append(Ranking(called, [_row(one.entry, one.record) for one in rows], known))
    scope, size, title = entry.told.scope, entry.told.results.run, f"{entry.told.scope.data}: {entry.made}"
    told = f"{scope.told}, {size.n_images} released images looked at each."
    if (other := first.setdefault(title, task)) is not task:
        told += f" Apart from the first of this name: {apart(task, other)}."
    return TaskRankings(title, told, list({id(one.entry): one.entry for one in placed}.values()), tables)


def _faced(entry: Entry, record: Record) -> str:
    """What rows of equal figures share to be one row of two runs: the generators, and whether the run chose it."""
    return repr((entry.facts["generators"] or entry.slug, record.label == entry.chosen))


def _row(entry: Entry, record: Record) -> Row:
    return Row(entry, board_row(record, entry.chosen), attack_of(record), record.access)


def attack_of(record: Record) -> str | None:
    """The name under which an attack has a page; None for what is none, or has a name that no attack can have."""
    known = record.kind == "attack" and re.fullmatch(ATTACK_NAME, record.attack)
    return record.attack if known else None


class Reach(NamedTuple):
    """How one attack does over runs, on their shadows. label: its row's; n: runs in which it was measured; above: in
    which its whole interval is above guessing; against: in which others of its access were measured; first: of
    these, in which none of them has a larger AUC; chosen: in which it was applied to the test; best: where its AUC is
    largest.
    """

    label: str
    n: int
    above: int
    against: int
    first: int
    chosen: int
    best: Entry
    auc: BoardRow


def reach(entries: Sequence[Entry], attack: str) -> list[Reach]:
    """What an attack reaches, by its rows' labels: on the model itself, or through a surrogate."""
    found: dict[str, list[tuple[float, Entry, Record]]] = {}
    for entry in entries:
        for record in entry.attacks:
            if record.attack == attack and record.target_set == "shadow" and _auc(record) is not None:
                found.setdefault(record.label, []).append((_auc(record) or 0.0, entry, record))
    return [_reach(label, rows) for label, rows in found.items()]


def _reach(label: str, rows: list[tuple[float, Entry, Record]]) -> Reach:
    _, best, record = max(rows, key=lambda row: row[0])
    beside = [_of_others(entry, one) for _, entry, one in rows]
    return Reach(
        label,
        len(rows),
        sum(one.auc is not None and one.auc.low is not None and one.auc.low > CHANCE_AUC for _, _, one in rows),
        sum(bool(others) for others in beside),
        sum(bool(others) and auc >= max(others) for (auc, _, _), others in zip(rows, beside, strict=True)),
        sum(entry.chosen == label for _, entry, _ in rows),
        best,
        board_row(record, None),
    )


def _of_others(entry: Entry, like: Record) -> list[float]:
    """The AUCs of a run's other attacks that hold the same."""
    same = (one for one in entry.attacks if (one.access, one.target_set) == (like.access, like.target_set))
    return [auc for one in same if one.label != like.label and (auc := _auc(one)) is not None]


def _auc(record: Record) -> float | None:
    return record.auc.value if record.auc is not None and record.skipped is None else None
