"""The job that costs most: train a generator and draw its release."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import HarnessWarning, InputError
from harness.launch import Work
from harness.seeds import seed_of
from harness.store import Artefact, Store, content_key, save_array
from harness.targets import ReleaseSpec
from shadow_models.recipe import SCHEMA, Recipe

if TYPE_CHECKING:
    from shadow_models.generator import Generator

CHECKPOINT_EVERY_STEPS = 500


@dataclass(frozen=True)
class GeneratorJob:
    """One generator to train on `members` (places in the pool) and to draw `n_images` from."""

    store_root: str
    name: str
    pool_key: str
    members: tuple[int, ...]
    digests: tuple[str, ...]
    recipe: Recipe
    seed: int
    n_images: int

    @property
    def key(self) -> str:
        """The generator's key: recipe, ordered members and seed."""
        return content_key(
            stage="generator",
            schema=SCHEMA,
            recipe=self.recipe.to_dict(),
            members=self.digests,
            seed=self.seed,
        )

    @property
    def release_key(self) -> str:
        """The release's key."""
        return content_key(stage="release", generator=self.key, n_images=self.n_images)

    def release(self, n_images: int) -> ReleaseSpec:
        """`n_images` of the release."""
        return ReleaseSpec("release", self.release_key, "images.npy", n_images)


def train_and_release(job: GeneratorJob, work: Work) -> None:
    """Train the generator, from its checkpoint where one is left, and draw its release."""
    store = Store(Path(job.store_root))
    try:
        trained = store.get("generator", job.key, lambda folder: _train(job, store, folder, work))
        store.get("release", job.release_key, lambda folder: _release(job, trained, folder, work))
    except ValueError as error:  # a device that is not here, a recipe that does not fit: a sentence already
        raise InputError(str(error)) from error


def _release(job: GeneratorJob, trained: Artefact, folder: Path, work: Work) -> None:
    from shadow_models.generator import Generator  # torch costs seconds: only where it is used
    from shadow_models.sample import sample

    images = sample(
        Generator.load(trained.folder, device=work.device),
        job.n_images,
        seed=seed_of(job.seed, "release"),
        report=lambda done, total: work.report("sampling", done, total),
    )
    save_array(folder / "images.npy", images)


def _train(job: GeneratorJob, store: Store, folder: Path, work: Work) -> None:
    from shadow_models.checkpoint import CheckpointError
    from shadow_models.train import train

    pixels = np.load(store.folder("pool", job.pool_key) / "pixels.npy", mmap_mode="r")
    # Outside the artefact: it outlives an interruption, and the key's lock keeps it to one run.
    checkpoint = store.folder("checkpoint", job.key)

    def trained() -> Generator:
        return train(
            np.asarray(pixels[list(job.members)]),
            job.recipe,
            seed=job.seed,
            device=work.device,
            checkpoint=checkpoint,
            checkpoint_every=CHECKPOINT_EVERY_STEPS,
            report=lambda done, total: work.report("training", done, total),
        )

    try:
        generator = trained()
    except CheckpointError as error:  # damaged, or of another version: what it saved is lost, the run is not
        warnings.warn(HarnessWarning(f"{error} It was deleted, and the training starts anew."), stacklevel=2)
        shutil.rmtree(checkpoint)
        generator = trained()
    generator.save(folder)
    shutil.rmtree(checkpoint, ignore_errors=True)
