"""Targets whose recipe is not the shadows': what differs, and their training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.config.recipe_options import Start
from harness.config.settings import Settings
from harness.data.pool import Pool
from harness.data.splits import random_half
from harness.evaluation.metrics import Flags
from harness.experiment.executor import Executor
from harness.jobs.generators import GeneratorJob
from harness.jobs.targets import TargetSpec
from harness.planning.make import N_IMAGES
from harness.planning.plan import Plan
from harness.planning.start import plan_base
from harness.seeds import rng_of, seed_of
from shadow_models.base.recipe import NAME as PHANTOM_BASE
from shadow_models.base.recipe import RECIPE as RECIPE_OF_BASE
from shadow_models.families.dct import PRESETS, DctRecipe
from shadow_models.fine_tuning import EXTRA, FINE_TUNING, NOTHING, FineTuning
from shadow_models.recipe import Recipe


@dataclass(frozen=True)
class Mismatch:
    """A target unlike the shadows. times: their steps; narrow: their widths are so many times its own.

    members: 1 for half of the pool, 2 for a quarter; part: of its images seen; recipe: what else of it differs;
    start: what it is trained from, None for what the shadows are; steps, rate and warm-up are those of that start.
    """

    name: str
    recipe: dict[str, Any] = field(default_factory=dict)
    times: float = 1.0
    narrow: int = 1
    members: int = 1
    part: int = 1
    start: str | None = None

    def changed(self, recipe: Recipe) -> Recipe:
        """The target's recipe, from that of the shadows."""
        assert isinstance(recipe, DctRecipe)
        if self.start is not None:
            recipe = trained_from(self.start, recipe)
        return replace(
            recipe,
            steps=round(recipe.steps * self.times),
            channels=[width // self.narrow for width in recipe.channels],
            overview=recipe.overview // self.narrow,
            closeup=recipe.closeup // self.narrow,
            **self.recipe,
        )

    def plan(self, plan: Plan) -> Plan:
        """The plan as the harness would lay it out for this target: all releases of its size."""
        return plan.narrowed(n_images=plan.n_images // self.part)


def trained_from(start: str, recipe: DctRecipe) -> DctRecipe:
    """The recipe with the steps, the rate and the warm-up of the quick one that go with a start."""
    usual = PRESETS["quick"] if start == NOTHING else FINE_TUNING["quick"]
    return replace(recipe, **{name: getattr(usual, name) for name in FineTuning._fields})


MATCHED = Mismatch("matched")
OF_STARTS = (
    Mismatch("from nothing", start=NOTHING),
    Mismatch("from the phantoms' base", start=PHANTOM_BASE),
    Mismatch("from a base of slices", start=EXTRA),
)
"""What targets start from, beside shadows that start from one of these; the slices of the base are `data.extra`."""


def of_starts(recipe: Recipe) -> list[Mismatch]:
    """Those that a network can start from."""
    fits = recipe.weights() == RECIPE_OF_BASE.weights()
    return [one for one in OF_STARTS if fits or one.start != PHANTOM_BASE]


MISMATCHES = (
    MATCHED,
    Mismatch("half the steps", times=0.5),
    Mismatch("twice the steps", times=2.0),
    Mismatch("half the width", narrow=2),
    Mismatch("half the members", members=2),
    Mismatch("a quarter of the images", part=4),
    Mismatch("other sampler", {"sampler": "dpm++"}),
)


@dataclass(frozen=True)
class Labelled:
    """A target of the benchmark and its members, bool [n]."""

    target: TargetSpec
    member: Flags


def train(
    settings: Settings,
    pool: Pool,
    plan: Plan,
    executor: Executor,
    *,
    mismatches: Sequence[Mismatch],
    n_draws: int,
) -> dict[str, list[Labelled]]:
    """Every mismatch's targets, trained and released, with the references of a target that is no shadow."""
    jobs: dict[str, GeneratorJob] = {}
    found: dict[str, list[Labelled]] = {}
    for mismatch in mismatches:
        start = settings.start_key if mismatch.start is None else _base(mismatch.start, settings, pool, executor)
        for draw in range(n_draws):
            job, member = _generator(settings, pool, mismatch, draw)
            job = replace(job, start=start)
            jobs[job.release_key] = job
            looked_at = mismatch.plan(plan)
            template = looked_at.test.target
            view = template.view._replace(release=job.release(looked_at.n_images), generator=job.key)
            found.setdefault(mismatch.name, []).append(Labelled(template._replace(view=view), member))
    executor.train(list(jobs.values()))
    return found


def _base(start: str, settings: Settings, pool: Pool, executor: Executor) -> str | None:
    """The key of a start's base, which is brought into the store."""
    base = plan_base(Start(start), settings.recipe, pool, settings.store_root, settings.seed)
    if base is None:
        return None
    executor.prepare(base.jobs)
    return base.key


def _generator(settings: Settings, pool: Pool, mismatch: Mismatch, draw: int) -> tuple[GeneratorJob, Flags]:
    """A generator of the mismatch's recipe, on members of its own: a random half by patient, or a half of that."""
    patients = np.array([pool.patient_ids[place] for place in pool.taken])
    name = f"transfer {draw} {mismatch.members}"
    member = np.ones(len(patients), dtype=np.bool_)
    for halving in range(mismatch.members):
        rng = rng_of(settings.seed, "assign", "transfer", str(draw), str(halving))
        member[member] = random_half(list(patients[member]), rng)
    places = pool.taken[member]
    job = GeneratorJob(
        store_root=str(settings.store_root),
        name=f"{mismatch.name} {draw}",
        pool_key=pool.key,
        members=tuple(map(int, places)),
        digests=tuple(pool.digests[place] for place in places),
        recipe=mismatch.changed(settings.recipe),
        seed=seed_of(settings.seed, "generator", name),
        n_images=N_IMAGES if settings.n_images is None else settings.n_images,
    )
    return job, member
