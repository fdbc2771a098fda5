"""A class of odd inputs as a benchmark: how many were tried, and how they ended."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.odd_inputs.case import Case
from benchmarks.odd_inputs.judge import End
from benchmarks.odd_inputs.questions import QUESTIONS, Question
from benchmarks.odd_inputs.trial import tried
from benchmarks.rows import Row, at_most

ENDS: tuple[End, ...] = ("right", "refused", "wrong")
Cases = Callable[[Path | None], Sequence[Case]]
EVERY = Option("--every", 1, {"type": int, "metavar": "N", "help": "try every Nth case alone"})


def class_of_inputs(
    name: str, about: str, cases: Cases, quick: int = 1, options: tuple[Option, ...] = ()
) -> Benchmark:
    """cases: the folder of real slices, or None -> the cases; quick: every how many-th of them a quick run tries."""

    def measure(asked: argparse.Namespace) -> list[Row]:
        return rows_of(name, cases(getattr(asked, "lung_slices", None))[:: asked.every])

    quick_about = "every case" if quick == 1 else f"one case of {quick}"
    return Benchmark("misread", name, about, measure, {"every": quick}, quick_about, (EVERY, *options))


def rows_of(name: str, cases: Sequence[Case], questions: Mapping[str, Question] = QUESTIONS) -> list[Row]:
    """The count of the class, and a row for each case that ended wrong, or could not be tried."""
    there = [case for case in cases if not case.lacking]
    ends = {case.name: tried(case, questions) for case in there}
    count = Counter(one.end for one in ends.values())
    told = {end: count[end] for end in ENDS}
    wrong = {case: one.why for case, one in ends.items() if one.end == "wrong"}
    figure = f"{name}: {len(ends)} tried, {count['right']} right, {count['refused']} refused"
    return [
        at_most(figure, count["wrong"], "wrong", 0, tried=len(ends), **told, cases=wrong),
        *(Row(f"  wrong: {case}", None, why) for case, why in wrong.items()),
        *(Row(f"  {case.name}", None, "", skipped=case.lacking) for case in cases if case.lacking),
    ]


def total(rows: Sequence[Row]) -> Row:
    """All classes together."""
    counts = [row.detail for row in rows if "tried" in row.detail]
    n, right, refused, wrong = (sum(one[key] for one in counts) for key in ("tried", *ENDS))
    figure = f"all: {n} odd inputs tried, {right} right, {refused} refused"
    row = at_most(figure, wrong, "wrong", 0, tried=n, right=right, refused=refused, wrong=wrong)
    return replace(row, benchmark="benchmarks.misread")
