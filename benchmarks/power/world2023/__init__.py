"""A stand-in for the official test of 2023: `python -m benchmarks.power.world2023`.

Each world of `phantom-2023` is made by `harness.challenge make` and taken up by `harness.run` without a label, as
`benchmarks.power.challenges` does with real slices, with a recipe near the target's or the harness's own
(`--participant`). The winner's rule is computed apart, on all released images. Rows say whether the winner does what
it did in 2023, how far the chosen attack is ahead of it and of the better half by the same signal, and what the
released images looked like for the rule to work.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.benchmark import OVERRIDE, STORE, Benchmark, Option
from benchmarks.measured import TINY, TINY_ABOUT
from benchmarks.power.challenges import KEEP, MAKE_WORDS, SEEDS, TINY_TARGET, kept_in
from benchmarks.power.challenges.outcome import CHOSEN, FILES, Asked, make, places_of, take_up
from benchmarks.power.world2023 import world
from benchmarks.power.world2023.figures import Played, looks_table, rows_of, table_of
from benchmarks.power.world2023.winner import looks_of, seen
from benchmarks.rows import Row
from harness.cli import console
from harness.errors import InputError
from harness.submission.files import read_submission
from harness.submission.truth import read_used

WINNER = "winner of 2023 (ssim)"
"""The run's own submission by the winner's rule, one of its baselines."""

_TINY_WORLD = ("data.patients=24", "dev.patients=4", "test.patients=6", "more_members=4")


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows of all worlds."""
    screen = console()
    with TemporaryDirectory() as temporary:
        folder, store = kept_in(options, Path(temporary))
        worlds = []
        for seed in options.seeds:
            own = world.PARTICIPANTS[options.participant]
            asked = Asked(seed, [*world.make_words(seed), *options.make], [*own, *options.override])
            worlds.append(play(asked, folder, store, frozen=not options.make, alone=options.winner_only))
            screen.print(table_of(worlds[-1:]))
    screen.print(table_of(worlds))
    screen.print(looks_table(worlds))
    return rows_of(worlds)


def play(asked: Asked, folder: Path, store: Path, *, frozen: bool, alone: bool) -> Played:
    """Make a world and take it up, then play the winner's rule; the truth is opened last.

    frozen: it is one of the named ones, and its slices must be theirs; alone: the winner plays, and nobody else.
    """
    outcome = None
    if alone:
        make(asked, folder, store)
    else:
        outcome = take_up(asked, folder, store)
    made, run = places_of(asked, folder)
    if frozen:
        check_world(made, asked.seed)
    found, truth = seen(made / "challenge"), read_used(made / "truth.csv")
    chosen = None
    if not alone:
        chosen, theirs = (read_submission(run / FILES[name], truth.ids).used for name in (CHOSEN, WINNER))
        assert np.array_equal(theirs, found.used), "the run's own winner and the one here call others used"
    return Played(asked.seed, truth.used, found.used, found.half, looks_of(found, truth), outcome, chosen)


def check_world(made: Path, seed: int) -> None:
    """InputError where the slices of a world that is frozen are others: numbers would be of another world."""
    facts = json.loads((made / "challenge.json").read_text("utf-8"))
    wanted = world.SLICES.get(seed, facts["slices"])
    if facts["slices"] != wanted:
        raise InputError(
            f"The slices of {world.NAME} {world.VERSION}, seed {seed}, are others here ({facts['slices']} and not "
            f"{wanted}): phantoms came out differently, so figures cannot be compared with those of the docs."
        )


BENCHMARK = Benchmark(
    "power",
    "world2023",
    "phantom-2023, worlds made for the winner of 2023 to do what it did: the chosen attack beside it",
    measure,
    options=(
        replace(SEEDS, default=[world.SEEDS[0]]),
        Option(
            "--participant",
            "near",
            {
                "choices": [*world.PARTICIPANTS],
                "help": "shadows near the target's recipe, or of the harness's own",
            },
        ),
        Option("--winner-only", False, {"action": "store_true", "help": "play the winner's rule alone: minutes"}),
        STORE,
        KEEP,
        MAKE_WORDS,
        OVERRIDE,
    ),
    quick={
        "seeds": [0],
        "make": (*TINY_TARGET, *_TINY_WORLD),
        "override": [*TINY, "shadow.batch=8", "shadow.count=8", "attack=[knn,knn_reg,ssim]"],
    },
    quick_about=f"one world, {TINY_ABOUT}",
    full={"seeds": [*world.SEEDS]},
)
