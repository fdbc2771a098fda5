"""Shadows of one family before targets of another: `python -m benchmarks.power.families --lung-slices DIR`.

Every family in turn teaches the attacks' calibrations with shadows of its own; the targets of all families are then
judged by what they taught, with their releases as references. Of every pair: AUC, TPR at an FPR of 0.1, the FPR that
the threshold learnt for 0.1 really has, and ECE. And a confusion table: which family `shadow.match` would name for
each target, by the unlabelled statistics of its release alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from attacks.base import Attack
from attacks.registry import find_attacks
from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.measured import TINY_ABOUT
from benchmarks.power.families.targets import Side, plan_side, released, train_sides
from benchmarks.power.transfer.judging import Kept, judge, within_factor_2
from benchmarks.power.transfer.targets import Mismatch
from benchmarks.rows import Row
from harness.cli import console
from harness.config.settings import composed
from harness.data.pool import Pool, load_pool
from harness.errors import InputError
from harness.evaluation.release_statistics import compared, statistics
from harness.experiment.base import from_base
from harness.experiment.executor import Executor
from harness.jobs.launchers.local import LocalLauncher
from harness.planning.trials import N_COMPARED
from harness.store import Store

FAMILIES = ("dct", "ddpm", "flow", "latent", "gan")
SIGNALS = ("knn", "ssim")
FORMS = ("none", "ridge", "lira", "lira_reg")
_FEWEST_SHADOWS = 6
_FIGURES = {"auc": "AUC", "tpr": "TPR at 0.1", "realised_fpr": "FPR at nominal 0.1", "ece": "ECE"}
Judged = dict[tuple[str, str, str], Kept]


def measure(options: argparse.Namespace) -> list[Row]:
    """A row an attack, shadows' family and target's; what each family of shadows is worth at worst; the confusion."""
    screen = console()
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        store = (options.store or Path(temporary) / "store").resolve()
        root = options.lung_slices.resolve()
        words = ["data=folder", f"data.root={root}", "data.per_patient=1", f"store.root={store}", "shadow.count=8"]
        sides: list[Side] = []
        launcher = stack.enter_context(closing(LocalLauncher(options.workers, options.device)))
        executor = Executor(Store(store), launcher, screen)
        for family in options.families:
            settings = composed([f"shadow={family}", *words, *options.override])
            _check_count(settings.shadow_count)
            pool = load_pool(settings.data, executor.store)
            sides.append(plan_side(from_base(settings, pool, executor), pool, options.targets))
        train_sides(sides, executor)
        judged = _judged(sides, executor, _attacks(options.plain))
        named = _named(sides, executor, pool)
    _show(judged, named, screen)
    unlike = [one for (_, shadows, target), one in judged.items() if shadows != target]
    return [*within_factor_2(unlike), *_rows(judged), *_of_unknown(judged), *_confusion(named)]


def _check_count(n_shadows: int) -> None:
    """InputError, before hours of training, for shadows too few for the likelihood-ratio forms."""
    if n_shadows < _FEWEST_SHADOWS:
        raise InputError(
            f"shadow.count={n_shadows} leaves the likelihood-ratio forms without two references with and two without "
            f"each candidate once a pair is held out; give {_FEWEST_SHADOWS} or more."
        )


def _attacks(signals: Sequence[str]) -> dict[str, Attack]:
    """Each signal as it is and under every calibration of `FORMS`, and `stack`."""
    by_name = find_attacks().by_name
    found: dict[str, Attack] = {}
    for signal in signals:
        made: Any = by_name[signal]
        found |= {signal if form == "none" else f"{signal}, {form}": made(calibration=form) for form in FORMS}
    return found | {"stack": by_name["stack"]()}


def _judged(sides: Sequence[Side], executor: Executor, attacks: Mapping[str, Attack]) -> Judged:
    """By attack, the shadows' family and the target's."""
    found: Judged = {}
    mismatches = [Mismatch(side.family) for side in sides]
    for side in sides:
        targets = {other.family: side.facing(other) for other in sides}
        for name, attack in attacks.items():
            kept = judge(attack, side.plan, executor, mismatches, targets)
            found |= {(name, side.family, of): one for of, one in kept.items() if of != "shadows"}
    return found


def _named(sides: Sequence[Side], executor: Executor, pool: Pool) -> dict[tuple[str, str], int]:
    """How many targets of a family are taken for each: the one whose first shadow's release is most alike."""
    candidates = np.asarray(pool.pixels[pool.taken])

    def laws(side: Side, job_number: int | None) -> list[np.ndarray]:
        job = side.plan.generators[0] if job_number is None else side.targets[job_number][0]
        n_images = min(N_COMPARED, side.plan.n_images)
        return statistics(released(job, executor, n_images), candidates)

    tried = [laws(side, None) for side in sides]
    found = {(side.family, other.family): 0 for side in sides for other in sides}
    for side in sides:
        for number in range(len(side.targets)):
            nearest = int(compared(laws(side, number), tried).mean(axis=1).argmin())
            found[side.family, sides[nearest].family] += 1
    return found


