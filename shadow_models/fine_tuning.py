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


FINE_TUNING: dict[str, FineTuning] = {
    "quick": FineTuning(240, 4e-3, 0.05),
    "small": FineTuning(1_500, 1e-3, 0.05),
    "gpu": FineTuning(15_000, 2.5e-4, 0.05),
}
"""By preset. `quick` has the steps of the dial's default; the others are first guesses: a quarter of the steps, half
the rate."""

LEAKS: dict[str, int] = {"faint": 60, "weak": 130, "medium": 240, "strong": 600}
"""Steps of the `quick` recipe from `phantom-64`, by what the release then gives away: read off what
`python -m benchmarks.power.dial --steps ...` printed on data and seeds of its own."""
DEFAULT_LEAK = "medium"
BASE_STEPS = 1_500
"""Steps, of 16 slices each, in which `shadow.start=extra` learns the extra slices."""
BASE_BATCH = 16
