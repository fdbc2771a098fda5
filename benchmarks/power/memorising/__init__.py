"""How memorising grows with steps and members: `python -m benchmarks.power.memorising`.

Generators of the default family, from the base that ships, learn one slice of each of n phantom patients for more
and more steps a member. Printed is what a release of so many images then gives away: AUC of plain `knn`, `ssim` and
`mosaic`, and the share of released images that are copies by the audit's rule; whether they fall on one curve over
steps / n^p, and for which p; and at how many steps they begin to rise. Bonnaire et al. 2025 (arXiv 2505.17638) found
that models begin to memorise at a number of steps linear in n, p = 1. One release size shows more of fewer members,
so every attack is also shown as many images a member for each n (`even`).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.benchmark import OVERRIDE, STORE, Benchmark, Option
from benchmarks.measured import TINY
from benchmarks.power.memorising.cell import Release, examine
from benchmarks.power.memorising.curves import Cells, OneCurve, Onset, one_curve, onset, told
from benchmarks.power.memorising.grid import TIMES, Grid, Trained, planned
from benchmarks.power.memorising.measured import AUCS, measured
from benchmarks.power.memorising.picture import draw
from benchmarks.power.memorising.rule import write_rule
from benchmarks.rows import Row
from harness.cli import console
from harness.data.pool import Pool
from harness.errors import InputError
from harness.evaluation.intervals import Estimate, percentiles
from harness.experiment.executor import Executor
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.progress import shown
from harness.places import check_file
from harness.store import Store

LEVEL = 0.60  # an AUC that is passed
RISE = 0.01  # of released images, above what is called so by chance
FEWEST_IMAGES = 16  # that an audit takes
_DRAWN = {"knn": "AUC of knn", "mosaic": "AUC of mosaic", "copies": "copies among released images"}


def measure(options: argparse.Namespace) -> list[Row]:
    """Rows of the curves and of what begins where, then one a cell."""
    check_file("--picture", options.picture)
    check_file("--rule", options.rule)
    grid = Grid(sorted({*options.members}), options.per_member, options.repeats, options.release_size)
    _check(grid)
    screen = console()
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        store = (options.store or Path(temporary) / "store").resolve()
        launcher = stack.enter_context(closing(LocalLauncher(options.workers, options.device)))
        executor = Executor(Store(store), launcher, screen)
        settings, pool, trained = planned(grid, [*options.override, f"store.root={store}"], executor)
        executor.train([one.job for one in trained])
        jobs = [_release(one, grid, pool) for one in trained]
        with shown(screen, "Attacking releases", [one.job.name for one in trained]) as on_progress:
            found = launcher.map(examine, jobs, on_progress)
        seconds = {one.job.name: _seconds(one, executor) for one in trained}
    cells = measured(trained, found)
    curves = {name: one_curve(cells[name]) for name in (*AUCS, "copies")}
    onsets = {name: onset(one, LEVEL if name in AUCS else one.floor + RISE) for name, one in cells.items()}
    if options.picture is not None:
        draw(options.picture, {name: (title, cells[name], curves[name]) for name, title in _DRAWN.items()})
    if options.rule is not None:
        write_rule(options.rule, settings, grid, cells)
    return [
        *(_of_curve(name, one) for name, one in curves.items()),
        *(row for name, one in onsets.items() for row in _of_onset(name, one)),
        *_of_cells(cells, trained, seconds),
        Row("training and release of all, a worker's wall time", sum(seconds.values()) / 60, "min"),
    ]


def _check(grid: Grid) -> None:
    """InputError for a grid on which there is nothing to fit."""
    if len(grid.members) < 2 or min(grid.members) < 8:
        raise InputError("--members needs two numbers or more, each 8 or more, for growth is between them.")
    if grid.per_member <= 0 or grid.repeats < 1:
        raise InputError("--per-member must be above 0, and --repeats 1 or more.")
    if grid.images < FEWEST_IMAGES:
        raise InputError(f"--release-size {grid.images}: an audit takes {FEWEST_IMAGES} images or more.")


def _release(one: Trained, grid: Grid, pool: Pool) -> Release:
    n_even = max(1, round(grid.images * one.n / max(grid.members)))
    return Release(one.job.store_root, pool.key, one.places, one.member, one.job.release(grid.images), n_even)


def _seconds(one: Trained, executor: Executor) -> float:
    """What training and release took a worker by the clock."""
    made = [executor.store.find("generator", one.job.key), executor.store.find("release", one.job.release_key)]
    return sum(artefact.seconds for artefact in made if artefact is not None)


def _of_curve(name: str, one: OneCurve) -> Row:
    detail = {
        "p": told(one.power),
        "middle": one.at,
        "steepness": one.slope,
        "misfit": one.misfit,
        "misfit_at_p_1": one.misfit_linear,
        "misfit_of_a_curve_each": one.misfit_apart,
    }
    interval = f"[{one.power.low:.2f}, {one.power.high:.2f}]"
    text = f"{name}: p of steps / n^p {interval}, misfit {one.misfit:.1f}, {one.misfit_linear:.1f} at p = 1"
    return Row(text, one.power.value, "exponent", detail=detail)


def _of_onset(name: str, one: Onset) -> list[Row]:
    """The slope, then steps a member for each number of members."""
    detail = {"level": one.level, "slope": told(one.slope), "steps": {str(n): told(e) for n, e in one.steps.items()}}
    rows = [_estimated(f"{name} passes {one.level:g}: slope of log steps on log n", one.slope, "exponent", detail)]
    for n, steps in one.steps.items():
        value, low, high = (None if end is None else end / n for end in (steps.value, steps.low, steps.high))
        each = Estimate(value, low, high, steps.note)
        rows.append(_estimated(f"{name} passes {one.level:g}, {n} members", each, "steps a member", told(each)))
    return rows


def _estimated(text: str, one: Estimate, unit: str, detail: Mapping[str, object]) -> Row:
    if one.value is None:
        return Row(text, None, "", detail=dict(detail), skipped=one.note)
    interval = f" ({one.note})" if one.low is None else f" [{one.low:.3g}, {one.high:.3g}]"
    return Row(text + interval, one.value, unit, detail=dict(detail))


def _of_cells(cells: Mapping[str, Cells], trained: Sequence[Trained], seconds: Mapping[str, float]) -> list[Row]:
    """A row a cell: the AUC of `knn`, with all other figures in the detail."""
    rows = []
    for k, (n, steps) in enumerate(zip(cells["knn"].n, cells["knn"].steps, strict=True)):
        of_cell = [one for one in trained if (one.n, one.steps) == (n, steps)]
        figures = {
            name: told(Estimate(float(one.value[k]), *percentiles(one.drawn[:, k]))) for name, one in cells.items()
        }
        detail = {
            "members": int(n),
            "steps": int(steps),
            "steps_a_member": float(steps / n),
            "generators": len(of_cell),
            "seconds": sum(seconds[one.job.name] for one in of_cell) / len(of_cell),
            **figures,
        }
        name = f"{n:.0f} members, {steps / n:g} steps a member"
        rest = ", ".join(f"{other} {cells[other].value[k]:.3f}" for other in ("ssim", "mosaic", "copies"))
        rows.append(Row(f"{name}: knn ({rest})", float(cells["knn"].value[k]), "AUC", detail=detail))
    return rows


BENCHMARK = Benchmark(
    "power",
    "memorising",
    "how AUC and copies grow with training steps and members, and whether on one curve; the audit's rule of thumb",
    measure,
    options=(
        STORE,
        Option(
            "--members",
            [40, 80],
            {"type": int, "nargs": "+", "metavar": "N", "help": "of one"},
        ),
        Option(
            "--per-member",
            3.0,
            {"type": float, "metavar": "C", "help": f"steps a member; tried is {', '.join(map(str, TIMES))} of it"},
        ),
        Option("--repeats", 1, {"type": int, "metavar": "N", "help": "draws of data and seeds that each point has"}),
        Option("--release-size", 512, {"type": int, "metavar": "N", "help": "images of each generator"}),
        Option("--workers", None, {"type": int, "metavar": "N", "help": "processes; default: one a core"}),
        Option("--device", "cpu", {"metavar": "NAME", "help": "cpu or cuda"}),
        Option("--picture", None, {"type": Path, "metavar": "FILE", "help": "draw them there, a PNG or an SVG"}),
        Option("--rule", None, {"type": Path, "metavar": "FILE", "help": "write there what an audit quotes"}),
        OVERRIDE,
    ),
    quick={"members": [10, 20, 30], "per_member": 1.0, "release_size": 32, "override": [*TINY]},
    quick_about="16 px, at most 30 members, 32 images each",
    full={"members": [40, 80, 160, 320, 640]},
)
