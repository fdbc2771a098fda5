"""The dial of leakage: `python -m benchmarks.power.dial --lung-slices DIR`.

Shadows are trained from nothing, not at all (the base itself), and from the base for the steps that the names of
`shadow.leak` stand for, on data and seeds that no run uses by default. Printed for each: what one cost, what plain
`knn` and calibrated attacks find in its release, and how the release looks. Patients of real slices are parted in two
halves: one is the pool, the other learnt by a base (`shadow.start=extra`) beside that of phantoms.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.table import Table

from attacks.registry import find_attacks
from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.halves import write_halves
from benchmarks.power.dial.points import Point, mean_point, measure_point
from benchmarks.rows import Row, at_least, at_most
from harness.cli import console
from harness.config.settings import composed
from harness.evaluation.estimate_text import number
from harness.experiment.executor import Executor
from harness.jobs.launchers.local import LocalLauncher
from harness.store import Store
from shadow_models.fine_tuning import DEFAULT_LEAK, LEAKS

ATTACKS = ("knn", "ssim", "carlini_reg", "knn_cal", "knn_ridge", "retrieval_cal", "ssim_cal", "ssim_ridge")
REFERENCES = ATTACKS[2:]
AIMED = {"faint": 0.55, "weak": 0.63, "medium": 0.76, "strong": 0.93}
CLOSE = 0.05
FIND, JUDGE = 1_000, 2_000  # first seeds of data and runs: no defaults, and others to judge by than to find by
NOTHING, ALONE = "from nothing", "the base alone"
SIZE = 64  # of slices, pixels
STEPS_ON_SLICES = (10, 60, 150, 350)  # set after 20 and 300 had given 0.64 and 0.90: whether 0.60 and 0.90 can be had


def measure(options: argparse.Namespace) -> list[Row]:
    """A row a point and data; then what is asked of the default point."""
    screen = console()
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        store = (options.store or Path(temporary) / "store").resolve()
        launcher = stack.enter_context(closing(LocalLauncher(None, "auto")))
        first, last = FIND if options.steps else JUDGE, [f"store.root={store}", *options.override]
        draws = _Draws(Executor(Store(store), launcher, screen), first, options.repeats, last)
        named = _named(options.steps)
        found = {"phantoms": draws.of([[f"data.seed={seed}"] for seed in draws.seeds], named)}
        if options.lung_slices is not None:
            folder = Path(temporary)
            halves = [write_halves(options.lung_slices, folder, seed, SIZE) for seed in draws.seeds]
            pools = [["data=folder", f"data.root={half.pool}", "shadow.n_images=512"] for half in halves]
            found["slices, base of phantoms"] = draws.of(pools, named)
            others = [[*words, f"data.extra={half.others}"] for words, half in zip(pools, halves, strict=True)]
            found["slices, base of other slices"] = draws.of(others, _by_steps("extra", STEPS_ON_SLICES))
    rows = []
    for data, points in found.items():
        for table in _tables(data, points):
            screen.print(table)
        rows += [Row(f"{data}: {name}", one.auc["knn"], "AUC", detail=asdict(one)) for name, one in points.items()]
    if options.steps is not None:
        return rows
    return rows + _asked(found["phantoms"]) + _reached(found.get("slices, base of other slices", {}))


class _Draws(NamedTuple):
    """Draws of data and of seeds, over which every point is a mean. last: options of all, which hold."""

    executor: Executor
    first: int
    n: int
    last: Sequence[str]

    @property
    def seeds(self) -> range:
        return range(self.first, self.first + self.n)

    def of(self, draws: Sequence[Sequence[str]], named: Mapping[str, Sequence[str]]) -> dict[str, Point]:
        """Every point on these data, by its name."""
        attacks = {name: find_attacks(ATTACKS).by_name[name]() for name in ATTACKS}
        settings = {
            name: [
                composed([*data, *words, f"seed={seed}", *self.last])
                for data, seed in zip(draws, self.seeds, strict=True)
            ]
            for name, words in named.items()
        }
        return {
            name: mean_point([measure_point(one, self.executor, attacks) for one in of_point])
            for name, of_point in settings.items()
        }


def _named(steps: Sequence[int] | None) -> dict[str, list[str]]:
    """The options of every point, by its name: those of the dial, or numbers of steps to find them by."""
    if steps is not None:
        return _by_steps("phantom-64", steps)
    return {
        NOTHING: ["shadow.start=nothing"],
        ALONE: ["shadow.start=phantom-64", "shadow.steps=1", "shadow.learning_rate=1e-8"],
        **{name: ["shadow.start=phantom-64", f"shadow.steps={steps}"] for name, steps in LEAKS.items()},
    }


def _by_steps(start: str, steps: Sequence[int]) -> dict[str, list[str]]:
    return {f"{count} steps": [f"shadow.start={start}", f"shadow.steps={count}"] for count in steps}


def _asked(points: Mapping[str, Point]) -> list[Row]:
    """What is asked of the dial, and of its usual point beside training from nothing."""
    usual, nothing = points[DEFAULT_LEAK], points[NOTHING]
    off = {name: abs(points[name].auc["knn"] - aim) for name, aim in AIMED.items()}
    best = max(usual.auc[name] for name in REFERENCES)
    lead = best - usual.auc["knn"]
    return [
        *(at_most(f"{name}: knn from {AIMED[name]}", apart, "AUC", CLOSE) for name, apart in off.items()),
        at_most("the base alone: knn from 0.5", abs(points[ALONE].auc["knn"] - 0.5), "AUC", CLOSE),
        at_most(f"{DEFAULT_LEAK}: seconds over from nothing", usual.seconds / nothing.seconds, "ratio", 0.5),
        at_most(f"{DEFAULT_LEAK}: Fréchet over from nothing", usual.frechet / nothing.frechet, "ratio", 2 / 3),
        at_least(f"{DEFAULT_LEAK}: best reference attack over knn", lead, "AUC", 0.08),
    ]


def _reached(points: Mapping[str, Point]) -> list[Row]:
    """Whether steps alone lead from little to much on real slices, and what the dearest point costs."""
    if not points:
        return []
    knn = [one.auc["knn"] for one in points.values()]
    return [
        at_most("slices, base of other slices: knn at the fewest steps", min(knn), "AUC", 0.60),
        at_least("slices, base of other slices: knn at the most steps", max(knn), "AUC", 0.90),
        at_most("slices, base of other slices: core-seconds", max(p.seconds for p in points.values()), "s", 45.0),
    ]


def _tables(data: str, points: Mapping[str, Point]) -> list[Table]:
    """A line a point: what it gives away, and what it costs and looks like."""

    def table(title: str, *columns: str) -> Table:
        return Table("point", *columns, title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))

    given = table(f"{data}: AUC", *ATTACKS)
    cost = table(f"{data}: cost of one, and looks", "steps", "core-s", "base, core-s", "Fréchet", "near", "grain")
    for name, one in points.items():
        given.add_row(name, *(number(one.auc[attack]) for attack in ATTACKS))
        seconds = (f"{one.seconds:.0f}", f"{one.base_seconds:.0f}")
        cost.add_row(name, str(one.steps), *seconds, f"{one.frechet:.1f}", number(one.near), f"{one.grain:+.2f}")
    return [given, cost]


BENCHMARK = Benchmark(
    "power",
    "dial",
    "what generators give away, cost and look like by how long they are trained from a base",
    measure,
    options=(
        LUNG_SLICES,
        STORE,
        Option("--steps", None, {"type": int, "nargs": "+", "metavar": "N", "help": "to find points of the dial by"}),
        Option("--repeats", 1, {"type": int, "metavar": "N", "help": "draws of data and seeds that each point has"}),
        OVERRIDE,
    ),
    quick={"repeats": 1, "override": ["shadow.steps=5", "shadow.n_images=16", "shadow.base_steps=5"]},
    quick_about="training of 5 steps, 16 images each, one draw",
    full={"repeats": 3},
)
