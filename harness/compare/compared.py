"""What a comparison of runs holds: tables of typed rows, mean ranks, notes. Every format is drawn from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from harness.compare.metric import Metric
from harness.compare.ranks import MeanRanks
from harness.evaluation.comparison import Comparison
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import TargetSet

if TYPE_CHECKING:
    import pandas as pd

By = Literal["attack", "data", "shadow", "preset", "seed"]


class OfSeed(NamedTuple):
    """What one seed's run found; seed: None where the run does not tell it."""

    seed: int | None
    value: float


@dataclass(frozen=True)
class ComparedRow:
    """One attack in one setting: the mean over seeds.

    attack: its label, with the options that differ between the runs; setting: the name of its setting; estimate: with
    a 95 % interval that resamples runs and patients (of a single run pairs of shadows and patients), value None where
    there is none and why in its note; each: every seed's own value; rank: among the rows of its table, 1 is the best,
    None where rows are not ranked; n_members, n_nonmembers: a seed, over its targets.
    """

    attack: str
    setting: str
    access: str
    estimate: Estimate
    each: list[OfSeed]
    rank: float | None
    n_targets: int
    n_members: int | None
    n_nonmembers: int | None

    @property
    def n_seeds(self) -> int:
        """How many seeds the mean is of."""
        return len(self.each)


@dataclass(frozen=True)
class ComparedTable:
    """Rows of one table, the best first where they are ranked.

    apart: why they are not ranked with those of the table above, None for the first of an access and where nothing is
    ranked; wins: every pair of its attacks, differences on the targets that both met, corrected by Holm within the
    table; notes: what its figures do not cover, in sentences.
    """

    title: str
    access: str
    ranked: bool
    apart: str | None
    rows: list[ComparedRow]
    wins: list[Comparison] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ComparedRuns:
    """Everything that `harness.compare.compare` found.

    on: the targets, `shadow`, `dev` or `test`; tables: as `by` has them; settings: a table for each setting, whatever
    `by` is; ranks: mean ranks over settings, an access each; refused: a sentence for each folder that could not be
    read; notes: of the whole.
    """

    metric: Metric
    by: By
    on: TargetSet
    n_runs: int
    tables: list[ComparedTable]
    settings: list[ComparedTable]
    ranks: list[MeanRanks]
    notes: list[str]
    refused: list[str]

    @property
    def rows(self) -> list[ComparedRow]:
        """The rows of all tables, one after another."""
        return [row for table in self.tables for row in table.rows]

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a data frame of the columns `LINE_COLUMNS`: full digits, seeds and their values as text."""
        import pandas as pd  # start-up: half a second

        return pd.DataFrame(self.lines(), columns=list(LINE_COLUMNS))

    def lines(self) -> list[tuple[object, ...]]:
        """The rows as plain values, in the order of `LINE_COLUMNS`; table: its number, from 1."""
        return [
            (
                number, row.attack, row.setting, row.access, self.on, self.metric.name, row.estimate.value,
                row.estimate.low, row.estimate.high, row.estimate.note, row.rank, row.n_seeds,
                " ".join("" if one.seed is None else str(one.seed) for one in row.each),
                " ".join(repr(one.value) for one in row.each),
                row.n_targets, row.n_members, row.n_nonmembers,
            )
            for number, table in enumerate(self.tables, start=1)
            for row in table.rows
        ]  # fmt: skip


LINE_COLUMNS = (
    "table", "attack", "setting", "access", "target_set", "metric", "value", "low", "high", "note", "rank", "n_seeds",
    "seeds", "each", "n_targets", "n_members", "n_nonmembers",
)  # fmt: skip
