"""Filters of a page: what there is to choose, and what each row says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.report.featured import HOLDS
from harness.site.entry import Entry
from harness.site.rankings import Row

_ALL_HOLD = "The attacker holds "


class Option(NamedTuple):
    """One that may be chosen."""

    value: str
    text: str


class Choice(NamedTuple):
    """A filter: the name of its facet, what it is called, what there is to choose."""

    name: str
    title: str
    options: list[Option]


def facets_of_row(one: Row) -> str:
    """What the filters ask of a row of a leaderboard."""
    return facets(one.entry, [one.access], [one.attack or ""])


def facets(entry: Entry, access: Iterable[str], attacks: Iterable[str]) -> str:
    """What the filters ask of a row that is about one run, as JSON: a list of values to each facet."""
    return as_facets([entry], access, attacks)


def as_facets(entries: Sequence[Entry], access: Iterable[str], attacks: Iterable[str]) -> str:
    """The same of a row that is about several runs."""
    values = {
        "data": sorted({one.told.scope.data for one in entries}),
        "family": sorted({one.told.results.family for one in entries}),
        "access": sorted(access),
        "attack": sorted(attacks),
    }
    return json.dumps(values)


def choices(entries: Sequence[Entry], attacks: Sequence[str]) -> list[Choice]:
    """All filters; attacks: the names that there are."""
    data = {one.told.scope.data for one in entries}
    families = {one.told.results.family for one in entries}
    there = {one.access for entry in entries for one in entry.attacks if one.skipped is None}
    return [
        _choice("data", "data", data),
        _choice("family", "generators", families),
        Choice("access", "the attacker holds", [Option(one, held(one)) for one in HOLDS if one in there]),
        _choice("attack", "attack", attacks),
    ]


def held(access: str) -> str:
    """What is held, without who holds it."""
    return HOLDS[access].removeprefix(_ALL_HOLD)


def _choice(name: str, title: str, values: Iterable[str]) -> Choice:
    return Choice(name, title, [Option(one, one) for one in sorted(values)])
