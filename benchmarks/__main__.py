"""`python -m benchmarks`: which benchmarks there are, what each measures and needs, and how to run it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.table import Table

from benchmarks.benchmark import LUNG_SLICES, Benchmark
from benchmarks.find import all_benchmarks
from harness.cli import console, run_parsed

_HOW = """
One alone: python -m benchmarks.KIND.NAME, such as python -m benchmarks.speed.intervals; its --help has its options.
All of a kind, or some: python -m benchmarks.misread, python -m benchmarks.power --only attacks transfer.
All take --json FILE and --markdown FILE, and --quick for a small size, to try the command, at which no figure is
judged; some --full, the size of the results page. What lacks something it needs is named as skipped. The exit code is
1 where a figure asked for was not reached, 2 where nothing could run.

The standard suite of generators, the same for everybody, has commands of its own: python -m benchmarks.suite."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the list; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="List the benchmarks.")
    return run_parsed(parser, lambda options: _list(), arguments)


def _list() -> None:
    table = Table("name", "kind", "measures", "needs", box=None, padding=(0, 2, 0, 0))
    for one in all_benchmarks():
        table.add_row(one.name, one.kind, one.about, _needs(one))
    screen = console()
    screen.print(table)
    screen.print(_HOW, soft_wrap=True)


def _needs(benchmark: Benchmark) -> str:
    """What it cannot do without, or with which it measures more."""
    if LUNG_SLICES in benchmark.options and not benchmark.needs:
        return f"nothing; more with {LUNG_SLICES.need}"
    return ", ".join(option.need for option in benchmark.needs) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
