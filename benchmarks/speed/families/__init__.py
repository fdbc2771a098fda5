"""What each family of generators costs: `python -m benchmarks.speed.families --preset gpu --device cpu`.

Trains every family that learns for a few steps on phantoms at a preset's size, draws a few images, and says how many
weights it has, how much arithmetic an image takes, what training holds in memory, how fast both are, and whether the
loss went down. On a GPU the first steps warm it up and are not timed.

With `--to-the-end FAMILY` that one's preset is trained to its end instead, on phantoms or on half of the slices of
`--lung-slices`, one a patient, and its release is looked at beside members and others.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.benchmark import LUNG_SLICES, Benchmark, Option
from benchmarks.rows import Row, at_least, skipped
from benchmarks.speed.families.cost import Cost, cost_of, precision_of
from benchmarks.speed.families.to_the_end import to_the_end
from shadow_models.recipe import SIZES, Gives, Recipe
from shadow_models.registry import built_in, find_family


def measure(options: argparse.Namespace) -> list[Row]:
    """Six rows a family, and what came of the one that was trained to its end."""
    rows: list[Row] = []
    for name in options.families or ([] if options.to_the_end else trained_families()):
        recipe = find_family(name).presets()[options.preset]
        rows += _rows(recipe, cost_of(recipe, options), options)
    for name in options.to_the_end:
        rows += to_the_end(find_family(name).presets()[options.preset], options)
    return rows


def trained_families() -> list[str]:
    """Ours that learn in steps."""
    return [name for name in built_in() if find_family(name).presets()["quick"].n_steps]


def _rows(recipe: Recipe, cost: Cost, options: argparse.Namespace) -> list[Row]:
    batch = options.batch or getattr(recipe, "batch", 0)
    about = f"{recipe.name} {options.preset}"
    detail: dict[str, Any] = {"device": options.device, "batch": batch, "precision": precision_of(recipe, options)}
    third = max(1, len(cost.losses) // 3)
    what = f"{about}: loss of the first third of steps over the last"
    fell = float(np.mean(cost.losses[:third])) / max(float(np.mean(cost.losses[-third:])), 1e-12)
    return [
        Row(f"{about}: weights", cost.weights / 1e6, "million", detail=detail),
        Row(f"{about}: arithmetic of an image", cost.gflop_an_image, "GFLOP", detail=detail),
        Row(f"{about}: memory of training", cost.gib, "GiB", detail=detail),
        Row(f"{about}: training", 1 / cost.seconds_a_step, "steps/s", detail=detail),
        Row(f"{about}: sampling", 1 / cost.seconds_an_image, "images/s", detail=detail),
        skipped(what, "two networks play against each other: no loss that should fall")
        if recipe.gives is Gives.DISCRIMINATOR
        else at_least(what, fell, "ratio", 1.0, **detail),
    ]


BENCHMARK = Benchmark(
    "speed",
    "families",
    "what each family of generators costs to train and to sample from",
    measure,
    options=(
        Option("--families", None, {"nargs": "+", "metavar": "NAME", "help": "families of generators"}),
        Option("--preset", "quick", {"choices": [*SIZES], "help": "whose networks"}),
        Option("--device", "cpu", {"metavar": "NAME", "help": "cpu or cuda"}),
        Option("--few-steps", 30, {"type": int, "metavar": "N", "help": "optimiser steps of each network"}),
        Option("--batch", None, {"type": int, "metavar": "N", "help": "slices a step; default: the preset's"}),
        Option("--drawn", 4, {"type": int, "metavar": "N", "help": "drawn in the one batch that is timed"}),
        Option("--to-the-end", [], {"nargs": "+", "metavar": "NAME", "help": "train their preset to its end, too"}),
        LUNG_SLICES,
        Option("--repeats", 1, {"type": int, "metavar": "N", "help": "draws of data and seeds that each point has"}),
        Option("--release", 256, {"type": int, "metavar": "N", "help": "images that it then releases"}),
        Option("--sheet", None, {"type": Path, "metavar": "FILE", "help": "write its contact sheet, a PNG"}),
    ),
    quick={"preset": "quick", "few_steps": 9, "batch": 2, "drawn": 2},
    quick_about="64 px, 9 steps of 2 slices",
)
