"""Simulated challenges from end to end: `python -m benchmarks.power.challenges --lung-slices DIR`.

Each is made by `harness.challenge make` with a seed of its own and a target unlike the shadows, taken up by
`harness.run` as a participant would, and scored against its truth: the submission of the chosen attack beside those
of the 2023 winner's rule and of `knn` with the top half. Afterwards, for no choice, every attack that the table names
is put before each test (a target of another recipe), beside what it reaches on the shadows (of one recipe). With
`--surrogates` the attacker also trains surrogates, which nearly doubles his trainings.

All challenges split the same patients, each in its own way: the intervals are over splits and generators.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.measured import TINY, TINY_ABOUT
from benchmarks.power.challenges.figures import (
    attacks_table,
    challenges_table,
    of_leak,
    of_submissions,
    of_surrogates,
)
from benchmarks.power.challenges.outcome import CHOSEN, TARGETS, of_slices, take_up
from benchmarks.rows import Row
from harness.cli import console
from harness.evaluation.estimate_text import number

ATTACKS = (
    "knn,knn_cal,knn_reg,knn_ridge,knn_lira,ssim,ssim_cal,ssim_reg,ssim_ridge,ssim_lira,"  # no network is asked
    "retrieval_reg,carlini_reg,mosaic,mosaic_ridge,mosaic_mid,stack"
)
TINY_TARGET = (
    "target.start=nothing",
    "data.size=16",
    "target.block=2",
    "target.channels=[8,16]",
    "target.steps=30",
    "dev.n_images=16",
    "test.n_images=16",
)
ASKING = (
    f"attack=[{ATTACKS},loss,loss_cal,loss_reg,loss_lira,stack_model]",
    "surrogate.dev=false",  # what the check on dev would cost decides nothing
    # Of the model's parts the loss alone: the others ask a network seven times as often.
    "~attack.stack_model.parts.reconstruction",
    "~attack.stack_model.parts.fcre",
    "~attack.stack_model.parts.pfami",
)

SEEDS = Option("--seeds", [0, 1, 2, 3, 4], {"type": int, "nargs": "+", "metavar": "N", "help": "a challenge each"})
KEEP = Option("--keep", None, {"type": Path, "metavar": "DIR", "help": "keep challenges and runs there"})
MAKE_WORDS = Option("--make", [], {"nargs": "+", "metavar": "WORD", "help": "options of harness.challenge make"})


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: time, F1 and accuracy, their paired differences, and what attacks via surrogates reach."""
    screen = console()
    attacks = (*(ASKING if options.surrogates else [f"attack=[{ATTACKS}]"]), *options.override)
    with TemporaryDirectory() as temporary:
        folder, store = kept_in(options, Path(temporary))
        outcomes = []
        for seed in options.seeds:
            asked = of_slices(seed, options.lung_slices.resolve(), options.target, options.make, attacks)
            found = take_up(asked, folder, store)
            screen.print(f"seed {seed}: {found.chosen}, {found.steps} steps, F1 {number(found.f1[CHOSEN])}")
            outcomes.append(found)
    screen.print(challenges_table(outcomes))
    screen.print(attacks_table(outcomes))
    leaks = of_leak(outcomes) if options.target == "phantom-64" else []
    return [*of_submissions(outcomes), *leaks, *(of_surrogates(outcomes) if options.surrogates else [])]


def kept_in(options: argparse.Namespace, temporary: Path) -> tuple[Path, Path]:
    """Where challenges and runs lie, and the artefacts, by `--keep` and `--store`."""
    folder = (options.keep or temporary).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder, (options.store or folder / "store").resolve()


BENCHMARK = Benchmark(
    "power",
    "challenges",
    "simulated challenges from end to end, beside the winner's rule of 2023",
    measure,
    options=(
        LUNG_SLICES,
        replace(SEEDS, default=[1]),
        Option(
            "--target", "phantom-64", {"choices": [*TARGETS], "help": "what the challenge's generator starts from"}
        ),
        Option("--surrogates", False, {"action": "store_true", "help": "train surrogates, too"}),
        STORE,
        KEEP,
        MAKE_WORDS,
        OVERRIDE,
    ),
    needs=(LUNG_SLICES,),
    quick={"seeds": [0], "make": TINY_TARGET, "override": [*TINY, "shadow.count=8"]},
    quick_about=f"one challenge, {TINY_ABOUT}",
    full={"seeds": [0, 1, 2, 3, 4]},
)
