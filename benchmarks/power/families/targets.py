"""The generators of the table: shadows of every family, and targets of every family on members of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.power.transfer.targets import Labelled
from harness.config.settings import Settings
from harness.data.pool import Pool
from harness.data.splits import random_half
from harness.evaluation.metrics import Flags
from harness.experiment.executor import Executor
from harness.jobs.train import GeneratorJob
from harness.planning.make import generator_job
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


def train_side(settings: Settings, pool: Pool, plan: Plan, executor: Executor, n_targets: int) -> Side:
    """Train the shadows of a plan, and targets of the same recipe on random halves that no shadow has."""
    targets = []
    patients = [pool.patient_ids[place] for place in pool.taken]
    for draw in range(n_targets):
        member = random_half(patients, rng_of(settings.seed, "assign", "family target", str(draw)))
        job = generator_job(settings, pool, f"family target {draw}", member, plan.n_images)
        targets.append((replace(job, name=f"{settings.recipe.name}, target {draw}"), member))
    shadows = [replace(job, name=f"{settings.recipe.name}, {job.name}") for job in plan.generators]
    executor.train([*shadows[: len(plan.shadows)], *(job for job, _ in targets)])
    return Side(settings.recipe.name, plan, targets)


def released(job: GeneratorJob, executor: Executor, n_images: int) -> np.ndarray:
    """Images of a release, uint8 [n_images, h, w]."""
    from harness.jobs.targets import images_of

    return np.asarray(images_of(job.release(n_images), executor.store))
