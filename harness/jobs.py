"""The two jobs that cost time: train a generator and draw its release; score a target with an attack."""

from __future__ import annotations

import inspect
import shutil
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import attacks
from attacks.base import Access, Attack, LabelledTarget
from harness import targets
from harness.errors import HarnessWarning, InputError
from harness.launch import Work
from harness.seeds import seed_of
from harness.store import Artefact, Store, content_key, digest_of, save_array
from harness.targets import CountingDenoiser, ReleaseSpec, TargetSpec, build_target
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


class FitSpec(NamedTuple):
    """A shadow target to fit on, with its members (numbers 0..n-1 of its candidates)."""

    target: TargetSpec
    members: tuple[int, ...]


@dataclass(frozen=True)
class AttackJob:
    """One attack on one target; `fit` holds the shadow targets it may learn from, never the one it judges."""

    store_root: str
    attack: Attack
    target: TargetSpec
    fit: tuple[FitSpec, ...]

    @property
    def key(self) -> str:
        """The scores' key: the attack's name, options and code, and everything that decides the target.

        Which store pool the pixels come from is no part of it, their digests are.
        """
        fits = [[_identity(spec.target), list(spec.members)] for spec in self.fit] if self.learns else []
        return content_key(
            stage="scores",
            attack=self.attack.name,
            options=asdict(self.attack),  # type: ignore[call-overload]  # every attack is a dataclass
            code=code_digest(type(self.attack)),
            target=_identity(self.target),
            fit=fits,
        )

    @property
    def learns(self) -> bool:
        """Whether the attack has a `fit` of its own."""
        return type(self.attack).fit is not Attack.fit


def score(job: AttackJob, work: Work) -> Artefact:
    """Score the target; the artefact holds `scores.npy`, or only the reason why the attack was skipped."""
    store = Store(Path(job.store_root))
    return store.get("scores", job.key, lambda folder: _score(job, store, folder, work))


def _score(job: AttackJob, store: Store, folder: Path, work: Work) -> Mapping[str, Any]:
    model = CountingDenoiser(_load(store, job.target.generator, work)) if _wants_model(job) else None
    target = build_target(job.target, store, model)
    reason = job.attack.skip(target)
    if reason is not None:
        return {"skipped": reason}
    known = [_labelled(spec, job, store, work) for spec in job.fit] if job.learns else []
    unfit = next((why for labelled in known if (why := job.attack.skip(labelled.target))), None)
    if unfit is not None:
        return {"skipped": f"it is fitted on shadows, where {unfit} Plan shadow.count=6 or more."}
    started = time.perf_counter()  # after loading: a row states what the attack costs, not what starting does
    try:
        scores = job.attack.fit(known).score(target)
    except ValueError as error:  # an option that this target does not allow, such as k above the release
        raise InputError(f"attack={job.attack.name}: {error}") from error
    seconds = time.perf_counter() - started
    save_array(folder / "scores.npy", scores)
    calls = round(model.images_seen / len(target.ids)) if model is not None else 0
    return {"skipped": None, "seconds": seconds, "network_calls": calls}


def _labelled(spec: FitSpec, job: AttackJob, store: Store, work: Work) -> LabelledTarget:
    model = _load(store, spec.target.generator, work) if _wants_model(job) else None
    target = build_target(spec.target, store, model)
    return LabelledTarget(target, np.isin(np.arange(len(target.ids)), np.array(spec.members, int)))


def _wants_model(job: AttackJob) -> bool:
    return job.target.generator is not None and job.attack.needs in (Access.MODEL, Access.GRADIENT)


def _load(store: Store, generator: str | None, work: Work) -> Any:
    from shadow_models.generator import Generator

    assert generator is not None
    return Generator.load(store.folder("generator", generator), device=work.device)


def _identity(spec: TargetSpec) -> list[Any]:
    return [
        spec.digests,
        spec.release,
        [[r.release, r.held, r.generator] for r in spec.references],
        spec.generator,
    ]


def code_digest(attack: type[Attack]) -> str:
    """A hash of the attack's own file, the package `attacks` and `targets.py`: an edited attack is scored anew."""
    shared = Path(attacks.__path__[0]).glob("*.py")
    return digest_of({*shared, Path(inspect.getfile(attack)), Path(targets.__file__)})
