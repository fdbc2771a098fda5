"""The published table with what follows from it: counts, trivial rows, chance lines, and the user's own rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from scipy.stats import binom

from harness.editions.published import Published, PublishedRow
from harness.evaluation import metrics
from harness.evaluation.intervals import Estimate
from harness.evaluation.metrics import Confusion
from harness.evaluation.records import Record
from harness.evaluation.trivial import trivial_records
from harness.leaderboard.published_counts import DIGITS, counts_of_rates, cut_f1, derived, f1_estimate
from harness.seeds import rng_of

# own: on a truth that contradicts no published row; other: on other data, of which no rank says anything.
StandingKind = Literal["official", "own", "trivial", "chance", "other"]
CHANCE_LEVEL = 0.05  # one-sided
_SEED = 0


class Rates(NamedTuple):
    """What is shown beside F1; None where it does not follow."""

    accuracy: float | None = None
    recall: float | None = None
    precision: float | None = None
    kappa: float | None = None


class Counts(NamedTuple):
    """Whole counts; positive = used."""

    tp: int
    fp: int
    fn: int
    tn: int


@dataclass(frozen=True)
class Standing:
    """One row. rank: the official one, of official rows only; f1: cut to three digits, as published, empty for none.

    f1_estimate: F1 with its interval. What is not known is None.
    """

    kind: StandingKind
    rank: int | None
    team: str
    submission: str
    f1: str = ""
    f1_estimate: Estimate | None = None
    numbers: Rates = field(default_factory=Rates)
    counts: Counts | None = None


@dataclass(frozen=True)
class Standings:
    """A whole table.

    ranked: official rows in their order, others of the same candidates between them; chance: accuracies that chance
    seldom reaches; other: rows of other data, never among those. notes: sentences on the table; remarks: on own rows.
    """

    edition: str
    title: str
    ranked: Sequence[Standing]
    chance: Sequence[Standing]
    other: Sequence[Standing]
    notes: Sequence[str]
    remarks: Sequence[str]


def counted(kind: StandingKind, team: str, submission: str, of: Confusion, f1: Estimate | None = None) -> Standing:
    """The row of known counts [1]; f1: with its interval, by default that over resampled candidates."""
    values = (metrics.accuracy(of), metrics.recall(of), metrics.precision(of), metrics.kappa(of))
    numbers = Rates(*(None if math.isnan(value[0]) else float(value[0]) for value in values))
    counts = Counts(*(round(float(cell[0])) for cell in of))
    estimate = f1 or f1_estimate(of, rng_of(_SEED, "published", *counts))  # equal counts, equal intervals
    return Standing(kind, None, team, submission, cut_f1(of), estimate, numbers, counts)


def official_rows(published: Published) -> list[Standing]:
    """The rows as published, by rank, with what follows from each."""
    return [_official(row, published) for row in published.rows]


def _official(row: PublishedRow, published: Published) -> Standing:
    of = derived(row.f1, row.called_used, published.n_candidates, published.n_used)
    if of is None:
        return Standing("official", row.rank, row.team, row.submission, row.f1)
    return replace(counted("official", row.team, row.submission, of), rank=row.rank, f1=row.f1)


def trivial_rows(published: Published) -> list[Standing]:
    """All used, none used and a coin on the same candidates."""
    used = np.arange(published.n_candidates) < published.n_used
    return [_trivial(record) for record in trivial_records(used, "test", _SEED)]


def _trivial(record: Record) -> Standing:
    """A rule with one answer has counts; the coin has means, with the interval of a single throw."""
    assert record.f1 is not None
    assert record.f1.value is not None
    if record.resampled is None:
        return counted("trivial", record.attack, "", counts_of_record(record), record.f1)
    means = (record.accuracy, record.recall, record.precision, record.kappa)
    numbers = Rates(*(None if one is None else one.value for one in means))
    cut = math.floor(record.f1.value * 10**DIGITS) / 10**DIGITS
    return Standing("trivial", None, record.attack, "", f"{cut:.{DIGITS}f}", record.f1, numbers)


def counts_of_record(record: Record) -> Confusion:
    """The counts [1] behind a record of one target. ValueError where its truth is unknown or the rates do not fit."""
    rates = (record.recall, record.specificity)
    recall, specificity = (None if one is None else one.value for one in rates)
    if recall is None or specificity is None or record.n_members is None or record.n_nonmembers is None:
        raise ValueError(f"the truth of {record.attack} is not known, or is of one class only.")
    return counts_of_rates(recall, specificity, record.n_members, record.n_nonmembers)


def chance_line(n: int, n_runs: int) -> Standing:
    """The accuracy that one of n_runs coins reaches with a chance below 0.05 (Bonferroni), on n candidates."""
    accuracy = needed_right(n, CHANCE_LEVEL / n_runs) / n
    runs = "1 run" if n_runs == 1 else f"{n_runs} runs"
    return Standing("chance", None, f"chance ({runs})", "", numbers=Rates(accuracy))


def needed_right(n: int, level: float) -> int:
    """How many of n answers a coin has right with a chance below level, one-sided: the smallest such number."""
    return int(np.argmax(binom.sf(np.arange(n + 2) - 1, n, 0.5) < level))


def merged(official: Sequence[Standing], between: Sequence[Standing]) -> list[Standing]:
    """Official rows in their own order; each other one below all that have its F1 or a larger one."""
    places: list[tuple[float, Standing]] = [(place, row) for place, row in enumerate(official)]
    for row in between:
        place = sum(float(one.f1) >= float(row.f1) for one in official) - 0.5
        places.append((place, row))
    return [row for _, row in sorted(places, key=lambda placed: placed[0])]


def place_among(f1: str, rows: Sequence[PublishedRow]) -> str:
    """Where a cut F1 would lie among the published ones, in words."""
    level = [row for row in rows if row.f1 == f1]
    above = [row for row in rows if float(row.f1) > float(f1)]
    below = [row for row in rows if float(row.f1) < float(f1)]
    if level:
        return f"level with {' and '.join(map(_named, level))}"
    if not above:
        return f"above {_named(below[0])}"
    return f"between {_named(above[-1])} and {_named(below[0])}" if below else f"below {_named(above[-1])}"


def _named(row: PublishedRow) -> str:
    return f"rank {row.rank} ({row.team} {row.submission}, {row.f1})"
