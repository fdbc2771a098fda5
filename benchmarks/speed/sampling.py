"""Sampling beside diffusers' samplers, at equal distance to real slices: `python -m benchmarks.speed.sampling`.

One denoiser is trained on the slices of half of the patients. The same network is then sampled with the fewest steps
that its recipe may have, by diffusers' DDPMScheduler at 1,000 and by its DDIMScheduler at 50, as the pipelines of
these names do. How near a release is: the Fréchet distance on DCT features (`harness.audit`) to the slices of the
other patients, with as many images in every release, for it grows as they get fewer. Ours is as near as a peer where
the mean over its releases is no more above that of the peer's one than two standard errors, by the spread of ours.
Then distance and speed for more steps.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

import numpy as np

from attacks.base import Images
from benchmarks.benchmark import LUNG_SLICES, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.halves import write_halves
from benchmarks.rows import Row
from benchmarks.sides import Side, limited_threads, side_by_side
from harness.audit.features import dct_features, standardised
from harness.audit.fidelity import Cloud, frechet
from harness.data.sources.folder.read import read_folder
from harness.evaluation.metrics import Floats
from shadow_models.base.recipe import FOLDER as PHANTOMS
from shadow_models.fine_tuning import FINE_TUNING
from shadow_models.recipe import DEFAULT, Generator
from shadow_models.registry import find_family

SIZE = 64  # pixels
TRIED = {DEFAULT: (15, 20, 25)}  # numbers of steps besides the usual one; 15 is the least that the recipe takes
_TRIED_ELSE = (10, 25, 50)
_ERRORS = 2.0  # standard errors that count as noise
_SHORT_REPEATS = 3


class Peer(NamedTuple):
    """A scheduler of diffusers. reach: how many times ours must be as fast; repeats: how often it is timed."""

    name: str
    steps: int
    reach: float
    repeats: int


PEERS = (Peer("DDPM", 1_000, 40.0, 1), Peer("DDIM", 50, 3.0, _SHORT_REPEATS))


def measure(options: argparse.Namespace) -> list[Row]:
    """Of every family: a row beside each peer, then distance and speed by steps."""
    rows = []
    with TemporaryDirectory() as temporary, limited_threads(1):
        folder = Path(temporary)
        halves = write_halves(options.lung_slices, folder, 0, SIZE)
        members, held_out = (np.asarray(read_folder(half, SIZE, "--lung-slices").pixels) for half in halves)
        for name in options.families:
            _trained(name, members, options.few_steps).save(folder / name)
            found = _Sampled(name, folder / name, held_out, options)
            rows += [row for peer in PEERS for row in found.beside(peer)] + found.by_steps()
            some = members[np.linspace(0, len(members) - 1, options.drawn_each).astype(int)]
            rows.append(_nearness_row(f"{name}: as many members", found.distance(some)))
    return rows


def _trained(name: str, members: Images, steps: int | None) -> Generator:
    """The family's `quick` preset as a run trains it by default: the default family from the base of phantoms."""
    from shadow_models.generator import load_generator  # torch costs seconds: not for the list of benchmarks
    from shadow_models.train import train

    recipe, start = find_family(name).presets()["quick"], None
    if name == DEFAULT:
        recipe, start = recipe.changed(**FINE_TUNING["quick"]._asdict()), load_generator(PHANTOMS)
    if steps is not None:
        recipe = recipe.changed(steps=steps)
    return train(members, recipe, seed=0, start=start, device="cpu")


class _Releases(NamedTuple):
    """Of one number of steps. distances: of each release, float64 [n]."""

    distances: Floats
    images_per_second: float


