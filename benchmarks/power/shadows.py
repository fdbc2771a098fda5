"""What more shadows buy: `python -m benchmarks.power.shadows`.

A task of a suite is run with 8, 16, 32 and 64 shadows. Member halves and seeds of the first 8 are the same whatever
their number, so the same targets with the same candidates are judged with more and more references, and attacks that
learn have more shadows to learn from; a target's pair is never among them. What an attack gains is the difference of
its AUC there, paired over patients and the four pairs of those shadows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.benchmark import FOLDER, OVERRIDE, STORE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY, TINY_ABOUT, run_harness
from benchmarks.rows import Row, skipped
from benchmarks.suite.definition import Suite, load_suite
from benchmarks.suite.results import RUN
from benchmarks.suite.running import check_pool
from benchmarks.suite.scores import TaskScores, scores_of
from harness.errors import InputError
from harness.evaluation.estimate_text import number
from harness.evaluation.intervals import DIFFERENCE, Estimate, estimates, resample
from harness.evaluation.metrics import Flags, Floats, Ranking, Weights
from harness.seeds import rng_of

_COUNT = "shadow.count="
_FEWEST, _N_RESAMPLES = 8, 2_000


class Judged(NamedTuple):
    """The first shadows of one run, as an attack scored them: of each row [n] score, member, pair and patient."""

    score: Floats
    member: Flags
    pair: NDArray[np.intp]
    patient: NDArray[np.intp]


def measure(options: argparse.Namespace) -> list[Row]:
    """A row a task and attack: what the most shadows gain over the fewest; `each` in its detail has the AUCs."""
    suite, counts = load_suite(options.suite), sorted(set(options.counts))
    if any(word.startswith(_COUNT) for word in options.override):
        raise InputError(f"{_COUNT}N is what --counts says; leave it away.")
    if counts[0] < _FEWEST or len(counts) < 2 or any(count % 2 for count in counts):
        raise InputError(f"--counts must be two or more even numbers from {_FEWEST} on, not {options.counts}.")
    rows = []
    with TemporaryDirectory() as temporary:
        store = (options.store or Path(temporary) / "store").resolve()
        for task in suite.named(options.tasks):
            words = [*_words(suite, task, options), f"store.root={store}"]
            folders = [Path(temporary) / f"{task}-{count}" for count in counts]
            for folder, count in zip(folders, counts, strict=True):
                folder.mkdir()
                run_harness(folder, [*words, f"{_COUNT}{count}", f"out={folder / RUN}"])
                if not options.override:
                    check_pool(suite, task, folder / RUN)
            runs = [scores_of(folder / RUN, suite.name, task, suite.tasks[task].level) for folder in folders]
            rows += [_row(task, attack, runs, counts) for attack in options.attacked_by]
    return rows


def _words(suite: Suite, task: str, options: argparse.Namespace) -> list[str]:
    """A task's options, without the number of its shadows."""
    slices = None if options.folder is None else str(Path(options.folder).resolve())
    words = [word for word in suite.words(task, slices) if not word.startswith(_COUNT)]
    return [*words, f"attack=[{','.join(options.attacked_by)}]", *options.override]


def judged(found: TaskScores, attack: str) -> Judged:
    """The shadows that every number of them has."""
    targets, patients = found.by_attack[attack][:_FEWEST], found.patients[:_FEWEST]
    return Judged(
        np.concatenate([one.score for one in targets]),
        np.concatenate([one.member for one in targets]),
        np.concatenate([np.full(len(one.score), one.pair) for one in targets]),
        np.concatenate(patients),
    )


def gained(few: Judged, many: Judged) -> Estimate:
    """The AUC of `many` less that of `few`. ValueError where they are not of the same rows."""
    if not all(np.array_equal(*pair) for pair in zip(few[1:], many[1:], strict=True)):
        raise ValueError("Runs with other numbers of shadows judged other candidates, or in another order.")
    rankings = [Ranking.of(one.score, one.member) for one in (few, many)]

    def difference(weight: Weights) -> dict[str, Floats]:
        before, after = (ranking.roc(weight).auc() for ranking in rankings)
        return {"auc": after - before}

    resamples = resample(few.pair, few.patient, rng_of(0, "benchmarks", "shadows"), _N_RESAMPLES)
    return estimates(difference, resamples, DIFFERENCE)["auc"]


def _row(task: str, attack: str, runs: Sequence[TaskScores], counts: Sequence[int]) -> Row:
    lacking = [count for count, run in zip(counts, runs, strict=True) if attack not in run.by_attack]
    if lacking:
        return skipped(f"{task}: {attack}", f"it did not run with {', '.join(map(str, lacking))} shadows")
    some = [judged(run, attack) for run in runs]
    each = [auc(one) for one in some]
    gain = gained(some[0], some[-1])
    interval = f"[{number(gain.low)}, {number(gain.high)}]"
    name = f"{task}: {attack}, {counts[-1]} shadows less {counts[0]} {interval}"
    return Row(name, gain.value, "AUC", detail={"each": each, "shadows": counts, "low": gain.low, "high": gain.high})


def auc(rows: Judged) -> float:
    """Of all the targets' rows in one order."""
    return float(Ranking.of(rows.score, rows.member).roc(np.ones((1, len(rows.score)), np.int32)).auc()[0])


BENCHMARK = Benchmark(
    "power",
    "shadows",
    "what 8, 16, 32 and 64 shadows buy: the same targets, judged with more references",
    measure,
    options=(
        Option("--suite", "phantom-64-mini", {"metavar": "NAME", "help": "default: phantom-64-mini"}),
        FOLDER,
        Option("--tasks", ["dct-weak"], {"nargs": "+", "metavar": "TASK", "help": "of the suite"}),
        Option("--counts", [8, 16], {"type": int, "nargs": "+", "metavar": "N", "help": "shadows"}),
        Option(
            "--attacked-by",
            ["knn", "knn_cal", "knn_mid", "knn_lira", "knn_lira_t", "mosaic_cal", "mosaic_mid", "stack"],
            {"nargs": "+", "metavar": "NAME", "help": "attacks"},
        ),
        STORE,
        OVERRIDE,
    ),
    quick={"tasks": ["dct-faint"], "counts": [8, 10], "attacked_by": ["knn", "knn_cal"], "override": TINY[:-1]},
    quick_about=f"one task, 8 and 10 shadows, {TINY_ABOUT}",
    full={"counts": [8, 16, 32, 64], "tasks": ["dct-faint", "dct-weak"]},
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
