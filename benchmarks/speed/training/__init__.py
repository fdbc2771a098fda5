"""Training of shadows beside a plain loop: `python -m benchmarks.speed.training [--device cuda]`.

Ours is what a run does: `shadow_models.train` of the family `ddpm` in as many processes as there are cores, of one
thread each, or in one process on a GPU. The peer is diffusers' example of unconditional image generation (see
`plain_loop`): one process with all threads, the same UNet, batch and number of steps a generator. Images a second are
summed over what trains at once. Both networks must then be as good at telling the noise of the same noised slices.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from attacks.base import Images
from benchmarks.benchmark import Benchmark, Option
from benchmarks.rows import Row, skipped
from benchmarks.sides import Side, side_by_side
from benchmarks.speed.families.slices import phantoms
from benchmarks.speed.training.plain_loop import train_plainly
from harness.data.png import grey_png
from harness.jobs.launch import Launcher, Work
from shadow_models.recipe import SIZES
from shadow_models.registry import find_family

if TYPE_CHECKING:
    import torch

    from shadow_models.families.ddpm import DdpmRecipe

FAMILY = "ddpm"
CPU_REACH, CUDA_REACH = 1.5, 4.0
AS_GOOD = 0.1  # of the loss of either network that the two may differ by
_BATCHES = 5  # of members: whole ones, so that the example's last batch is as large as the others
_REPEATS = 3


@dataclass(frozen=True)
class ShadowJob:
    """One generator to train and where to save it."""

    members: Images
    recipe: DdpmRecipe
    seed: int
    folder: Path


def train_shadow(job: ShadowJob, work: Work) -> None:
    """As a run trains."""
    from shadow_models.train import train  # torch costs seconds: in the worker alone

    train(job.members, job.recipe, seed=job.seed, device=work.device).save(job.folder)


def measure(options: argparse.Namespace) -> list[Row]:
    """The row of the device, with images a second of either side; that of a GPU is skipped where there is none."""
    import torch

    cuda = options.device.startswith("cuda")
    recipe = cast("DdpmRecipe", find_family(FAMILY).presets()[options.preset]).changed(steps=options.few_steps)
    on_gpu = f"shadow training on a GPU, {FAMILY} {options.preset}"
    if cuda and not torch.cuda.is_available():
        return [skipped(on_gpu, "not measured: this machine has no CUDA device")]
    n = 1 if cuda else len(os.sched_getaffinity(0))
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        members = phantoms(recipe.size, _BATCHES * recipe.batch)
        jobs = [ShadowJob(members, recipe, seed, folder / f"shadow-{seed}") for seed in range(n)]
        launcher = stack.enter_context(closing(Launcher(n, options.device)))
        files = _written(members, folder)

        def ours() -> list[Path]:
            launcher.map(train_shadow, jobs, lambda message: None)
            return [job.folder for job in jobs]

        row = side_by_side(
            f"shadow training on {'a GPU' if cuda else f'{n} cores'}, {FAMILY} {options.preset}",
            Side(f"{n} at once, one thread each", ours),
            [Side("plain loop of diffusers' example", lambda: train_plainly(files, recipe, options.device), 1 / n)],
            CUDA_REACH if cuda else CPU_REACH,
            apart=lambda ours, peer: _apart(ours, peer, recipe, members, options.device),
            within=AS_GOOD,
            threads=len(os.sched_getaffinity(0)),
            repeats=_REPEATS,
            limit="the convolutions of the UNet, forth and back",
        )
    rows = [row, *_images_per_second(row, n * recipe.steps * recipe.batch)]
    return rows if cuda else [*rows, skipped(on_gpu, "not measured: give --device cuda where there is one")]


def _images_per_second(row: Row, n_images: int) -> list[Row]:
    """Of either side."""
    return [Row(f"{row.name}: {side.name}", n_images / side.seconds, "images/s") for side in row.sides]


def _written(members: Images, folder: Path) -> list[Path]:
    """The slices as PNG files."""
    files = [folder / f"{place:05d}.png" for place in range(len(members))]
    for file, pixels in zip(files, members, strict=True):
        file.write_bytes(grey_png(pixels))
    return files


def _apart(folders: Sequence[Path], peer: torch.nn.Module, recipe: DdpmRecipe, members: Images, device: str) -> float:
    """By how much of the larger one the losses of ours, in the mean, and of the peer's network differ."""
    from shadow_models.generator import load_generator

    losses = [_loss(cast("Any", load_generator(one, device)).network, recipe, members, device) for one in folders]
    mine, theirs = float(np.mean(losses)), _loss(peer, recipe, members, device)
    return abs(mine - theirs) / max(mine, theirs)


def _loss(network: torch.nn.Module, recipe: DdpmRecipe, members: Images, device: str) -> float:
    """The mean square error of a network on every member, at one drawn time with one drawn noise each."""
    import torch

    from shadow_models.denoising.batches import Batch
    from shadow_models.images import pixels_of

    where = torch.device(device)
    clean = pixels_of(members).to(where)
    draw = torch.Generator().manual_seed(0)
    t = recipe.draw_times()(len(clean), draw).to(where)
    noise = torch.randn(clean.shape, generator=draw).to(where)
    task = recipe.ask(where)(Batch(clean, t, noise))
    with torch.no_grad():
        return float((network.eval()(task.noised, task.t) - task.target).square().mean())


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