def _rows(judged: Judged) -> list[Row]:
    return [
        Row(f"shadows {shadows}, target {target}: {attack}", one.auc, "AUC", detail=asdict(one))
        for (attack, shadows, target), one in judged.items()
    ]


def _unknown(judged: Judged) -> dict[str, dict[str, float]]:
    """Of each family of shadows, before targets of all others: means over them and over attacks, the worst FPR.

    What a participant gets who does not know the family of the target and takes this one.
    """
    found = {}
    for shadows in dict.fromkeys(of for _, of, _ in judged):
        others = [one for (_, of, target), one in judged.items() if of == shadows != target]
        if others:
            means = {name: float(np.mean([getattr(one, name) for one in others])) for name in _FIGURES}
            found[shadows] = means | {"worst_fpr": max(one.realised_fpr for one in others)}
    return found


def _of_unknown(judged: Judged) -> list[Row]:
    return [
        Row(
            f"shadows {shadows}, targets of all others, attacks' mean",
            found["realised_fpr"],
            "FPR at 0.1",
            detail=found,
        )
        for shadows, found in _unknown(judged).items()
    ]


def _confusion(named: Mapping[tuple[str, str], int]) -> list[Row]:
    """A row a family: the share of its targets that are named rightly."""
    rows = []
    for family in dict.fromkeys(of for of, _ in named):
        told = {name: count for (of, name), count in named.items() if of == family}
        share = told[family] / max(sum(told.values()), 1)
        rows.append(Row(f"matching names {family}", share, "share", 1.0, share == 1.0, detail=told))
    return rows


def _show(judged: Judged, named: Mapping[tuple[str, str], int], screen: Console) -> None:
    families = list(dict.fromkeys(of for of, _ in named))
    for attack in dict.fromkeys(attack for attack, _, _ in judged):
        title = f"{attack}: AUC, TPR at 0.1, realised FPR at nominal 0.1, ECE; a line a family of shadows"
        table = Table("shadows", *(f"target {of}" for of in families), title=title, box=None, padding=(0, 2, 0, 0))
        for shadows in families:
            cells = (judged[attack, shadows, target] for target in families)
            table.add_row(
                shadows, *(f"{one.auc:.2f} {one.tpr:.2f} {one.realised_fpr:.2f} {one.ece:.2f}" for one in cells)
            )
        screen.print(table)
    title = "Targets of all other families: means over them and all attacks, and the worst"
    table = Table("shadows", *_FIGURES.values(), "worst FPR", title=title, box=None, padding=(0, 2, 0, 0))
    for shadows, found in _unknown(judged).items():
        table.add_row(shadows, *(f"{found[name]:.3f}" for name in (*_FIGURES, "worst_fpr")))
    screen.print(table)
    table = Table("target", *families, title="Named by matching", box=None, padding=(0, 2, 0, 0))
    for of in families:
        table.add_row(of, *(str(named[of, name]) for name in families))
    screen.print(table)


BENCHMARK = Benchmark(
    "power",
    "families",
    "which family of shadows is the safe one where the target's is not known, and whether matching names it",
    measure,
    options=(
        LUNG_SLICES,
        STORE,
        Option("--families", ["dct", "gan"], {"nargs": "+", "metavar": "NAME", "help": "families of generators"}),
        Option("--plain", ["knn"], {"nargs": "+", "choices": [*SIGNALS], "help": "whose scores are calibrated"}),
        Option("--targets", 1, {"type": int, "metavar": "N", "help": "a family, each with members of its own"}),
        Option("--workers", None, {"type": int, "metavar": "N", "help": "processes; default: one a core"}),
        Option("--device", "auto", {"metavar": "NAME", "help": "cpu or cuda"}),
        replace(OVERRIDE, default=["data.size=32", "shadow.count=6"]),  # a GAN takes minutes at 64 px
    ),
    needs=(LUNG_SLICES,),
    quick={
        "families": ["copies", "strangers"],
        "plain": ["knn"],
        "targets": 1,
        "override": ["data.size=16", "shadow.n_images=16"],
    },
    quick_about=f"{TINY_ABOUT.split(',')[0]}, two families that are not trained, one target each",
    full={"families": [*FAMILIES], "plain": [*SIGNALS], "targets": 2, "override": []},
)
