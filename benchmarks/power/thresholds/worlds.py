"""The generators that runs of a suite left in a store, attacked with references of one recipe and of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from attacks.base import Attack
from benchmarks.suite.definition import Suite
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.errors import InputError
from harness.evaluation.metrics import Floats
from harness.evaluation.probability_calibration import ScoredTarget
from harness.experiment.base import from_base
from harness.experiment.executor import Executor
from harness.jobs.targets import TargetSpec
from harness.planning.make import make_plan
from harness.planning.plan import Plan
from harness.planning.planned_attack import PlannedAttack


class Recipe(NamedTuple):
    """One task of a suite as a plan, whose generators the store has. part: of the released images looked at."""

    task: str
    part: int
    plan: Plan

    @property
    def name(self) -> str:
        """What tells it from others."""
        return self.task if self.part == 1 else f"{self.task}, 1/{self.part} of the images"


def recipes(suite: Suite, tasks: Sequence[str], executor: Executor, folder: str | None) -> list[Recipe]:
    """The tasks, all of one pool, with the same members in the same shadows.

    InputError where the store lacks a generator: nothing is trained here.
    """
    found = []
    for task in tasks:
        words = [*suite.words(task, folder), "attack=knn", f"store.root={executor.store.root}"]
        settings = composed(words)
        pool = load_pool(settings.data, executor.store)
        settings = from_base(settings, pool, executor)
        plan = make_plan(settings, pool)
        for job in plan.generators[:-1]:
            if executor.store.find("release", job.release_key) is None:
                raise InputError(
                    f"The store {executor.store.root} lacks a generator of {suite.name}, {task}: give the store that "
                    "the suite was run with."
                )
        found.append(Recipe(task, 1, plan))
    first = found[0].plan.shadows
    for one in found:
        if [spec.member.tolist() for spec in one.plan.shadows] != [spec.member.tolist() for spec in first]:
            raise InputError(f"{one.task} and {found[0].task} have not the same members in the same shadows.")
    return found


def narrowed(recipe: Recipe, part: int) -> Recipe:
    """The recipe where fewer of a target's released images are looked at."""
    return Recipe(recipe.task, part, recipe.plan.narrowed(n_images=recipe.plan.n_images // part))


def scores(
    attack: Attack, own: Recipe, targets: Sequence[Recipe], executor: Executor
) -> dict[str, list[ScoredTarget]]:
    """The attack on every shadow of every recipe, by its name, with references of `own` that are not of the pair.

    Shadows of one number have the same members whatever their recipe, so their pair is left out of all.
    """
    planned = PlannedAttack(attack, own.plan)
    found: dict[str, list[Floats]] = {own.name: executor.attack_shadows([planned])[planned.label].scores}
    for target in targets:
        if target.name != own.name:
            there = {
                number: TargetSpec(spec.target.view, own.plan.shadows[number].target.references)
                for number, spec in enumerate(target.plan.shadows)
            }
            found[target.name] = executor.attack_planted(planned, there, target.name).scores
    members = [np.asarray(spec.member) for spec in own.plan.shadows]
    return {
        name: [ScoredTarget(score, member, n // 2) for n, (score, member) in enumerate(zip(of, members, strict=True))]
        for name, of in found.items()
    }


def without(pair: int, targets: Mapping[str, Sequence[ScoredTarget]]) -> dict[str, list[ScoredTarget]]:
    """The shadows of all recipes but those of a pair."""
    return {name: [one for one in of if one.pair != pair] for name, of in targets.items()}
