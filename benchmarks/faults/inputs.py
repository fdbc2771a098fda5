"""Bad input, all classes of `benchmarks.misread`: the right answer, or a refusal in a sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counts import to_its_end
from benchmarks.find import find_benchmarks
from benchmarks.odd_inputs.kinds import EVERY, total
from benchmarks.rows import Row, at_most


def measure(options: argparse.Namespace) -> list[Row]:
    """A row of all classes, and one for each input that ended wrong or could not be tried."""
    known = find_benchmarks("misread")
    names = [*known] if options.classes is None else options.classes
    rows: list[Row] = []
    for name in names:
        one = known[name]
        rows += one.measure(one.filled_in({"every": options.every}, "usual"))
    return counted(rows)


def counted(rows: Sequence[Row]) -> list[Row]:
    """The rows of classes as one; those of single inputs stay."""
    every = total(rows).detail
    tried, wrong = every["tried"], every["wrong"]
    figure = f"inputs: {tried} tried, answered properly {tried - wrong}"
    told = {"answered": tried - wrong, "right": every["right"], "refused": every["refused"]}
    return [
        at_most(figure, wrong, "wrong", 0, inputs=tried, **told),
        *(row for row in rows if "tried" not in row.detail),
    ]


_CLASSES = Option("--classes", None, {"nargs": "+", "metavar": "NAME", "choices": [*find_benchmarks("misread")],
                                      "help": "of these classes alone"})  # fmt: skip
BENCHMARK = Benchmark(
    "faults",
    "inputs",
    "bad input of every class of benchmarks.misread: the right answer, or a refusal in a sentence",
    to_its_end("inputs", measure),
    {"every": 40},
    "one case of 40",
    (EVERY, _CLASSES),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
