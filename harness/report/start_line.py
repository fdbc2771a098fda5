"""What every generator of a run started from, in one line, and what that means for what it gives away."""

from __future__ import annotations

from harness.config.recipe_options import A_FOLDER
from shadow_models.base.recipe import NAME
from shadow_models.fine_tuning import EXTRA, NOTHING

_BASES = {
    NAME: f"the base {NAME}, which saw none of these slices",
    EXTRA: "a base of the extra slices, of which none was found to be a candidate's",
    A_FOLDER: "a saved generator; whether that one saw a candidate nobody here can tell",
}


def start_line(name: str, leak: str | None, steps: int) -> str:
    """name: of a start; leak: the dial's name for the steps, None for others; steps: of the optimiser."""
    if name == NOTHING:
        return f"Start: every generator was trained from nothing, {steps} steps."
    base = _BASES.get(name, "a base of which nothing is said here")
    dial = f" (leak {leak})" if leak is not None else ""
    return (
        f"Start: every generator was trained on from {base}: {steps} steps{dial}. It draws whole slices from the "
        "first step on and gives its members away little by little; more steps give more of them away."
    )
