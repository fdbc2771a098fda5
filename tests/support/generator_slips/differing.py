"""Parents of several slips, and families that rightly differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from toy_generators import Memory, MemoryGenerator

from generator_slips.base import made_by
from shadow_models.registry import register


class Strangers(Memory):
    """A parent that learns nothing."""

    def step(self, table, members, seed, step):
        return super().step(table, np.full_like(members, 99), seed, step)


class Constant(MemoryGenerator):
    def image(self, seed, i):
        return super().image(0, i)


@register("excused_one_release")
@dataclass(frozen=True)
class ExcusedOneRelease(made_by(Constant)):  # type: ignore[misc]
    """Has one release and says so."""

    excused: ClassVar = {"test_another_seed_draws_another_release": "The family has one release."}


@register("excused_strangers")
@dataclass(frozen=True)
class HonestStrangers(Strangers):
    """Learns nothing and says so."""

    learns: ClassVar[bool] = False
