"""What attacks keep under another recipe: `python -m benchmarks.power.transfer --lung-slices DIR`.

Shadows of one recipe teach every attack's calibration; targets of other recipes (steps, width, members, release
size, sampler) are then judged by it, with references of the shadows' recipe. Printed for every attack and recipe:
the AUC, and what the calibration keeps: the false positive rate at the threshold learnt for 0.1, and the Brier score.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from rich.console import Console
from rich.table import Table

from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.halves import write_halves
from benchmarks.measured import TINY, TINY_ABOUT
from benchmarks.power.transfer.judging import SIGNALS, Kept, attacks_compared, judge, within_factor_2
from benchmarks.power.transfer.targets import MATCHED, MISMATCHES, Mismatch, of_starts, train
from benchmarks.rows import Row
from harness.cli import console
from harness.config.recipe_options import STARTS
from harness.config.settings import composed
from harness.data.options import FolderData
from harness.data.pool import load_pool
from harness.evaluation.estimate_text import number
from harness.experiment.base import from_base
from harness.experiment.executor import Executor
from harness.jobs.launchers.making import make_launcher
from harness.planning.make import make_plan
from harness.store import Store
from shadow_models.fine_tuning import EXTRA, NOTHING


def measure(options: argparse.Namespace) -> list[Row]:
    """A row an attack and mismatch: the AUC, and in its detail what the calibration keeps."""
    screen = console()
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        store = (options.store or Path(temporary) / "store").resolve()
        starts, others = options.starts or NOTHING, None
        slices = options.lung_slices.resolve()
        if options.starts:
            slices, others = write_halves(slices, Path(temporary), 0, SIZE)
        extra = [f"data.extra={others}"] if starts == EXTRA else []
        words = ["data=folder", f"data.root={slices}", *extra, f"shadow.start={starts}", f"store.root={store}"]
        settings = composed([*words, "shadow.count=8", *options.override])
        data = settings.data
        if others is not None:  # read whatever shadows start from: targets may start from a base of them
            data = replace(cast("FolderData", data), extra=str(others))
        launcher = stack.enter_context(
            closing(make_launcher(settings.launch, settings.device, Store(settings.store_root)))
        )
        executor = Executor(Store(settings.store_root), launcher, screen)
        pool = load_pool(data, executor.store, extra_apart=options.starts is not None)
        settings = from_base(settings, pool, executor)
        plan = make_plan(settings, pool)
        executor.train(plan.generators)
        mismatches = (MATCHED, *of_starts(settings.recipe)) if options.starts else MISMATCHES
        targets = train(settings, pool, plan, executor, mismatches=mismatches, n_draws=options.draws)
        kept = {
            name: judge(attack, plan, executor, mismatches, targets)
            for name, attack in attacks_compared(options.signals).items()
        }
    _show(kept, screen)
    alike = {"shadows", *(one.name for one in mismatches if one in (MATCHED, Mismatch(one.name, start=starts)))}
    return [
        *within_factor_2([one for of in kept.values() for name, one in of.items() if name not in alike]),
        *_rows(kept),
    ]


def _rows(kept: Mapping[str, Mapping[str, Kept]]) -> list[Row]:
    return [
        Row(f"{mismatch}: {name}", one.auc, "AUC", None, None, detail=asdict(one))
        for name, by_mismatch in kept.items()
        for mismatch, one in by_mismatch.items()
    ]


SIZE = 64  # of slices, pixels
_TITLES = {
    "AUC": "auc",
    "realised FPR at nominal 0.1": "realised_fpr",
    "realised FPR at nominal 0.01": "realised_fpr_at_1_percent",
    "Brier": "brier",
    "ECE": "ece",
}


def _show(kept: Mapping[str, Mapping[str, Kept]], screen: Console) -> None:
    """A line an attack, a column a mismatch: AUC, and below it what its calibration keeps."""
    for title, metric in _TITLES.items():
        table = Table("attack, calibration", *next(iter(kept.values())), title=title, box=None, padding=(0, 1, 0, 0))
        for name, by_mismatch in kept.items():
            table.add_row(name, *(number(getattr(one, metric)) for one in by_mismatch.values()))
        screen.print(table)


BENCHMARK = Benchmark(
    "power",
    "transfer",
    "what attacks and calibrations keep where the target's recipe is not the shadows'",
    measure,
    options=(
        LUNG_SLICES,
        STORE,
        Option("--signals", ["knn", "loss"], {"nargs": "+", "choices": [*SIGNALS], "help": "scores to calibrate"}),
        Option(
            "--starts",
            None,
            {
                "choices": STARTS,
                "help": "what shadows start from; targets then start from each of these, in place of other recipes, "
                "and half of the patients are the pool, the others those of a base",
            },
        ),
        Option(
            "--draws",
            1,
            {
                "type": int,
                "metavar": "N",
                "help": "of who is used (transfer) or left out (proportions), a recipe or proportion",
            },
        ),
        replace(OVERRIDE, default=["data.per_patient=3"]),
    ),
    needs=(LUNG_SLICES,),
    quick={
        "signals": ["knn", "loss"],
        "draws": 1,
        "override": [*TINY, "shadow.channels=[16,32]", "shadow.n_images=32", "data.per_patient=1", "shadow.count=8"],
    },
    quick_about=f"{TINY_ABOUT}, two signals, one target a recipe",
    full={"signals": [*SIGNALS], "draws": 2, "override": []},
)
