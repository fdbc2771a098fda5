"""All that a page shows, as plain data. The page reads nothing else: no store, no settings, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.comparison import Comparison
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.report.matched import Matched

Facts = Mapping[str, "str | Mapping[str, str]"]


@dataclass(frozen=True)
class ScoredAttack:
    """One attack's judged rows on the shadows.

    score: float64 [n], larger = more likely a member; probability: float64 [n] in 0 to 1, held out;
    member: bool [n]; access: as in the attack's record. Raises ValueError where the lengths differ.
    """

    name: str
    access: str
    score: NDArray[np.float64]
    probability: NDArray[np.float64]
    member: NDArray[np.bool_]
    chosen: bool = False

    def __post_init__(self) -> None:
        lengths = {len(self.score), len(self.probability), len(self.member)}
        if len(lengths) > 1:
            raise ValueError(
                f"The curve of {self.name} has {len(self.score)} scores, {len(self.probability)} probabilities and "
                f"{len(self.member)} members; they must be as many."
            )


class Decisions(NamedTuple):
    """What one decision rule reaches with the chosen attack on the shadows; None where it cannot be had."""

    f1: Estimate | None
    accuracy: Estimate | None
    recall: Estimate | None


@dataclass(frozen=True)
class PowerSeries:
    """One line of a power figure: AUC against x, say the number of released images.

    x: ascending; auc, low, high: as long as x, low and high with None where there is no interval. Series with
    the same x_label share a panel. Raises ValueError where the lengths differ.
    """

    name: str
    x_label: str
    x: Sequence[float]
    auc: Sequence[float]
    low: Sequence[float | None]
    high: Sequence[float | None]

    def __post_init__(self) -> None:
        lengths = [len(self.x), len(self.auc), len(self.low), len(self.high)]
        if len(set(lengths)) > 1:
            raise ValueError(
                f"The power series {self.name} has x, auc, low, high of lengths {lengths}, not the same."
            )


@dataclass(frozen=True)
class MatchedPair:
    """A candidate and the released image that matches it best; images uint8 [h, w]; member None: not known."""

    candidate: NDArray[np.uint8]
    released: NDArray[np.uint8]
    candidate_id: str
    score: float
    probability: float
    member: bool | None = None


class PlanRow(NamedTuple):
    """A generator of the plan: how many slices it learnt from (None: withheld) and its key in the store."""

    name: str
    members: int | None
    key: str


@dataclass(frozen=True)
class PageContent:
    """What the pages say.

    alarms: sentences on controls outside chance, on leaks of the plan, and those of nobody, which make the
    whole report one not to be trusted. nobody: why nobody can be called by the test release, empty where all is well.
    summary: sentences on what was attacked and what came out, the first the most important.
    records: every row of the table, skipped ones too. chosen: the attack applied to the test release.
    choices: selection rule -> attack; declared_choice: the rule fixed beforehand. decisions and
    declared_decision: the same for decision rules with the chosen attack. matched: recipes that were tried.
    sheet: best match first; in_place_of_sheet: what the page says where it may show none. about_keys: what the
    keys of the plan are. facts: versions, hashes,
    commit, command, seeds, hardware; a mapping inside is a table of its own.
    """

    title: str
    summary: Sequence[str]
    records: Sequence[Record]
    alarms: Sequence[str] = ()
    nobody: Sequence[str] = ()
    chosen: str | None = None
    curves: Sequence[ScoredAttack] = ()
    comparisons: Sequence[Comparison] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    declared_choice: str | None = None
    decisions: Mapping[str, Decisions] = field(default_factory=dict)
    declared_decision: str | None = None
    power: Sequence[PowerSeries] = ()
    matched: Matched | None = None
    sheet: Sequence[MatchedPair] = ()
    in_place_of_sheet: str = ""
    plan: Sequence[PlanRow] = ()
    about_keys: str = "the key under which each lies in the store; the same command makes the same keys"
    facts: Facts = field(default_factory=dict)
