"""Surrogates: a diffusion model trained on a release alone, for shadows and for the target alike.

A model attack then reaches a target that gives no model, and what shadows teach about it carries over, because
their releases went the same way. All surrogates of a run start from the same weights and see the same noise, so
that they differ by what was released and by nothing else.
"""

from __future__ import annotations

from harness.config.settings import Settings
from harness.jobs.generators import SurrogateJob
from harness.jobs.targets import ReleaseSpec
from harness.planning.plan import Plan
from harness.planning.start import without_privacy
from harness.seeds import seed_of


def surrogate_job(settings: Settings, release: ReleaseSpec, name: str = "surrogate") -> SurrogateJob:
    """The surrogate of one release; the name is for people."""
    making = settings.surrogate or settings.making
    recipe = without_privacy(making.recipe)
    if settings.surrogate_steps is not None:
        recipe = recipe.changed(steps=settings.surrogate_steps)  # every denoiser has steps
    seed = seed_of(settings.seed, "surrogate")
    return SurrogateJob(str(settings.store_root), name, release, recipe, seed, making.base_key)


def surrogate_jobs(settings: Settings, plan: Plan) -> list[SurrogateJob]:
    """One for every release that the plan looks at."""
    names = [f"surrogate {number}" for number in range(len(plan.shadows))] + ["surrogate of the target"]
    return [surrogate_job(settings, release, name) for release, name in zip(plan.releases, names, strict=True)]


def via_surrogates(settings: Settings, plan: Plan) -> Plan:
    """The plan in which every model is a surrogate of the release beside it."""
    return plan.via(lambda release: surrogate_job(settings, release))
