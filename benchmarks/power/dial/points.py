"""One point of the dial: shadows trained in one way, what they cost, how they look, and what they give away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attacks.base import Attack, Images
from attacks.distances import Distance
from harness.audit.features import dct_features, grain, standardised
from harness.audit.fidelity import Cloud, frechet
from harness.config.settings import Settings
from harness.data.pool import load_pool
from harness.evaluation import metrics
from harness.evaluation.metrics import Flags, Floats
from harness.experiment.base import from_base
from harness.experiment.executor import Executor
from harness.jobs.generators import GeneratorJob
from harness.jobs.targets import images_of
from harness.planning.make import make_plan
from harness.planning.planned_attack import PlannedAttack
from harness.planning.start import with_start

NEAR_GREYS = 25.0  # root mean square; real slices of two patients are 33 or more apart


@dataclass(frozen=True)
class Point:
    """Means over shadows.

    seconds: of one core, for training and release; auc: by attack; frechet: to non-members, on DCT features; near:
    fraction of released images within 25 grey levels (rms) of a member; grain: the mean log power of the finest of 7
    rings of the DCT, less that of the slices; base_seconds: of the base that was trained for it.
    """

    steps: int
    seconds: float
    auc: dict[str, float]
    frechet: float
    near: float
    grain: float
    base_seconds: float = 0.0


def measure_point(settings: Settings, executor: Executor, attacks: dict[str, Attack]) -> Point:
    """Train the shadows of a run and put the attacks before them; the withheld generator is not trained."""
    pool = load_pool(settings.data, executor.store, extra_apart=settings.start.learns_extra)
    _, base = with_start(settings, pool)
    settings = from_base(settings, pool, executor)
    plan = make_plan(settings, pool)
    jobs = plan.generators[: len(plan.shadows)]
    executor.train(jobs)
    found = executor.attack_shadows(PlannedAttack(attack, plan) for attack in attacks.values())
    slices = np.asarray(pool.pixels[pool.taken])
    looks = [
        _looks(np.asarray(images_of(job.release(job.n_images), executor.store)), slices, spec.member)
        for job, spec in zip(jobs, plan.shadows, strict=True)
    ]
    distance, near, finest = np.mean(looks, axis=0)
    members = [spec.member for spec in plan.shadows]
    trained = [job for job in (base.jobs if base is not None else []) if isinstance(job, GeneratorJob)]
    return Point(
        steps=settings.recipe.n_steps,
        seconds=float(np.mean([_seconds(job, executor) for job in jobs])),
        auc={label: _mean_auc(scored.scores, members) for label, scored in found.items()},
        frechet=float(distance),
        near=float(near),
        grain=float(finest),
        base_seconds=sum(_seconds(job, executor) for job in trained),
    )


def _looks(release: Images, slices: Images, member: Flags) -> tuple[float, float, float]:
    """Fréchet distance to the non-members, fraction near a member, and grain."""
    held_out = slices[~member]
    scale = dct_features(held_out)

    def cloud(images: Images) -> Cloud:
        return Cloud(standardised(dct_features(images), scale), np.arange(len(images)))

    apart = Distance().between(release, slices[member], slices) / np.sqrt(slices[0].size)
    finest = grain(release)[:, -1].mean() - grain(slices)[:, -1].mean()
    return frechet(cloud(release), cloud(held_out)), float((apart.min(axis=1) < NEAR_GREYS).mean()), float(finest)


def _seconds(job: GeneratorJob, executor: Executor) -> float:
    """What training and release took of one core, which each has to itself."""
    found = [("generator", job.key)] + ([("release", job.release_key)] if job.n_images else [])
    made = [executor.store.find(kind, key) for kind, key in found]
    return sum(one.seconds for one in made if one is not None)


def _mean_auc(scores: Sequence[Floats], members: Sequence[Flags]) -> float:
    aucs = [
        float(metrics.step_roc(score, member, np.ones((1, len(score)))).auc()[0])
        for score, member in zip(scores, members, strict=True)
    ]
    return float(np.mean(aucs))


def mean_point(points: Sequence[Point]) -> Point:
    """The mean of a point over draws of data and seeds."""
    return Point(
        steps=points[0].steps,
        seconds=float(np.mean([one.seconds for one in points])),
        auc={name: float(np.mean([one.auc[name] for one in points])) for name in points[0].auc},
        frechet=float(np.mean([one.frechet for one in points])),
        near=float(np.mean([one.near for one in points])),
        grain=float(np.mean([one.grain for one in points])),
        base_seconds=float(np.mean([one.base_seconds for one in points])),
    )
