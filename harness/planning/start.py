"""What every training of a plan starts from: nothing, or one base that saw none of the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.config.recipe_options import Making, Start, check_network
from harness.config.settings import Settings
from harness.data.groups import alike
from harness.data.pool import Pool
from harness.data.reading import EXTRA_ROLE
from harness.errors import InputError
from harness.jobs.generators import GeneratorJob
from harness.jobs.saved import SavedGenerator, saved_generator
from harness.seeds import seed_of
from shadow_models.base.recipe import FOLDER, NAME
from shadow_models.base.recipe import RECIPE as RECIPE_OF_BASE
from shadow_models.fine_tuning import BASE_BATCH, BASE_RATE, base_steps
from shadow_models.recipe import DEFAULT, Recipe

_SHOWN = 8  # names of slices in a sentence


@dataclass(frozen=True)
class Base:
    """A generator from which shadows start, None where they start from nothing: its key, and the jobs that bring it,
    and what other trainings of the run start from, into the store, in their order."""

    key: str | None
    jobs: Sequence[SavedGenerator | GeneratorJob]


def with_start(settings: Settings, pool: Pool) -> tuple[Settings, Base | None]:
    """The settings with the key of the base, and the base, None where training starts from nothing.

    Its jobs bring along what recipes to be tried and surrogates start from.
    """

    def planned(making: Making) -> tuple[Making, Base | None]:
        base = plan_base(making.start, making.recipe, pool, settings.store_root, settings.seed)
        return making._replace(start_key=None if base is None else base.key), base

    own, base = planned(settings.making)
    others = [planned(one) for one in settings.rivals]
    surrogate = None if settings.surrogate is None else planned(settings.surrogate)
    bases = [base, *(one for _, one in others), None if surrogate is None else surrogate[1]]
    jobs = {job.key: job for one in bases if one is not None for job in one.jobs}
    settings = replace(
        settings.made_as(own),
        rivals=tuple(making for making, _ in others),
        surrogate=None if surrogate is None else surrogate[0],
    )
    return settings, Base(own.start_key, list(jobs.values())) if jobs else None


def plan_base(start: Start, recipe: Recipe, pool: Pool, store_root: Path, seed: int) -> Base | None:
    """The base that the start names. recipe: of what starts from it.

    Raises InputError for a folder without a fitting generator, and for extra slices that a base must not have seen.
    """
    if start.folder is not None:
        called = f"{start.option}={start.folder}"
        refuse_own(start.folder, called, store_root)
        return _saved(start.folder, "the base", called, recipe, store_root)
    if start.name == NAME:
        return _phantoms(recipe, store_root)
    if start.learns_extra:
        return _of_extra(start, recipe, pool, store_root, seed)
    return None


def _phantoms(recipe: Recipe, store_root: Path) -> Base:
    return _saved(FOLDER, f"the base {NAME}", f"start={NAME}", recipe, store_root)


def _saved(folder: Path, name: str, called: str, recipe: Recipe, store_root: Path) -> Base:
    job, of_base = saved_generator(store_root, name, folder, called, recipe.name)
    check_network(of_base, recipe, called)
    return Base(job.key, [job])


def _of_extra(start: Start, recipe: Recipe, pool: Pool, store_root: Path, seed: int) -> Base:
    """A base of the extra slices, from the phantoms' where the network is that one's."""
    if not len(pool.extra):  # they were read for the shadows: who learns them must not be a matter of chance
        raise ValueError("The pool was loaded without setting its extra slices apart.")
    refuse_shared(pool)
    before = _phantoms(recipe, store_root) if recipe.weights() == RECIPE_OF_BASE.weights() else None
    job = GeneratorJob(
        store_root=str(store_root),
        name="the base of data.extra",
        pool_key=pool.key,
        members=tuple(map(int, pool.extra)),
        digests=tuple(pool.digests[place] for place in pool.extra),
        recipe=_learning_extra(recipe, start, len(pool.extra)),
        seed=seed_of(seed, "generator", "base"),
        n_images=0,
        start=None if before is None else before.key,
    )
    return Base(job.key, [*(before.jobs if before is not None else []), job])


def _learning_extra(recipe: Recipe, start: Start, n_slices: int) -> Recipe:
    """How a base learns the extra slices: the default family as it was tried, another one as it learns members."""
    recipe = without_privacy(recipe)  # its slices are nobody's who is asked about
    if recipe.name == DEFAULT:
        steps = start.base_steps or base_steps(n_slices)
        return recipe.changed(steps=steps, batch=BASE_BATCH, learning_rate=BASE_RATE)
    return recipe if start.base_steps is None else recipe.changed(steps=start.base_steps)


def without_privacy(recipe: Recipe) -> Recipe:
    """The recipe with no promise to anybody: surrogates are an attacker's, and a base is of other slices."""
    return recipe.changed(epsilon=None) if getattr(recipe, "epsilon", None) is not None else recipe


def refuse_shared(pool: Pool) -> None:
    """InputError, with counts and names, for extra slices that are a candidate's, of his patient, or look like his.

    Where one slice of an extra patient is such, all of his are: he may stand under two names.
    """
    extra, rest = pool.extra, np.setdiff1d(np.arange(len(pool.ids)), pool.extra)
    patients = {pool.patient_ids[place] for place in rest}
    digests = {pool.digests[place] for place in rest}
    owner = np.array([pool.patient_ids[place] for place in extra])
    same = np.array([pool.digests[place] in digests for place in extra], dtype=np.bool_)
    patient = np.isin(owner, sorted(patients))
    like = np.zeros(len(extra), dtype=np.bool_)
    for turned in (pool.pixels[extra], pool.pixels[extra][:, :, ::-1]):
        like |= alike(turned, pool.pixels[rest]).any(axis=1)
    found = same | patient | like
    shared = np.isin(owner, owner[found])
    if not shared.any():
        return
    reasons = {
        "of a patient who is asked about": patient,
        "equal to one of those slices to the pixel": same,
        "look like one of them or its mirror image": like,
        "of the same extra patients as these": shared & ~found,
    }
    told = ", ".join(f"{int(which.sum())} {reason}" for reason, which in reasons.items() if which.any())
    whose = [one.removeprefix(f"{EXTRA_ROLE}/") for one in np.unique(owner[shared])]
    names = ", ".join(whose[:_SHOWN]) + (", ..." if len(whose) > _SHOWN else "")
    raise InputError(
        f"{int(shared.sum())} of the {len(extra)} slices in data.extra may be candidates' own ({told}; a slice may "
        f"be several of these): those of {names}. A base that saw a candidate tells nothing about the others: take "
        "these patients out, or do without data.extra. Slices of one patient that lie far apart do not look alike: "
        "name the patients in metadata.csv on both sides."
    )


def refuse_own(folder: Path, called: str, store_root: Path) -> None:
    """InputError for a generator of this store: shadows and the like, which learnt candidates."""
    if (store_root / "generator").resolve() in folder.resolve().parents:
        raise InputError(
            f"{called} is a generator of this store, which may have learnt the very candidates; give a folder of one "
            "that did not."
        )