class _Sampled:
    """A trained denoiser, sampled in several ways."""

    def __init__(self, name: str, folder: Path, held_out: Images, options: argparse.Namespace) -> None:
        from shadow_models.generator import load_generator

        self._name, self._folder, self._options = name, folder, options
        self._generator: Any = load_generator(folder)
        self._scale = dct_features(held_out)
        self._held_out = self._cloud(held_out)
        usual = int(self._generator.recipe.to_dict()["sample_steps"])
        tried = sorted({usual, *TRIED.get(name, _TRIED_ELSE)})
        self._found = {steps: self._releases(steps) for steps in tried}
        self._fewest = tried[0]
        self._ours = self._with(self._fewest)

    def distance(self, images: Images) -> float:
        """Squared, in units of the spread of the held-out slices."""
        return frechet(self._cloud(images), self._held_out)

    def beside(self, peer: Peer) -> list[Row]:
        """Ours and the peer on the same network, and how near the peer's release is."""
        n, distances = self._options.drawn_each, self._found[self._fewest].distances
        mean = float(distances.mean())
        noise = _ERRORS * float(distances.std(ddof=1)) * (1 + 1 / len(distances)) ** 0.5
        row = side_by_side(
            f"sampling, {self._name} at {self._fewest} steps, beside {peer.name} at {peer.steps:,}",
            Side(f"{self._fewest} steps", lambda: self._ours.sample(n, seed=0, batch=n)),
            [Side(f"diffusers' {peer.name}Scheduler", lambda: _drawn(self._generator, peer, n))],
            peer.reach,
            apart=lambda _, of_peer: mean - self.distance(of_peer),
            within=noise,
            repeats=peer.repeats,
            limit=f"calls of the network: {peer.steps / self._fewest:.3g} times as many",
        )
        of_peer = mean - cast("float", row.sides[1].apart)
        rate = n / row.sides[1].seconds
        return [row, _nearness_row(f"{self._name}, {peer.name} at {peer.steps:,}", of_peer, images_per_second=rate)]

    def by_steps(self) -> list[Row]:
        """Distance and speed for each number of steps."""
        return [
            _nearness_row(
                f"{self._name}, {steps} steps",
                float(found.distances.mean()),
                spread_of_releases=float(found.distances.std(ddof=1)),
                images_per_second=found.images_per_second,
            )
            for steps, found in self._found.items()
        ]

    def _releases(self, steps: int) -> _Releases:
        """Several releases with this number of steps."""
        n = self._options.drawn_each
        generator = self._with(steps)
        found = []
        for seed in range(self._options.own_releases):
            started = time.perf_counter()
            images = generator.sample(n, seed=seed, batch=n)
            found.append((self.distance(images), time.perf_counter() - started))
        distances, seconds = np.transpose(found)
        return _Releases(distances, n / float(seconds.min()))

    def _with(self, steps: int) -> Generator:
        return self._generator.recipe.changed(sample_steps=steps).load(self._folder, "cpu")

    def _cloud(self, images: Images) -> Cloud:
        return Cloud(standardised(dct_features(images), self._scale), np.arange(len(images)))


def _drawn(generator: Any, peer: Peer, n: int) -> Images:
    """As the pipeline of the scheduler's name draws: noise, and a step of the scheduler for each of the network.

    Estimates are clipped where the network's space is that of pixels, as it is in the pipelines.
    """
    import diffusers
    import torch

    alpha_bar = generator.alphas_cumprod
    shape = generator.encode(np.zeros((1, SIZE, SIZE), np.uint8)).shape[1:]
    scheduler = getattr(diffusers, f"{peer.name}Scheduler")(
        num_train_timesteps=len(alpha_bar),
        trained_betas=1 - alpha_bar / np.concatenate([[1.0], alpha_bar[:-1]]),
        prediction_type="epsilon",
        clip_sample=shape == (1, SIZE, SIZE),
    )
    scheduler.set_timesteps(peer.steps)
    source = torch.Generator().manual_seed(0)
    z = torch.randn((n, *shape), generator=source)
    for t in scheduler.timesteps:
        z = scheduler.step(generator.eps(z, t.expand(n)), t, z, generator=source).prev_sample
    return cast("Images", generator.decode(z))


def _nearness_row(what: str, distance: float, **detail: float) -> Row:
    return Row(f"Fréchet distance to held-out slices: {what}", distance, "squared", detail=detail)


BENCHMARK = Benchmark(
    "speed",
    "sampling",
    "images a second beside diffusers' DDPM and DDIM on the same network, at equal distance to real slices",
    measure,
    options=(
        LUNG_SLICES,
        Option("--families", (DEFAULT,), {"nargs": "+", "metavar": "NAME", "help": "families of generators"}),
        Option("--few-steps", None, {"type": int, "metavar": "N", "help": "optimiser steps of each network"}),
        Option("--drawn-each", 40, {"type": int, "metavar": "N", "help": "images of each release"}),
        Option(
            "--own-releases", 5, {"type": int, "metavar": "N", "help": "releases of ours for each number of steps"}
        ),
    ),
    needs=(LUNG_SLICES,),
    quick={"few_steps": 5, "drawn_each": 3, "own_releases": 2},
    quick_about="training of 5 steps, 3 images each",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
