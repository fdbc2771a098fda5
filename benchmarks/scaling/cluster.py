"""A plan on 1 to 512 GPUs, simulated: how long, how well used, what goes through the store, and what stops it.

What a job takes and how large its artefacts are is read from a finished store, or from a few trainings that are
done here first, two at a time; the head and its planning, a worker's start and the disk are measured here. A
simulated GPU is as fast as what did the jobs that were measured: where they were done here, a core beside another
that is busy, too. How long trainings are (`--longer`), how often a node fails, how long it is away and, where it is
said, what a store moves are assumptions.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.benchmark import OVERRIDE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY
from benchmarks.rows import Row, skipped
from harness.errors import InputError
from harness.places import check_file
from shadow_models.one_training import KEPT_EVERY_SEC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.simulated.cluster import Load, Simulated
    from benchmarks.simulated.grid import Curve

# 419 interruptions in 54 days that nobody had planned, on 16,384 GPUs, eight a node: Llama 3, arXiv 2407.21783, 3.3.4
NODE_MTBF_HOURS = 16_384 / 8 * 54 * 24 / 419
GPUS_A_NODE = 8
_PLANNED = (64, 128, 256, 512)  # shadows, to see how planning grows
_TOLD = (1, 8, 64, 512)  # GPUs that have a row of their own


def measure(options: argparse.Namespace) -> list[Row]:
    """What was measured, then for each plan how far it scales and why, and its figures on some numbers of GPUs."""
    check_file("--picture", options.picture)
    if find_spec("simpy") is None:
        return [skipped("cluster", "needs the package simpy: pip install '.[test]'")]
    if min([*options.simulated_shadows, *options.gpus]) < 1 or min(options.longer) <= 0:
        raise InputError("--simulated-shadows and --gpus want numbers from 1, --longer numbers above 0.")
    from benchmarks.simulated.cluster import Site
    from benchmarks.simulated.facts import fitted, load_of
    from benchmarks.simulated.grid import curve
    from benchmarks.simulated.trainings import WORKERS, plan_seconds, told_by
    from harness.store import Store

    with tempfile.TemporaryDirectory(prefix="scaling-") as name:
        root = Path(name)
        told = told_by(2 * WORKERS, options.override, root)
        load, recipe = told.load, told.recipe
        if options.finished_store is not None:
            load, recipe = load_of(Store(options.finished_store))
        plans = [n for n in _PLANNED if n <= max(options.simulated_shadows)] or [4, 8]
        scale, power = fitted(plans, [plan_seconds(n, options.override, root / "plans") for n in plans])
    moved = told.bytes_a_sec if options.store_mib_s is None else options.store_mib_s * 2**20
    site = Site(
        1, told.start_sec, 0.0, told.head_sec, told.found_sec, moved, KEPT_EVERY_SEC, GPUS_A_NODE,
        options.mtbf_hours * 3600, options.repair_minutes * 60,
    )  # fmt: skip
    curves = [
        curve(load, site._replace(plan_sec=scale * n**power), n, longer, sorted({*options.gpus}))
        for longer in options.longer
        for n in options.simulated_shadows
    ]
    if options.picture is not None:
        from benchmarks.simulated.picture import draw

        draw(options.picture, curves)
    measured = [
        *_of_load(load, f"{recipe.name}, {recipe.size} px, {recipe.n_steps} steps"),
        Row("measured: a worker's start", told.start_sec, "s"),
        Row("measured: the head, a job handed out and found", 1000 * told.head_each_sec, "ms"),
        Row(f"measured: planning {plans[-1]} shadows; grows as n^{power:.2f}", scale * plans[-1] ** power, "s"),
        Row("measured: the disk, written through", told.bytes_a_sec / 2**20, "MiB/s"),
        Row("assumed: a node of 8 GPUs fails once in", options.mtbf_hours, "h"),
        Row("assumed: and is away for", options.repair_minutes, "min"),
        Row(f"{'measured' if moved == told.bytes_a_sec else 'assumed'}: the store moves", moved / 2**20, "MiB/s"),
    ]
    return measured + [row for one in curves for row in _of_curve(one)]


def _of_load(load: Load, of: str) -> list[Row]:
    mib = 2**20
    return [
        Row(f"measured: a training ({of}), mean", sum(load.train_sec) / len(load.train_sec), "s"),
        Row("measured: a release, mean", sum(load.release_sec) / len(load.release_sec), "s"),
        Row("measured: a generator", load.generator_bytes / mib, "MiB"),
        Row("measured: a release's images", load.release_bytes / mib, "MiB"),
        Row(f"measured: a checkpoint, every {KEPT_EVERY_SEC:g} s", load.checkpoint_bytes / mib, "MiB"),
    ]


def _of_curve(one: Curve) -> list[Row]:
    from benchmarks.simulated.grid import ENOUGH
    from harness.jobs.pace import told

    named = f"{one.shadows:,} shadows of {told(one.train_sec)}"
    cells = dict(zip(one.gpus, one.cells, strict=True))
    points = {
        str(n): {
            "makespan_sec": cell.makespan_sec,
            "efficiency": cell.efficiency,
            "store_bytes": cell.store_bytes,
            "failures": cell.failures,
            "jobs_that_failed_twice": cell.twice,
            "gpu_sec": cell.gpu_sec,
        }
        for n, cell in cells.items()
    }
    head = Row(f"{named}: efficiency {ENOUGH:g} and more up to; then {one.why}", one.scales_to, "GPUs", detail=points)
    return [head, *(_of_cell(n, cell) for n, cell in cells.items() if n in _TOLD)]


def _of_cell(n: int, cell: Simulated) -> Row:
    rest = f"{cell.bottleneck} takes {cell.gpu_sec[cell.bottleneck] / sum(cell.gpu_sec.values()):.2f}"
    traffic = f"store {cell.store_bytes / 2**30:.3g} GiB, {cell.failures} failures"
    return Row(f"  {n} GPUs: efficiency {cell.efficiency:.2f}, {rest}; {traffic}", cell.makespan_sec / 3600, "h")


def _numbers(flag: str, default: Sequence[float], kind: type, about: str) -> Option:
    return Option(flag, [*default], {"type": kind, "nargs": "+", "metavar": "N", "help": about})


BENCHMARK = Benchmark(
    "scaling",
    "cluster",
    "simulated: 64 to 4,096 shadows on 1 to 512 GPUs, with failures and a shared store, and what stops them scaling",
    measure,
    options=(
        _numbers("--simulated-shadows", [64, 512, 4096], int, "of each simulated plan"),
        _numbers("--gpus", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], int, "on which it is simulated"),
        _numbers("--longer", [1, 100], float, "trainings so many times as long as measured"),
        Option("--mtbf-hours", NODE_MTBF_HOURS, {"type": float, "metavar": "X", "help": "a node fails once in"}),
        Option("--repair-minutes", 15.0, {"type": float, "metavar": "X", "help": "that a node is then away"}),
        Option("--store-mib-s", None, {"type": float, "metavar": "X", "help": "of the store; default: this disk's"}),
        Option(
            "--finished-store",
            None,
            {"type": Path, "metavar": "DIR", "help": "a store of finished runs, by which jobs are known"},
        ),
        Option("--picture", None, {"type": Path, "metavar": "FILE", "help": "draw them there, a PNG or an SVG"}),
        replace(OVERRIDE, default=["shadow.steps=100", "shadow.n_images=64"]),
    ),
    quick={"simulated_shadows": [8, 16], "gpus": [1, 4, 16], "longer": [1], "override": [*TINY]},
    quick_about="at most 16 shadows on at most 16 GPUs, 30 steps of 16 px",
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
