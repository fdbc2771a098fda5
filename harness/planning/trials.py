"""Recipes to try before the plan is made: the one whose release is most like the test's is taken."""

from __future__ import annotations

from dataclasses import replace

from harness.config.settings import Settings
from harness.data.pool import Pool
from harness.data.splits import paired_halves
from harness.jobs.train import GeneratorJob
from harness.planning.make import generator_job
from shadow_models.recipe import Recipe

N_COMPARED = 256  # images of each release that are looked at: equally many, since nearest distances move with it


def recipes_tried(settings: Settings, pool: Pool) -> list[GeneratorJob]:
    """The generators to try: shadow 0 of each recipe, with a short release. None where there is nothing to choose."""
    if not pool.given or len(settings.match_steps) < 2:
        return []
    patients = [pool.patient_ids[place] for place in pool.taken]
    member = paired_halves(patients, settings.shadow_count, settings.seed)[0]
    jobs = []
    for times in settings.match_steps:
        tried = replace(settings, recipe=scaled(settings.recipe, times))
        job = generator_job(tried, pool, "shadow 0", member, N_COMPARED)
        jobs.append(replace(job, name=f"trial of {tried.recipe.steps} steps"))
    return jobs


def scaled(recipe: Recipe, times: float) -> Recipe:
    """The recipe with so many times its steps, at least one."""
    return replace(recipe, steps=max(1, round(recipe.steps * times)))
