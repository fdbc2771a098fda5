"""The control `member_only`: who learns is told to part a shadow's members from its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.data.splits import random_half
from harness.planning.plan import LabelledSpec, Plan
from harness.seeds import rng_of

TOO_FEW = "too few shadows have members of two patients or more: one in each of two pairs is needed."


def member_only(plan: Plan, patients: Sequence[str], seed: int) -> Plan:
    """The same plan where each shadow's candidates are its members alone, half of them, by patient, called members.

    Nothing that a generator shows can tell one half from the other, so what a learner tells all the same comes to it
    by another road: by labels that reach it, or by pictures. What was observed with all candidates is observed still.
    patients: whose each slice of the pool is. A shadow whose members are all one patient's has no halves, and is
    left out.
    """

    def part(number: int, spec: LabelledSpec) -> LabelledSpec:
        places: NDArray[np.intp] = np.flatnonzero(spec.member)
        candidates = spec.candidates[places]
        half = random_half([patients[one] for one in candidates], rng_of(seed, "member only", number))
        shown = spec.target._replace(part=tuple(map(int, places)))
        return LabelledSpec(shown, candidates, half)

    shadows = [part(*one) for one in enumerate(plan.shadows)]
    kept = (number for number, spec in enumerate(shadows) if spec.member.any() and not spec.member.all())
    return replace(plan, shadows=shadows, kept=tuple(kept))
