"""Is there room for what is to be trained? Asked before hours of it, not after."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.errors import HarnessWarning, InputError
from harness.jobs.generators import GeneratorJob, SurrogateJob
from harness.jobs.launchers.base import Launcher
from harness.jobs.memory import for_want_of_memory
from harness.jobs.pace import facts_of_network
from harness.jobs.train import BYTES
from harness.jobs.work import Work
from harness.memory import free_memory
from harness.store import Store
from shadow_models.recipe import Recipe

_STATES = 4  # of a checkpoint, in sizes of the weights: they, their average, two moments of AdamW
_AT_ONCE = 2  # checkpoints: the new one is whole before the old one goes
_OF_TRAINING = 8  # sizes of the weights in memory: a checkpoint's, gradients, and what is written
_PROCESS = 700 * 2**20  # bytes that a worker takes before it does anything: torch, diffusers


def check_room(jobs: Sequence[GeneratorJob | SurrogateJob], store: Store, launcher: Launcher) -> None:
    """InputError where the store's disk has too little left for these trainings and releases; a remark where memory
    has, for as many at a time as the launcher does where it does them here.

    Releases are known to the byte; weights are as large as those of the same network which the store has, or as its
    family says: 0 where neither knows. What a batch takes in memory, and what attacks keep, is not among it. Pages
    that the system reads into spare memory count as free.
    """
    if not jobs:
        return
    at_a_time = min(launcher.at_a_time, len(jobs))
    weights = _weights([job.recipe for job in jobs], store, launcher, at_a_time)
    releases = sum(job.n_images * job.recipe.size**2 for job in jobs if isinstance(job, GeneratorJob))
    largest = max(weights)
    needed = releases + sum(weights) + at_a_time * _AT_ONCE * _STATES * largest
    with suppress(OSError):  # a disk that does not say
        on_disk = shutil.disk_usage(_made(store.root.absolute())).free
        if on_disk < needed:
            raise InputError(
                f"The store's disk has {_told(on_disk)} free, and {len(jobs)} trainings with their releases take "
                f"about {_told(needed)}; make room, or give another place with store.root=DIR."
            )
    free, each = free_memory(), _PROCESS + _OF_TRAINING * largest
    if launcher.on_this_machine and free is not None and free < at_a_time * each:
        fits = max(1, int(free // each))
        warnings.warn(
            HarnessWarning(
                f"{_told(free)} of memory are free, and {at_a_time} trainings at a time take "
                f"about {_told(at_a_time * each)}: launch.workers={fits} is safer."
            ),
            stacklevel=2,
        )


def _weights(recipes: Sequence[Recipe], store: Store, launcher: Launcher, at_a_time: int) -> list[int]:
    """Bytes of a generator of each recipe."""
    networks = [json.dumps(recipe.network(), sort_keys=True) for recipe in recipes]
    unlike = dict(zip(networks, recipes, strict=True))
    known = {network: _known(recipe, store) for network, recipe in unlike.items()}
    asked = [network for network, size in known.items() if size is None]
    if asked and launcher.on_this_machine:
        # By workers, as many as will train: all of them import torch meanwhile, which they will want anyway.
        words = [unlike[network] for network in asked]
        sizes = launcher.map(weigh, words * -(-at_a_time // len(words)), lambda message: None)
    else:
        sizes = launcher.here(weigh, [unlike[network] for network in asked], lambda message: None)
    found = {**known, **dict(zip(asked, sizes[: len(asked)], strict=True))}
    return [found[network] or 0 for network in networks]


def _known(recipe: Recipe, store: Store) -> int | None:
    """By a generator of the same network that the store has; None where it has none."""
    found = (facts.get(BYTES) for facts in facts_of_network(store, "generator", recipe))
    return max((int(size) for size in found if size), default=None)


def weigh(recipe: Recipe, work: Work) -> int | None:
    """The job that builds a network to say how large it is, in bytes."""
    del work
    try:
        return recipe.weight_bytes()
    except Exception as error:  # of somebody's family: what it is about, its training will say
        if for_want_of_memory(error):
            raise
        return None


def _made(folder: Path) -> Path:
    """The folder, or the nearest above it that is there: a new store lies on its disk."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _told(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
