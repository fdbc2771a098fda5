"""Training of shadows beside a plain loop: `python -m benchmarks.speed.training [--device cuda]`.

Ours is what a run does: `shadow_models.train` of the family `ddpm` in as many processes as there are cores, of one
thread each, or in one process on a GPU. The peer is diffusers' example of unconditional image generation (see
`plain_loop`): one process with all threads, the same UNet, batch and number of steps a generator. Images a second are
summed over what trains at once. Both networks must then be as good at telling the noise of the same noised slices.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from attacks.base import Images
from benchmarks.benchmark import Benchmark, Option
from benchmarks.rows import Row, skipped
from benchmarks.speed.families.slices import phantoms
from benchmarks.speed.training.cpu import on_cpu
from benchmarks.speed.training.gpu import on_gpu
from harness.data.png import grey_png
from shadow_models.recipe import SIZES
from shadow_models.registry import find_family

if TYPE_CHECKING:
    from shadow_models.families.ddpm import DdpmRecipe

FAMILY = "ddpm"
_BATCHES = 5  # of members: whole ones, so that the example's last batch is as large as the others


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows of the device; those of a GPU are skipped where there is none."""
    import torch

    cuda = options.device.startswith("cuda")
    recipe = cast("DdpmRecipe", find_family(FAMILY).presets()[options.preset]).changed(steps=options.few_steps)
    about = f"{FAMILY} {options.preset}"
    if cuda and not torch.cuda.is_available():
        return [skipped(f"shadow training on a GPU, {about}", "not measured: this machine has no CUDA device")]
    members = phantoms(recipe.size, _BATCHES * recipe.batch)
    with TemporaryDirectory() as temporary:
        files = _written(members, Path(temporary))
        if cuda:
            return on_gpu(about, recipe, members, files, options.device)
        rows = on_cpu(about, recipe, members, files, Path(temporary))
    return [
        *rows,
        skipped(f"shadow training on a GPU, {about}", "not measured: give --device cuda where there is one"),
    ]


def _written(members: Images, folder: Path) -> list[Path]:
    """The slices as PNG files."""
    files = [folder / f"{place:05d}.png" for place in range(len(members))]
    for file, pixels in zip(files, members, strict=True):
        file.write_bytes(grey_png(pixels))
    return files


BENCHMARK = Benchmark(
    "speed",
    "training",
    "shadows trained beside a plain loop of diffusers, one thread each on all cores, or on a GPU",
    measure,
    options=(
        Option("--preset", "quick", {"choices": [*SIZES], "help": "whose networks"}),
        Option("--device", "cpu", {"metavar": "NAME", "help": "cpu or cuda"}),
        Option("--few-steps", 60, {"type": int, "metavar": "N", "help": "optimiser steps of each network"}),
    ),
    quick={"few_steps": 4},
    quick_about="4 steps a generator",
)
