"""The jobs that cost most: train a generator and draw its release, or train a surrogate on a release."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.artefact import is_plain
from harness.data.reading import kept_remarks
from harness.errors import HarnessWarning, InputError
from harness.jobs.generators import GeneratorJob, SurrogateJob, in_sentences
from harness.jobs.targets import images_of
from harness.jobs.together import tell_others
from harness.jobs.work import Work
from harness.seeds import seed_of
from harness.store import Artefact, Store
from harness.writing import remove, save_array, synchronise
from shadow_models.one_training import Stopped

if TYPE_CHECKING:
    from shadow_models.generator import Generator

CHECKPOINT = "checkpoint"
"""The kind, in a store, of what trainings keep."""
BYTES = "bytes"
"""In the facts of a generator: what its files take."""
REMARKS = "remarks"
"""In the facts of a release: what was said of its images when a program's were read."""
_OTHER = "A checkpoint in the store held links or other things that no training writes, and was deleted."


def train_and_release(job: GeneratorJob, work: Work) -> None:
    """Train the generator, from its checkpoint where one is left, and draw its release."""
    store = Store(Path(job.store_root))
    with in_sentences(job.recipe, job.name):
        if replace(job).key != job.key:
            raise InputError(
                f"What {job.name} is made of, such as a file in shadow.depends, was changed since the plan was made; "
                "run the same command again."
            )
        trained = _trained(job, store, work)
        store.get("release", job.release_key, lambda folder: _release(job, trained, store, folder, work))


def train_start(job: GeneratorJob, work: Work) -> None:
    """Train a generator that others start from; it releases nothing."""
    with in_sentences(job.recipe, job.name):
        _trained(job, Store(Path(job.store_root)), work)


def _trained(job: GeneratorJob, store: Store, work: Work) -> Artefact:
    return _kept(job, store, lambda folder: _train(job, _images(job, store), store, folder, work))


def _kept(job: GeneratorJob | SurrogateJob, store: Store, make: Callable[[Path], Mapping[str, Any]]) -> Artefact:
    """The generator, and only then no more its checkpoint: until it is in the store that is all there is of it."""
    trained = store.get("generator", job.key, make)
    drop_checkpoint(store, job.key)
    return trained


def drop_checkpoint(store: Store, key: str) -> None:
    """Clear away the checkpoint of a generator that is in the store, where one is left."""
    checkpoint = store.folder(CHECKPOINT, key)
    if os.path.lexists(checkpoint):
        with suppress(OSError):  # of a store that is only read
            synchronise(store.folder("generator", key).parent)
            remove(checkpoint)


def train_surrogate(job: SurrogateJob, work: Work) -> None:
    """Train the surrogate, from its checkpoint where one is left."""
    store = Store(Path(job.store_root))

    def make(folder: Path) -> dict[str, Any]:
        return _train(job, _images(job, store), store, folder, work)

    with in_sentences(job.recipe, job.name):
        _kept(job, store, make)


def _log(store: Store, key: str) -> Path:
    """Where a program that a family runs leaves its words: outside the artefact, so that a failure's are kept."""
    return store.private_folder("log") / f"{key}.txt"


def _release(job: GeneratorJob, trained: Artefact, store: Store, folder: Path, work: Work) -> dict[str, Any]:
    started = time.perf_counter()
    with kept_remarks() as remarks:
        images = _drawn(job, trained, store, work)
    save_array(folder / "images.npy", images)
    return {
        "network": job.recipe.network(),
        "seconds_an_image": (time.perf_counter() - started) / job.n_images,
        REMARKS: remarks,
    }


def _drawn(job: GeneratorJob, trained: Artefact, store: Store, work: Work) -> NDArray[np.uint8]:
    from shadow_models.generator import load_generator
    from shadow_models.sample import sample

    return sample(
        load_generator(trained.folder, device=work.device),
        job.n_images,
        seed=seed_of(job.seed, "release"),
        report=lambda done, total: work.report("sampling", done, total),
        log=_log(store, job.release_key),
    )


def _images(job: GeneratorJob | SurrogateJob, store: Store) -> NDArray[np.uint8]:
    """What is learnt from."""
    if isinstance(job, SurrogateJob):
        return np.array(images_of(job.release, store))
    pixels = np.load(store.folder("pool", job.pool_key) / "pixels.npy", mmap_mode="r")
    return np.asarray(pixels[list(job.members)])


def _train(
    job: GeneratorJob | SurrogateJob, images: NDArray[np.uint8], store: Store, folder: Path, work: Work
) -> dict[str, Any]:
    """Train on the images and save; facts: the pace, unknown where an interrupted training was gone on with."""
    from shadow_models.checkpoint import CheckpointError
    from shadow_models.train import train

    # Outside the artefact: it outlives an interruption, and the key's lock keeps it to one run.
    checkpoint = _checkpoint(job, store)
    if os.path.lexists(checkpoint) and not is_plain(checkpoint):
        warnings.warn(HarnessWarning(f"{_OTHER} The training starts anew."), stacklevel=2)
        remove(checkpoint)
    start = _start(job, store, work.device)
    whole, started = not checkpoint.exists(), time.perf_counter()
    steps = [1]

    def report(done: int, total: int) -> None:
        steps.append(total)  # with a start, some families do fewer than without
        with suppress(Stopped):  # the training hears of it by `stopping`, and keeps its state first
            work.report("training", done, total)

    def trained() -> Generator:
        tell_others(job, job.recipe, work.device)
        return train(
            images,
            job.recipe,
            seed=job.seed,
            start=start,
            device=work.device,
            checkpoint=checkpoint,
            checkpoint_every=work.kept_every_sec,
            report=report,
            log=_log(store, job.key),
            stopping=work.stopping,
        )

    try:
        generator = trained()
    except CheckpointError as error:  # damaged, or of another version: what it saved is lost, the run is not
        warnings.warn(HarnessWarning(f"{error} It was deleted, and the training starts anew."), stacklevel=2)
        remove(checkpoint)
        generator = trained()
    seconds = time.perf_counter() - started
    generator.save(folder)
    for path in folder.iterdir():
        synchronise(path)
    return {
        "network": job.recipe.network(),
        BYTES: sum(path.stat().st_size for path in folder.iterdir()),
        "seconds_a_step": seconds / steps[-1] if whole else None,
    }


def take_part(job: GeneratorJob | SurrogateJob, device: str) -> None:
    """Train beside the process that makes the generator (`harness.jobs.together`): the same steps, nothing kept."""
    from shadow_models.checkpoint import CheckpointError
    from shadow_models.train import train

    store = Store(Path(job.store_root))
    with suppress(CheckpointError):  # the first process sees it, too, and begins anew
        train(
            _images(job, store),
            job.recipe,
            seed=job.seed,
            start=_start(job, store, device),
            device=device,
            checkpoint=_checkpoint(job, store),
        )


def _start(job: GeneratorJob | SurrogateJob, store: Store, device: str) -> Generator | None:
    from shadow_models.generator import load_generator

    return None if job.start is None else load_generator(store.folder("generator", job.start), device=device)


def _checkpoint(job: GeneratorJob | SurrogateJob, store: Store) -> Path:
    return store.private_folder(CHECKPOINT) / job.key
