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

from rich.table import Table

from attacks.registry import find_attacks
from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.halves import write_halves
from benchmarks.measured import TINY_ABOUT
from benchmarks.power.dial.points import Point, mean_point, measure_point
from benchmarks.rows import Row, at_least, at_most
from harness.cli import console
from harness.config.settings import composed
from harness.evaluation.estimate_text import number
from harness.experiment.executor import Executor
from harness.jobs.launch import Launcher
from harness.store import Store
from shadow_models.fine_tuning import DEFAULT_LEAK, LEAKS

ATTACKS = ("knn", "ssim", "carlini_reg", "knn_cal", "knn_ridge", "retrieval_cal", "ssim_cal", "ssim_ridge")
REFERENCES = ATTACKS[2:]
AIMED = {"faint": 0.55, "weak": 0.63, "medium": 0.76, "strong": 0.93}
CLOSE = 0.05
FIRST_SEED = 1_000  # of data and of runs: nobody's default
NOTHING, ALONE = "from nothing", "the base alone"
SIZE = 64  # of slices, pixels
STEPS_ON_SLICES = (50, 100, 200, 400)


def measure(options: argparse.Namespace) -> list[Row]:
    """A row a point and data; then what is asked of the default point."""
    screen = console()
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        store = options.store or Path(temporary) / "store"
        launcher = stack.enter_context(closing(Launcher(None, "auto")))
        executor = Executor(Store(store.resolve()), launcher, screen)
        common = [f"store.root={store.resolve()}", *options.override]
        phantoms = [[f"data.seed={FIRST_SEED + draw}", *common] for draw in range(options.repeats)]
        found = {"phantoms": _points(executor, phantoms, _named(options.steps))}
        if options.lung_slices is not None:
            folder, draws = Path(temporary), range(options.repeats)
            halves = [write_halves(options.lung_slices, folder, draw, SIZE) for draw in draws]
            pools = [["data=folder", f"data.root={half.pool}", "shadow.n_images=512", *common] for half in halves]
            found["slices, base of phantoms"] = _points(executor, pools, _named(options.steps))
            others = [[*words, f"data.extra={half.others}"] for words, half in zip(pools, halves, strict=True)]
            found["slices, base of other slices"] = _points(
                executor, others, {f"{steps} steps": [f"shadow.steps={steps}"] for steps in STEPS_ON_SLICES}
            )
    rows = []
    for data, points in found.items():
        screen.print(_table(data, points))
        rows += [Row(f"{data}: {name}", one.auc["knn"], "AUC", detail=asdict(one)) for name, one in points.items()]
    return rows if options.steps is not None else rows + _asked(found["phantoms"])


def _named(steps: Sequence[int] | None) -> dict[str, list[str]]:
    """The options of every point, by its name: those of the dial, or numbers of steps to find them by."""
    if steps is not None:
        return {f"{count} steps": ["shadow.start=phantom-64", f"shadow.steps={count}"] for count in steps}
    return {
        NOTHING: ["shadow.start=nothing"],
        ALONE: ["shadow.start=phantom-64", "shadow.steps=1", "shadow.learning_rate=1e-8"],
        **{name: ["shadow.start=phantom-64", f"shadow.steps={steps}"] for name, steps in LEAKS.items()},
    }


def _points(
    executor: Executor, draws: Sequence[Sequence[str]], named: Mapping[str, Sequence[str]]
) -> dict[str, Point]:
    """Every point, as a mean over draws."""
    attacks = {name: find_attacks(ATTACKS).by_name[name]() for name in ATTACKS}
    found = {}
    for name, words in named.items():
        points = []
        for seed, data in enumerate(draws, FIRST_SEED):
            settings = composed([*data, *words, f"seed={seed}"])
            points.append(measure_point(settings, executor, attacks))
        found[name] = mean_point(points)
    return found


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


def _table(data: str, points: Mapping[str, Point]) -> Table:
    """A line a point."""
    columns = ("steps", "core-s", "base-s", *ATTACKS, "Fréchet", "near", "grain")
    table = Table("point", *columns, title=data, title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name, one in points.items():
        aucs = (number(one.auc[attack]) for attack in ATTACKS)
        looks = (f"{one.frechet:.1f}", number(one.near), f"{one.grain:+.2f}")
        table.add_row(name, str(one.steps), f"{one.seconds:.0f}", f"{one.base_seconds:.0f}", *aucs, *looks)
    return table


BENCHMARK = Benchmark(
    "power",
    "dial",
    "what generators give away, cost and look like by how long they are trained from a base",
    measure,
    options=(
        LUNG_SLICES,
        STORE,
        Option("--steps", None, {"type": int, "nargs": "+", "metavar": "N", "help": "to find points of the dial by"}),
        Option("--repeats", 3, {"type": int, "metavar": "N", "help": "draws of data and seeds that each point has"}),
        OVERRIDE,
    ),
    quick={"repeats": 1, "override": ["data.patients=10", "shadow.n_images=16", "shadow.sample_steps=15"]},
    quick_about=f"10 patients, one draw; not {TINY_ABOUT}",
)
