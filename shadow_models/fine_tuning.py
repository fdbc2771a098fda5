"""How long and how fast a generator is trained on from a base: presets, and names for points of the dial of leakage.

Imports neither torch nor diffusers.
"""

from __future__ import annotations

from typing import NamedTuple

NOTHING, EXTRA = "nothing", "extra"


class FineTuning(NamedTuple):
    """The fields of a recipe in which training on from a base differs from training from nothing."""

    steps: int
    learning_rate: float
    warm_up: float


LEAKS: dict[str, int] = {"faint": 20, "weak": 70, "medium": 230, "strong": 700}
"""Steps of the `quick` recipe from `phantom-64`, by what the release then gives away: read off what
`python -m benchmarks.power.dial --steps ...` printed on data and seeds of its own."""
DEFAULT_LEAK = "medium"

FINE_TUNING: dict[str, FineTuning] = {
    "quick": FineTuning(LEAKS[DEFAULT_LEAK], 4e-3, 0.05),
    "small": FineTuning(1_500, 1e-3, 0.05),
    "gpu": FineTuning(15_000, 2.5e-4, 0.05),
}
"""By preset. `small` and `gpu` are first guesses: a quarter of the steps, half the rate."""

BASE_BATCH, BASE_RATE = 16, 2e-3
BASE_PASSES, MOST_BASE_STEPS = 32, 1_500


def base_steps(n_slices: int) -> int:
    """Return the steps, of 16 slices each, in which `shadow.start=extra` learns so many extra slices.

    32 passes over them, and no more than 1,500 steps: longer on a few would be learning them by heart.
    """
    return min(MOST_BASE_STEPS, -(-BASE_PASSES * n_slices // BASE_BATCH))
