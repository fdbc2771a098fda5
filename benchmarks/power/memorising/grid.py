"""The generators of the grid: so many members, so many steps a member, halves of patients that take turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.config.settings import Settings, composed
from harness.data.pool import Pool, load_pool
from harness.errors import InputError
from harness.experiment.base import from_base
from harness.experiment.executor import Executor
from harness.jobs.generators import GeneratorJob
from harness.planning.make import generator_job
from harness.seeds import rng_of

TIMES = (0.25, 0.5, 1.0, 2.0, 4.0)
SEED = 14_000  # of data and runs: no default, and no suite's
FEW = 8  # so many times fewer members than the most have twice as many draws: an AUC among few slices says little


class Grid(NamedTuple):
    """members: numbers of them; per_member: steps a member at the middle; repeats: of all; images: released."""

    members: Sequence[int]
    per_member: float
    repeats: int
    images: int

    def generators_of(self, n: int) -> int:
        """How many of n members are trained for as many steps: two a draw of patients."""
        return 2 * self.repeats * (2 if FEW * n <= max(self.members) else 1)

    def steps_of(self, n: int) -> list[int]:
        """What generators of n members are trained for, fewest first."""
        return sorted({max(1, round(self.per_member * times * n)) for times in TIMES})


@dataclass(frozen=True)
class Trained:
    """One generator of the grid.

    draw: which patients; places: theirs in the pool, sorted; member: bool [2 n], whose slices it learns; job: its
    training and release.
    """

    n: int
    steps: int
    draw: int
    places: NDArray[np.intp]
    member: NDArray[np.bool_]
    job: GeneratorJob


def planned(grid: Grid, words: Sequence[str], executor: Executor) -> tuple[Settings, Pool, list[Trained]]:
    """The settings of all, the pool, and every generator, the longest training first.

    words: options of a run. A draw of 2 n patients is parted in two halves, one the members of a generator and the
    other its non-members; of the next generator it is the other way round, so that what sets the halves apart without
    any training cancels in the mean.
    """
    usual = ["data=phantom", "data.slices=1", f"data.patients={2 * max(grid.members)}"]
    settings = composed([*usual, f"data.seed={SEED}", f"seed={SEED}", *words])
    pool = load_pool(settings.data, executor.store)
    _check(grid, pool)
    settings = from_base(settings, pool, executor)
    found = []
    for n in grid.members:
        for number in range(grid.generators_of(n)):
            draw, half = divmod(number, 2)
            drawn = rng_of(SEED, "memorising", n, draw).permutation(len(pool))[: 2 * n]
            taken = np.sort(drawn)
            member = np.isin(taken, drawn[:n]) ^ bool(half)
            learnt = np.isin(np.arange(len(pool)), taken[member])
            for steps in grid.steps_of(n):
                name = f"{n} members, {steps} steps, {number}"
                job = generator_job(_of_steps(settings, steps), pool, name, learnt, grid.images)
                found.append(Trained(n, steps, draw, pool.taken[taken], member, job))
    return settings, pool, sorted(found, key=lambda one: -one.steps)


def _check(grid: Grid, pool: Pool) -> None:
    """InputError for patients that are too few, or have several slices, which would lie on both sides."""
    people = {pool.patient_ids[place] for place in pool.taken}
    if len(people) < len(pool):
        raise InputError(
            "One slice a patient is asked for here, so that no patient lies on both sides; data.per_patient=1."
        )
    if len(people) < 2 * max(grid.members):
        raise InputError(
            f"{max(grid.members)} members and as many others are asked for, of {len(people)} patients in all; give "
            "fewer --members."
        )


def _of_steps(settings: Settings, steps: int) -> Settings:
    making = settings.making
    return settings.made_as(making._replace(recipe=making.recipe.changed(steps=steps)))
