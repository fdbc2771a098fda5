"""What starting costs, in processor seconds: `python -m benchmarks.speed.start_up`.

`--help`; a run again on a finished store; the dry run of an edition at its official size, on an empty store and
again. User and system time of the process and of all that it starts, the least of some repeats; and how many packages
that take seconds to import it has imported, though nothing is computed or drawn. The generators of the finished store
were hardly trained: a repeated run does not train, and its evaluation has as many scores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.benchmark import OVERRIDE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY, TINY_ABOUT
from benchmarks.rows import Row, at_most
from benchmarks.speed.official_size.folder import make_folder
from harness.editions.load import load_edition

EDITION = "imageclef2023"
HELP_SEC, WARM_SEC, DRY_SEC = 1.2, 3.5, 2.0
HEAVY = ("diffusers", "torch", "sklearn", "pandas", "matplotlib")
_REPEATS = 3
_CODE = """
import json, sys
sys.argv = ["harness.run", *json.loads(sys.argv[1])]
from harness.run.__main__ import main
try:
    code = main()
except SystemExit as ended:
    code = ended.code
sys.stderr.write(" ".join(["modules", *sys.modules]) + "\\n")
sys.exit(code)
"""


class Child(NamedTuple):
    """A process that has done what a command says: processor seconds, and the names of all modules it imported."""

    seconds: float
    modules: frozenset[str]

    @property
    def heavy(self) -> set[str]:
        """The packages that take seconds to import, of those it imported."""
        return set(HEAVY) & self.modules


class _Started(NamedTuple):
    """Processor seconds, the least of the repeats, and the heavy packages that were imported."""

    seconds: float
    heavy: list[str]


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: processor seconds and heavy imports of each command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_folder(folder / "edition", load_edition(EDITION), options.released)
        warm = ["attack=knn", "out=run", *options.override]
        _started(folder, warm, 1)  # the run that makes everything, and one that finds it has settled
        _started(folder, warm, 1)
        dry = [f"data={EDITION}", f"data.root={folder / 'edition'}", "dry_run=true"]
        found = {
            "--help": (_started(folder, ["--help"]), HELP_SEC),
            "attack=knn on a finished store": (_started(folder, warm), WARM_SEC),
            "dry run of the official size, empty store": (_started(folder, [*dry, "store.root=a"], 1), DRY_SEC),
            "the same dry run again": (_started(folder, [*dry, "store.root=a"]), DRY_SEC),
        }
    rows = []
    for command, (started, reach) in found.items():
        rows.append(at_most(f"processor time, {command}", started.seconds, "s", reach))
        rows.append(at_most(f"heavy packages, {command}", len(started.heavy), "count", 0, imported=started.heavy))
    return rows


def _started(folder: Path, words: list[str], repeats: int = _REPEATS) -> _Started:
    """The command in the folder, some times."""
    found = [child(words, folder) for _ in range(repeats)]
    return _Started(min(one.seconds for one in found), sorted(set().union(*(one.heavy for one in found))))


def child(words: list[str], folder: Path) -> Child:
    """`python -m harness.run WORDS` in the folder; SystemExit with its output where it fails."""
    before = os.times()
    done = subprocess.run(  # noqa: S603  # our own module, words of this benchmark
        [sys.executable, "-P", "-c", _CODE, json.dumps(words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    after = os.times()
    if done.returncode != 0:
        raise SystemExit(f"The command failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    (modules,) = (line for line in done.stderr.splitlines() if line.startswith("modules "))
    return Child(seconds, frozenset(modules.split()[1:]))


BENCHMARK = Benchmark(
    "speed",
    "start_up",
    "processor time of --help, of a run on a finished store and of a dry run",
    measure,
    options=(
        Option("--released", None, {"type": int, "metavar": "N", "help": "fewer released images"}),
        replace(OVERRIDE, default=["shadow.steps=2", "shadow.n_images=64"]),
    ),
    quick={"released": 500, "override": [*TINY]},
    quick_about=f"500 released images; {TINY_ABOUT}",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
