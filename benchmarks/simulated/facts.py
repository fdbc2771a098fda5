"""What a simulation rests on, measured: how long jobs take and how large they are, by a store; how fast a disk is."""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated.cluster import Load
from harness.artefact import META, Meta, read_meta
from harness.errors import InputError
from harness.store import Store
from shadow_models.one_training import Stopped
from shadow_models.recipe import Recipe

_BLOCK_BYTES, _BLOCKS = 2**26, 4  # that are written and read to see how fast a disk is


class Made(NamedTuple):
    """An artefact of a store: when it was finished, what its maker said, seconds it took, and bytes of its files."""

    finished: float
    meta: Meta
    n_bytes: int
    folder: Path


def made(store: Store, kind: str) -> list[Made]:
    """The finished artefacts of a kind, the oldest first."""
    found = []
    for folder in (store.root / kind).glob("[!.]*"):
        meta = read_meta(folder)
        if meta is not None:
            sizes = [(folder / name).stat().st_size for name in meta.files]
            found.append(Made((folder / META).stat().st_mtime, meta, sum(sizes), folder))
    return sorted(found, key=lambda one: one.finished)


def load_of(store: Store, which: slice = slice(None)) -> tuple[Load, Recipe]:
    """What a job is by what a store remembers of the network of which it has most generators, and its recipe.

    which: of the generators, and of the releases, in the order in which they were finished: those with which workers
    began took longer. Trainings that were interrupted do not count, nor do generators that released nothing.
    """
    from shadow_models.generator import recipe_in

    groups: dict[str, tuple[list[Made], list[Made]]] = defaultdict(lambda: ([], []))
    for place, kind in enumerate(("generator", "release")):
        for one in made(store, kind):
            groups[json.dumps(one.meta.facts.get("network"), sort_keys=True)][place].append(one)
    whole = [
        ([one for one in generators if one.meta.facts.get("seconds_a_step")], releases)
        for generators, releases in groups.values()
    ]
    generators, releases = max(whole, key=lambda both: min(map(len, both)), default=([], []))
    generators, releases = generators[which], releases[which]
    if not generators or not releases:
        raise InputError(f"{store.root} holds no finished generators and releases whose seconds are known.")
    recipe = recipe_in(generators[-1].folder)
    side = recipe.size
    pools = [one.n_bytes for one in made(store, "pool")]
    weights = float(np.mean([one.n_bytes for one in generators]))
    load = Load(
        [one.meta.seconds for one in generators],
        [one.meta.seconds for one in releases],
        max(pools, default=0) + weights,  # its members, and weights that it starts from
        weights,
        float(np.mean([one.n_bytes for one in releases])),
        kept_bytes(recipe, np.zeros((2, side, side), np.uint8)),
    )
    return load, recipe


def kept_bytes(recipe: Recipe, members: NDArray[np.uint8]) -> float:
    """Bytes of one checkpoint of such a training: of one that is asked to end after its first step."""
    from shadow_models.train import train

    if recipe.n_steps < 2:
        return 0.0
    small = recipe.changed(batch=1) if hasattr(recipe, "batch") else recipe
    with TemporaryDirectory() as name:
        kept = Path(name) / "checkpoint"
        with suppress(Stopped):
            train(members, small, seed=0, device="cpu", checkpoint=kept, checkpoint_every=0, stopping=lambda: True)
        return float(sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()))


def disk_speed(folder: Path) -> float:
    """Bytes a second with which a folder's disk takes files, each safe before the next: the slower of both ways."""
    block = os.urandom(_BLOCK_BYTES)
    with TemporaryDirectory(dir=folder) as name:
        paths = [Path(name) / str(number) for number in range(_BLOCKS)]
        started = time.perf_counter()
        for path in paths:
            with path.open("wb") as file:
                file.write(block)
                file.flush()
                os.fsync(file.fileno())
        written = time.perf_counter()
        for path in paths:
            path.read_bytes()
        read = time.perf_counter()
    return _BLOCKS * _BLOCK_BYTES / max(written - started, read - written)


def fitted(numbers: Sequence[int], seconds: Sequence[float]) -> tuple[float, float]:
    """(a, b) of seconds = a * n^b, least squares of the logarithms."""
    b, log_a = np.polyfit(np.log(numbers), np.log(seconds), 1)
    return float(np.exp(log_a)), float(b)
