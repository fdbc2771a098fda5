"""The commands that run benchmarks: one alone, as its module is run, or those of a kind, as its package is."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.benchmark import OVERRIDE, Benchmark, Kind, Size
from benchmarks.find import find_benchmarks
from benchmarks.markdown import rows_as_markdown
from benchmarks.pages import Origin, origin_of, write_block
from benchmarks.rows import Row, shown, skipped, write
from benchmarks.sides import shown_sides
from harness.cli import CODE_INPUT, console, run_parsed
from harness.errors import InputError, unknown_name
from harness.places import check_file, check_folder, expand_paths

Total = Callable[[Sequence[Row]], Row]
_OF_ALL = ("json", "markdown", "quick", "full")


class _Line(NamedTuple):
    """The command line: what `python -m` runs, and the words behind it."""

    module: str
    words: Sequence[str]


class _Asked(NamedTuple):
    """What the command line says. given: options of benchmarks that were given, by name; json, markdown: files."""

    benchmarks: Sequence[Benchmark]
    given: Mapping[str, Any]
    size: Size
    json: Path | None
    markdown: Path | None
    origin: Origin | None

    def write(self, rows: Sequence[Row], took: Mapping[str, float]) -> None:
        """All that was measured so far, into the files that were asked for. took: seconds of each benchmark."""
        if self.json is not None:
            write(self.json, rows, self.size, took)
        if self.markdown is not None and self.origin is not None:
            write_block(self.markdown, self.origin, rows_as_markdown(rows, self.small_size(self.benchmarks[0])))

    def small_size(self, benchmark: Benchmark) -> str | None:
        """What `--quick` stands for, where it was given."""
        if self.size != "quick":
            return None
        return benchmark.quick_about if len(self.benchmarks) == 1 else "of a small size"


def run_one(benchmark: Benchmark, arguments: Sequence[str] | None = None) -> int:
    """`python -m benchmarks.KIND.NAME`: the benchmark alone; returns the exit code."""
    parser = _parser(benchmark.module, benchmark.about, [benchmark], alone=True)
    line = _Line(benchmark.module, sys.argv[1:] if arguments is None else arguments)
    return run_parsed(parser, lambda options: _run(_asked([benchmark], vars(options), line)), arguments)


def run_kind(kind: Kind, arguments: Sequence[str] | None = None, total: Total | None = None) -> int:
    """`python -m benchmarks.KIND`: all benchmarks of the kind, or those named; returns the exit code.

    total: makes of all rows a last one, where the kind has figures that add up.
    """
    known = find_benchmarks(kind)
    about = f"Run the benchmarks of {kind}: {', '.join(known)}. `python -m benchmarks` says what each measures."
    parser = _parser(f"benchmarks.{kind}", about, [*known.values()])
    line = _Line(f"benchmarks.{kind}", sys.argv[1:] if arguments is None else arguments)
    parser.add_argument("--only", nargs="+", action="extend", metavar="NAME", help="run these alone; repeatable")

    def body(options: argparse.Namespace) -> int:
        words = vars(options)
        return _run(_asked(_named(kind, known, words), words, line), total)

    return run_parsed(parser, body, arguments)


def _parser(module: str, about: str, benchmarks: Sequence[Benchmark], alone: bool = False) -> argparse.ArgumentParser:
    """Takes every option of the benchmarks. What is not given is absent from the result: defaults differ."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}", description=about, argument_default=argparse.SUPPRESS
    )
    size = f"{benchmarks[0].quick_about}," if alone else "of a small size,"
    expand_paths(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write them into a page, in their place")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help=f"{size} to try the command: no figure is judged")
    if any(one.full for one in benchmarks):
        sizes.add_argument("--full", action="store_true", help="of the size of the results page: hours")
    for option in {option.flag: option for one in benchmarks for option in one.options}.values():
        required: dict[str, Any] = {"required": True} if alone and option in benchmarks[0].needs else {}
        parser.add_argument(option.flag, **option.how, **required)
    return parser


def _named(kind: Kind, known: Mapping[str, Benchmark], words: dict[str, Any]) -> list[Benchmark]:
    """The benchmarks of `--only`, in the order of names; options of harness.run behind them are handed on."""
    told = words.pop("only", None)
    if told is None:
        return [*known.values()]
    overrides = [word for word in told if "=" in word or word.startswith("~")]
    names = [word for word in told if word not in overrides]
    for name in names:
        if name not in known:
            raise InputError(unknown_name(f"benchmark of {kind}", name, known))
    if not names:
        raise InputError(f"--only names no benchmark; there are: {', '.join(known)}.")
    if overrides:
        words[OVERRIDE.name] = [*words.get(OVERRIDE.name, []), *overrides]
    return [one for name, one in known.items() if name in names]


def _asked(benchmarks: Sequence[Benchmark], words: dict[str, Any], line: _Line) -> _Asked:
    """InputError for an option that none of the benchmarks takes, a folder that is none, a file not to be written."""
    given = {name: value for name, value in words.items() if name not in _OF_ALL and value != []}
    flags = {option.name: option.flag for one in benchmarks for option in one.options}
    for name, value in given.items():
        if name not in flags:
            told = " ".join(value) if name == OVERRIDE.name else f"--{name.replace('_', '-')}"
            raise InputError(f"{told} is of no use to {', '.join(one.name for one in benchmarks)}; leave it away.")
    slices = given.get("lung_slices")
    if slices is not None and not slices.is_dir():
        raise InputError(f"--lung-slices {slices} is no folder; give one with slices, an imagefolder.")
    for name in ("store", "keep"):
        if given.get(name) is not None:
            check_folder(f"--{name} ", given[name], {})
    for name in ("json", "markdown"):
        check_file(f"--{name}", words.get(name), [slices, given.get("store")])
    size: Size = "quick" if words.get("quick") else "full" if words.get("full") else "usual"
    page = words.get("markdown")
    return _Asked(benchmarks, given, size, words.get("json"), page, None if page is None else origin_of(*line))


def _run(asked: _Asked, total: Total | None = None) -> int:
    """Measure, print and write one after the other, so that a failure late loses nothing that was measured before.

    Returns 1 where a figure was not reached, 2 where nothing could run.
    """
    rows: list[Row] = []
    took: dict[str, float] = {}
    screen = console()
    for benchmark in asked.benchmarks:
        started = time.perf_counter()
        found = _rows(benchmark, asked)
        took[benchmark.module] = round(time.perf_counter() - started, 1)
        size = benchmark.quick_about if asked.size == "quick" else None
        title = f"{benchmark.module}, {took[benchmark.module]:.0f} s" if len(asked.benchmarks) > 1 else None
        screen.print(shown(found, title, size))
        if any(row.sides for row in found):
            screen.print(shown_sides(found))
        rows += found
        asked.write(rows, took)
    if total is not None:
        last = _judged([total(rows)], asked)
        screen.print(shown(last, "all", asked.benchmarks[0].quick_about if asked.size == "quick" else None))
        rows += last
        asked.write(rows, took)
    if all(row.skipped is not None for row in rows):
        return CODE_INPUT
    return 1 if any(row.holds is False for row in rows) else 0


def _rows(benchmark: Benchmark, asked: _Asked) -> list[Row]:
    lacking = benchmark.lacks(asked.given)
    if lacking:
        found = [skipped(benchmark.name, f"needs {' and '.join(lacking)}")]
    else:
        found = [*benchmark.measure(benchmark.filled_in(asked.given, asked.size))]
    return [replace(row, benchmark=benchmark.module) for row in _judged(found, asked)]


def _judged(rows: Sequence[Row], asked: _Asked) -> list[Row]:
    """A quick run judges no figure."""
    return [replace(row, holds=None) for row in rows] if asked.size == "quick" else [*rows]
