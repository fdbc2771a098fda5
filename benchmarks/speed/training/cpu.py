"""Shadows on the cores of this machine."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from attacks.base import Images
from benchmarks.rows import Row
from benchmarks.sides import Side, side_by_side
from benchmarks.speed.training.as_good import AS_GOOD, losses_apart
from benchmarks.speed.training.plain_loop import train_plainly
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.work import Work

if TYPE_CHECKING:
    import torch

    from shadow_models.families.ddpm import DdpmRecipe

_REACH = 1.5
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


def on_cpu(about: str, recipe: DdpmRecipe, members: Images, files: list[Path], folder: Path) -> list[Row]:
    """The row of a process a core, and images a second of either side."""
    n = len(os.sched_getaffinity(0))
    jobs = [ShadowJob(members, recipe, seed, folder / f"shadow-{seed}") for seed in range(n)]
    with closing(LocalLauncher(n, "cpu")) as launcher:

        def ours() -> list[Path]:
            launcher.map(train_shadow, jobs, lambda message: None)
            return [job.folder for job in jobs]

        row = side_by_side(
            f"shadow training on {n} cores, {about}",
            Side(f"{n} at once, one thread each", ours),
            [Side("plain loop of diffusers' example", lambda: train_plainly(files, recipe, "cpu"), 1 / n)],
            _REACH,
            apart=lambda ours, peer: losses_apart([_network(one) for one in ours], peer, recipe, members, "cpu"),
            within=AS_GOOD,
            threads=n,
            repeats=_REPEATS,
            limit="the convolutions of the UNet, forth and back",
        )
    images = n * recipe.steps * recipe.batch
    return [row, *(Row(f"{row.name}: {side.name}", images / side.seconds, "images/s") for side in row.sides)]


def _network(folder: Path) -> torch.nn.Module:
    from shadow_models.generator import load_generator

    return cast("Any", load_generator(folder, "cpu")).network
