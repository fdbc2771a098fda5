"""Recipes to try before the plan is made: that whose release is most like the test's is taken."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from harness.config.recipe_options import Making
from harness.config.settings import Settings
from harness.data.pool import Pool
from harness.data.splits import paired_halves
from harness.jobs.generators import GeneratorJob
from harness.planning.make import generator_job
from harness.report.matched import told
from shadow_models.recipe import Recipe

N_COMPARED = 256  # images of each release that are looked at: equally many, since nearest distances move with it


class Trial(NamedTuple):
    """A way to make generators that is tried, and the generator that tries it."""

    making: Making
    job: GeneratorJob


def recipes_tried(settings: Settings, pool: Pool) -> list[Trial]:
    """The generators to try: shadow 0 of each recipe, with a short release. None where there is nothing to choose."""
    every = [
        making._replace(recipe=scaled(making.recipe, times))
        for making in settings.rivals or [settings.making]
        for times in (settings.match_steps if making.recipe.n_steps else [1.0])
    ]
    ways = [making for place, making in enumerate(every) if making not in every[:place]]  # steps are whole numbers
    if not pool.given or len(ways) < 2:
        return []
    patients = [pool.people[place] for place in pool.taken]
    member = paired_halves(patients, settings.shadow_count, settings.seed)[0]
    trials = []
    for making in ways:
        job = generator_job(settings.made_as(making), pool, "shadow 0", member, N_COMPARED)
        trials.append(Trial(making, replace(job, name=f"trial of {told(making.recipe.name, making.recipe.n_steps)}")))
    return trials


def untried(settings: Settings) -> Settings:
    """The settings where there is nothing to choose: with the one recipe there is, and the steps asked of it."""
    only = settings.rivals[0] if settings.rivals else settings.making
    times = settings.match_steps[0] if len(settings.match_steps) == 1 else 1.0
    return settings.made_as(only._replace(recipe=scaled(only.recipe, times)))


def scaled(recipe: Recipe, times: float) -> Recipe:
    """The recipe with so many times its steps, at least one; as it is where nothing is trained by steps."""
    if not recipe.n_steps:
        return recipe
    return recipe.changed(steps=max(1, round(getattr(recipe, "steps", recipe.n_steps) * times)))
