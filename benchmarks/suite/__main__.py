"""`python -m benchmarks.suite`: the standard suites."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from benchmarks.pages import origin_of, write_block
from benchmarks.suite.definition import Suite, load_suite, suite_names
from benchmarks.suite.pooled import rates_over_tasks
from benchmarks.suite.results import Board, families_of, leads, made_at, read_runs
from benchmarks.suite.running import Places, gib, hours, knn_elsewhere, run_task, steps_for
from benchmarks.suite.table import Lines, agreement, tables
from harness.cli import console, run_parsed
from harness.errors import InputError
from harness.places import check_file, check_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one of the commands; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suite", description="The standard suites.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("list", help="which suites there are").set_defaults(do=_list)
    for name, about, do in (
        ("plan", "what a suite trains, hours and GiB first", _plan),
        ("run", "run its tasks, or what is left of them", _run),
        ("find", "what plain knn finds by steps, on seeds that are not the suite's", _find),
        ("table", "what runs of it found", _table),
    ):
        command = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        command.add_argument("suite", metavar="NAME", help=f"one of {', '.join(suite_names())}")
        command.set_defaults(do=do)
        if name == "table":
            command.add_argument("runs", type=Path, nargs="+", metavar="RUNS", help="folders that runs lie in")
            command.add_argument("--markdown", type=Path, metavar="FILE", help="write them into a page, too")
            command.add_argument("--picture", type=Path, metavar="FILE", help="write the leak curve, PNG or SVG")
            command.add_argument(
                "--beside", nargs=2, metavar=("NAME", "RUNS"), help="whether another suite ranks attacks alike"
            )
            continue
        command.add_argument("--folder", metavar="DIR", help="your slices, for a suite of them")
        if name == "find":
            command.add_argument("task", metavar="TASK")
            command.add_argument("--steps", type=_count, nargs="+", required=True, metavar="N")
            command.add_argument("--repeats", type=_count, default=1, metavar="N", help="draws of data and seeds")
        else:
            command.add_argument("--tasks", nargs="+", metavar="TASK", help="these alone")
        if name != "plan":
            command.add_argument("--store", type=Path, default=Path("store"), metavar="DIR", help="default: store")
            command.add_argument("--device", metavar="NAME", help="what computes, as device= of harness.run")
            command.add_argument("--workers", type=_count, metavar="N", help="processes at a time")
        if name == "run":
            command.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
            command.add_argument(
                "--attacks", metavar="NAMES", help="in place of the suite's, as attack= takes them: knn or [knn,mine]"
            )
    parser.set_defaults(words=sys.argv[1:] if arguments is None else arguments)
    return run_parsed(parser, lambda options: options.do(options), arguments)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1")
    return number


def _list(options: argparse.Namespace) -> None:
    del options
    rows = []
    for name in suite_names():
        suite = load_suite(name)
        total = sum(hours(suite, task) for task in suite.tasks)
        needs = f"{total:.1f}{', one GPU' if suite.gpu else ''}"
        rows.append([name, str(suite.version), str(len(suite.tasks)), needs, suite.title])
    _print(Lines("Suites", ["name", "version", "tasks", "hours here", "what"], rows))


def _plan(options: argparse.Namespace) -> None:
    suite = load_suite(options.suite)
    names = suite.named(options.tasks)
    total, kept = (sum(of(suite, name) for name in names) for of in (hours, gib))
    screen = console()
    computes = "one GPU" if suite.gpu else "this machine's cores"
    screen.print(
        f"About {total:.1f} hours of training on {computes} and {kept:.1f} GiB in the store, by what was measured "
        "where the suite was made; attacks come on top."
    )
    screen.print(suite.about, soft_wrap=True)
    rows = [
        [name, f"{hours(suite, name):.2f}", f"{gib(suite, name):.2f}", " ".join(suite.words(name, options.folder))]
        for name in names
    ]
    _print(Lines(f"{suite.name}, version {suite.version}", ["task", "hours", "GiB", "options"], rows))


def _run(options: argparse.Namespace) -> None:
    suite = load_suite(options.suite)
    check_folder("--out ", options.out, {"--store": options.store})
    screen = console()
    for name in suite.named(options.tasks):
        screen.print(f"{suite.name}: {name} ... (how far it is: out.txt in its folder)")
        run = run_task(suite, name, (options.out / suite.name).resolve(), _places(options), options.attacks)
        screen.print(f"  {run}", soft_wrap=True)
    there = [options.out / suite.name]
    board = read_runs(suite, there)
    for lines in tables(suite, board, rates_over_tasks(suite, board, there), intervals=False):
        _print(lines)


def _find(options: argparse.Namespace) -> None:
    suite = load_suite(options.suite)
    suite.named([options.task])
    rows, means = [], []
    tried = sorted(set(options.steps))
    for steps in tried:
        found = [knn_elsewhere(suite, options.task, steps, draw, _places(options)) for draw in range(options.repeats)]
        means.append(float(np.mean(found)))
        rows.append([str(steps), f"{means[-1]:.3f}", ", ".join(f"{one:.3f}" for one in found)])
        console(stderr=True).print(f"{steps} steps: {rows[-1][1]}")
    _print(Lines(f"{options.task}: AUC of plain knn elsewhere", ["steps", "mean", "each"], rows))
    read_off = []
    for level, (low, high) in suite.levels.items():
        there = steps_for(tried, means, (low + high) / 2)
        read_off.append([level, f"{low:g} to {high:g}", "beyond what was tried" if there is None else str(there)])
    _print(Lines("Steps for the middle of each level", ["level", "AUC", "steps"], read_off))


def _places(options: argparse.Namespace) -> Places:
    folder = None if options.folder is None else str(Path(options.folder).resolve())
    computes = {"device": options.device, "launch.workers": options.workers}
    words = tuple(f"{name}={value}" for name, value in computes.items() if value is not None)
    return Places(options.store.resolve(), folder, words)


def _table(options: argparse.Namespace) -> None:
    suite = load_suite(options.suite)
    read = [*options.runs, *([] if options.beside is None else [Path(options.beside[1])])]
    for option, path in (("--markdown", options.markdown), ("--picture", options.picture)):
        check_file(option, path, read)
    if options.picture is not None and options.picture.suffix not in (".png", ".svg"):
        raise InputError(f"--picture {options.picture} is neither a .png nor an .svg.")
    board = read_runs(suite, options.runs)
    rates = rates_over_tasks(suite, board, options.runs)
    told = made_at(options.runs)
    if options.beside is not None:
        told += f" {_beside(suite, board, *options.beside)}"
    for lines in tables(suite, board, rates, intervals=False):
        _print(lines)
    console().print(told, soft_wrap=True)
    if options.markdown is not None:
        body = "\n".join([*(one.markdown() for one in tables(suite, board, rates)), told])
        write_block(options.markdown, origin_of("benchmarks.suite", options.words), body)
    if options.picture is not None:
        from benchmarks.suite.curve import draw_curve  # half a second of matplotlib

        draw_curve(options.picture, suite, board)


def _beside(suite: Suite, board: Board, name: str, runs: str) -> str:
    other = load_suite(name)
    others = read_runs(other, [Path(runs)])
    families = [family for family in families_of(suite, board) if family in families_of(other, others)]
    if not families:
        raise InputError(f"Those runs of {suite.name} and of {other.name} have no family of generators in common.")
    found = agreement(leads(suite, board, families), leads(other, others, families))
    return (
        f"{suite.name} and {other.name} rank {found.attacks} attacks on {' and '.join(families)} with Kendall's tau "
        f"{found.tau:.2f} [{found.low:.2f}, {found.high:.2f}] (95 %, attacks resampled)."
    )


def _print(lines: Lines) -> None:
    table = Table(*lines.head, box=None, padding=(0, 1, 0, 0))
    for row in lines.rows:
        table.add_row(*row)
    screen = console()
    screen.print(f"\n{lines.title}", style="bold", soft_wrap=True)  # as a table's title it would be as narrow as that
    screen.print(table)


if __name__ == "__main__":
    sys.exit(main())
