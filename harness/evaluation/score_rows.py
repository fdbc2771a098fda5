"""`scores.csv` read back: a row a candidate of a target, for an attack."""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, FiniteFloat, TypeAdapter

from harness.evaluation.records import SCORE_COLUMNS

MOST_SCORES_BYTES = 2**30
_TARGET = r"(?:shadow-[0-9]{1,6}|dev|test)"  # numbers of pairs become array indices


class ScoreRow(NamedTuple):
    """A line of `scores.csv`; decision and member are None where there is none, or nobody knows."""

    target: Annotated[str, Field(pattern=rf"^{_TARGET}\z")]
    candidate_id: str
    patient_id: str
    attack: str
    score: FiniteFloat
    probability: FiniteFloat
    decision: Literal[0, 1] | None
    member: Literal[0, 1] | None


def score_rows(text: str) -> list[ScoreRow]:
    """The rows of a file's text. ValueError or KeyError for what `harness.run` does not write."""
    lines = csv.reader(StringIO(text, newline=""))
    if tuple(next(lines, ())) != SCORE_COLUMNS:
        raise ValueError("scores.csv has other columns")
    check = TypeAdapter(ScoreRow)
    numbers = {"": None, "0": 0, "1": 1}
    rows = []
    for *texts, score, probability, decision, member in lines:
        if len(texts) != 4:
            raise ValueError("scores.csv has a line of other columns")
        if not re.fullmatch(_TARGET, texts[0]):
            raise ValueError("scores.csv has a target that is none: shadow-N, N of six digits at most, dev or test")
        values = (*texts, float(score), float(probability), numbers[decision], numbers[member])
        rows.append(check.validate_python(values))
    return rows
