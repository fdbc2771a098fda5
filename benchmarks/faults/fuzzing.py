"""Coverage-guided fuzzing of every parser of what others wrote (atheris): an answer, a refusal, and nothing else."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counts import to_its_end
from benchmarks.faulted.runs import OPTIONS, run, two_at_once
from benchmarks.rows import Row, at_most, skipped
from harness.errors import InputError, unknown_name

_ROOT = str(Path(__file__).parents[2])  # of this checkout: benchmarks are not installed
_TRIED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_START_SEC = 120.0  # beyond the time that is fuzzed: libraries, and the last input
_SMALL_RUN = ("shadow.steps=30", "shadow.n_images=16", "launch.workers=0")


class Fuzzed(NamedTuple):
    """A parser's end. tried: inputs; unhandled: exceptions by kind, and what ended the process."""

    tried: int
    unhandled: list[str]


def measure(options: argparse.Namespace) -> list[Row]:
    """A row of all, one a parser, and one for each exception that nobody handled."""
    if find_spec("atheris") is None:
        return [skipped("fuzzing", "needs the package atheris: pip install '.[fuzz]'")]
    from benchmarks.fuzzed.all import all_parsers

    known = all_parsers()
    names = [*known] if options.parsers is None else options.parsers
    for name in names:
        if name not in known:
            raise InputError(unknown_name("parser", name, known))
    with tempfile.TemporaryDirectory(prefix="fuzzing-") as folder:
        root, made = Path(folder), None
        if any(known[name][1].of_run for name in names):
            made = _made(root / "made")
        each_sec = max(1, round(options.seconds / len(names)))
        ends: dict[str, Fuzzed] = {}

        def one(number: int, name: str) -> None:
            group, parser = known[name]
            ends[name] = fuzzed(group, name, root / str(number), each_sec, made if parser.of_run else None)
            if options.found is not None:
                _keep(root / str(number), options.found / name.replace(" ", "-"))

        two_at_once(one, range(len(names)), names)
    return rows_of({name: ends[name] for name in names})


def rows_of(ends: dict[str, Fuzzed]) -> list[Row]:
    """The count of all and of each parser, and what was unhandled."""
    tried, unhandled = sum(one.tried for one in ends.values()), sum(len(one.unhandled) for one in ends.values())
    figure = f"{len(ends)} parsers fuzzed: {tried} inputs tried"
    rows = [at_most(figure, unhandled, "unhandled", 0, inputs=tried, parsers=len(ends))]
    for name, one in ends.items():
        rows.append(at_most(f"  {name}: {one.tried} inputs", len(one.unhandled), "unhandled", 0, inputs=one.tried))
        rows += [Row(f"    unhandled: {told}", None, "") for told in one.unhandled]
    return rows


def fuzzed(group: str, name: str, folder: Path, seconds: int, made: Path | None) -> Fuzzed:
    """One parser, in a process of its own: what ends that ends nothing else."""
    folder.mkdir()
    words = [sys.executable, "-P", "-m", "benchmarks.fuzzed.alone", group, name, str(folder), str(seconds)]
    try:
        done = subprocess.run(  # noqa: S603  # a module of ours
            [*words, *([str(made)] if made is not None else [])],
            env=os.environ | {"PYTHONPATH": _ROOT, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            timeout=seconds + _START_SEC,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Fuzzed(0, [*_kinds(folder), f"no end {_START_SEC:g} s after its time"])
    said = done.stderr.decode(errors="replace")
    found = _TRIED.search(said)
    ended = [] if done.returncode == 0 and found else [f"code {done.returncode}: {_last(said)}"]
    return Fuzzed(int(found[1]) if found else 0, [*_kinds(folder), *ended])


def _kinds(folder: Path) -> list[str]:
    path = folder / "found.jsonl"
    if not path.exists():
        return []
    told = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    return [f"{one['kind']}: {' '.join(one['error'].split())}" for one in told]


def _last(said: str) -> str:
    """What libFuzzer says of an end, else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    of_it = [line for line in lines if line.startswith(("==", "SUMMARY", "Error", "ImportError"))]
    return (of_it or lines or ["nothing said"])[-1][:200]


def _made(folder: Path) -> Path:
    """A finished run, for parsers of what runs leave."""
    ended = run(folder, [*OPTIONS, *_SMALL_RUN])
    if ended.code != 0:
        raise SystemExit(f"The run failed ({ended.code}):\n{ended.told}")
    return folder


def _keep(folder: Path, to: Path) -> None:
    """What was found, with its inputs."""
    to.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            (to / path.name).write_bytes(path.read_bytes())


_PARSERS = Option("--parsers", None, {"nargs": "+", "metavar": "NAME", "help": "these alone"})
_QUICK: Sequence[str] = ("codestreams", "submissions")
BENCHMARK = Benchmark(
    "faults",
    "fuzzing",
    "coverage-guided fuzzing of every parser of what others wrote: an answer or a refusal",
    to_its_end("fuzzing", measure),
    {"seconds": 4, "parsers": [*_QUICK]},
    "2 parsers, 2 s each",
    (
        Option("--seconds", 600, {"type": int, "metavar": "N", "help": "of all parsers together, two at a time"}),
        _PARSERS,
        Option("--found", None, {"type": Path, "metavar": "DIR", "help": "keep the inputs that were found there"}),
    ),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
