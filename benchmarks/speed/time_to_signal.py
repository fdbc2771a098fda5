"""Core-seconds until membership shows: `python -m benchmarks.speed.time_to_signal --lung-slices DIR`.

Eight shadows in complementary pairs on one slice of each patient; what one costs is its training and its release, on
one core with one thread. Signal is there where, over held-out shadows, the mean AUC of `loss_cal` is 0.95 and that of
`knn_cal` 0.85. Points of the dial of leakage are tried from the cheapest on until one shows it, and training from
nothing after them; the base that the dial starts from was trained once, on phantoms, and lies with the package, so
that its training is no part of the figure. What is beaten is the recipe of the first trials, 150 core-seconds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from attacks.registry import find_attacks
from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.power.dial.points import Point, mean_point, measure_point
from benchmarks.rows import Row
from harness.cli import console
from harness.config.settings import composed
from harness.experiment.executor import Executor
from harness.jobs.launchers.local import LocalLauncher
from harness.store import Store
from shadow_models.fine_tuning import LEAKS

SIGNAL = {"loss_cal": 0.95, "knn_cal": 0.85}
REACH_SEC, TRIAL_SEC = 50.0, 150.0
N_SHADOWS = 8


def measure(options: argparse.Namespace) -> list[Row]:
    """A row an AUC and point; then the cost of the first point that shows the signal."""
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        store = (options.store or Path(temporary) / "store").resolve()
        executor = Executor(Store(store), stack.enter_context(closing(LocalLauncher(None, "auto"))), console())
        data = ["data=folder", f"data.root={options.lung_slices.resolve()}", "data.per_patient=1"]
        common = [*data, f"shadow.count={N_SHADOWS}", f"store.root={store}"]
        found: dict[str, Point] = {}
        for name, words in _points(options.steps):
            found[name] = _measured([*common, *words, *options.override], options.repeats, executor)
            if _shows(found[name]) and options.steps is None and not options.every_point:
                break
    return [row for name, point in found.items() for row in _rows(name, point)] + [_first(found)]


def _points(steps: Sequence[int] | None) -> Iterator[tuple[str, list[str]]]:
    """What is tried, cheapest first: a name, and its options of a run."""
    by_name = {f"leak={name}": count for name, count in LEAKS.items()}
    warm = by_name if steps is None else {f"{count} steps": count for count in steps}
    for name, count in warm.items():
        yield name, ["shadow.start=phantom-64", f"shadow.steps={count}"]
    if steps is None:
        yield "from nothing", ["shadow.start=nothing"]


def _measured(words: Sequence[str], repeats: int, executor: Executor) -> Point:
    """The mean over draws of members and seeds."""
    attacks = {name: find_attacks(tuple(SIGNAL)).by_name[name]() for name in SIGNAL}
    return mean_point(
        [measure_point(composed([*words, f"seed={seed}"]), executor, attacks) for seed in range(repeats)]
    )


def _shows(point: Point) -> bool:
    return all(point.auc[name] >= least for name, least in SIGNAL.items())


def _rows(name: str, point: Point) -> list[Row]:
    return [
        *(Row(f"{name}: {attack}", point.auc[attack], "AUC", detail=asdict(point)) for attack in SIGNAL),
        Row(f"{name}: {point.steps} steps and a release", point.seconds, "core-s"),
    ]


def _first(found: dict[str, Point]) -> Row:
    """The cheapest point that shows the signal; where none does, the dearest one, which does not hold."""
    shown = {name: point for name, point in found.items() if _shows(point)}
    seconds = min(p.seconds for p in shown.values()) if shown else max(p.seconds for p in found.values())
    asked = " and ".join(f"{name} >= {least:g}" for name, least in SIGNAL.items())
    return Row(
        f"core-seconds until held-out {asked}",
        seconds,
        "core-s",
        REACH_SEC,
        bool(shown) and seconds <= REACH_SEC,
        f"the recipe of the first trials, {TRIAL_SEC:g} core-seconds",
        {"shown_by": [*shown]},
    )


BENCHMARK = Benchmark(
    "speed",
    "time_to_signal",
    "core-seconds of one generator until calibrated attacks on its model and its release find members",
    measure,
    options=(
        LUNG_SLICES,
        STORE,
        Option("--steps", None, {"type": int, "nargs": "+", "metavar": "N", "help": "to find points of the dial by"}),
        Option("--repeats", 1, {"type": int, "metavar": "N", "help": "draws of data and seeds that each point has"}),
        Option("--every-point", False, {"action": "store_true", "help": "also those after the first that shows it"}),
        OVERRIDE,
    ),
    needs=(LUNG_SLICES,),
    quick={"steps": [5], "override": ["shadow.n_images=16", "shadow.count=4"]},
    quick_about="4 shadows of 5 steps, 16 images each",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
