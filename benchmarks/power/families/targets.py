"""The generators of the table: shadows of every family, and targets of every family on members of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.power.transfer.targets import Labelled
from harness.config.settings import Settings
from harness.data.pool import Pool
from harness.data.splits import random_half
from harness.evaluation.metrics import Flags
from harness.experiment.executor import Executor
from harness.jobs.generators import GeneratorJob
from harness.jobs.targets import images_of
from harness.planning.make import generator_job, make_plan
from harness.planning.plan import Plan
from harness.seeds import rng_of


@dataclass(frozen=True)
class Side:
    """One family: the plan of its shadows, and its targets, each with its members, bool [n]."""

    family: str
    plan: Plan
    targets: list[tuple[GeneratorJob, Flags]]

    def facing(self, other: Side) -> list[Labelled]:
        """The other family's targets as these shadows meet them: released images alone."""
        template = self.plan.test.target
        return [
            Labelled(
                template._replace(
                    view=template.view._replace(release=job.release(self.plan.n_images), generator=None)
                ),
                member,
            )
            for job, member in other.targets
        ]


def plan_side(settings: Settings, pool: Pool, n_targets: int) -> Side:
    """The shadows of a family, and targets of the same recipe on random halves that no shadow has."""
    plan = make_plan(settings, pool)
    targets = []
    patients = [pool.patient_ids[place] for place in pool.taken]
    for draw in range(n_targets):
        member = random_half(patients, rng_of(settings.seed, "assign", "family target", str(draw)))
        job = generator_job(settings, pool, f"family target {draw}", member, plan.n_images)
        targets.append((job, member))
    return Side(settings.recipe.name, plan, targets)


def train_sides(sides: Sequence[Side], executor: Executor) -> None:
    """Train everything, all families at once: a worker that is done with one goes on with another."""
    jobs = [
        replace(job, name=f"{side.family}, {job.name}")
        for side in sides
        for job in (*side.plan.generators[: len(side.plan.shadows)], *(job for job, _ in side.targets))
    ]
    executor.train(jobs)


def released(job: GeneratorJob, executor: Executor, n_images: int) -> np.ndarray:
    """As many images of a release, uint8 [n_images, h, w]."""
    return np.asarray(images_of(job.release(n_images), executor.store))
