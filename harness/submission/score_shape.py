"""The shape of what `python -m harness.challenge score --json` writes, and what its JSON Schema is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.evaluation.records import Record


@dataclass(frozen=True)
class ScoreRecord(Record):
    """A submission or a trivial rule on the candidates of a truth.

    TP: used candidates that were called used, null of a trivial rule, as the other counts. FP: others that were. FN:
    used candidates that were not. TN: others that were not.
    """

    TP: int | None = None
    FP: int | None = None
    FN: int | None = None
    TN: int | None = None


@dataclass(frozen=True)
class Scores:
    """What submissions reach on a truth.

    schema: version of this shape. edition: whose official metrics they are. records: of the submissions as they were
    given, then of the trivial rules.
    """

    schema: Literal[1]
    edition: str
    records: list[ScoreRecord]
