"""What every generator of a run started from, in one line, and what that means for what it gives away."""

from __future__ import annotations

from harness.config.recipe_options import A_FOLDER
from shadow_models.base.recipe import NAME
from shadow_models.base.recipe import RECIPE as RECIPE_OF_BASE
from shadow_models.fine_tuning import EXTRA, NOTHING
from shadow_models.recipe import DEFAULT, Recipe

_BASES = {
    NAME: f"the base {NAME}, which saw none of these slices",
    EXTRA: "a base of the extra slices, of which none was found to be a candidate's",
    A_FOLDER: "a saved generator; whether that one saw a candidate nobody here can tell",
}


def start_line(name: str, leak: str | None, recipe: Recipe | None) -> str:
    """name: of a start; leak: the dial's name for the recipe, None for others; recipe: None for a plug-in's."""
    if recipe is None:
        return "Generators: of a plug-in, of which nothing is said here."
    of = "" if recipe.name == DEFAULT else f" of the family {recipe.name}"
    if not recipe.n_steps:
        return f"Generators: every one is{of}, and nothing is trained in steps here."
    steps = f"{recipe.n_steps} step{'s' if recipe.n_steps > 1 else ''}"
    if name == NOTHING:
        return f"Start: every generator{of} is trained from nothing, {steps}."
    base = _BASES.get(name, "a base of which nothing is said here")
    dial = f" (leak {leak})" if leak is not None else ""
    on_phantoms = name in (NAME, EXTRA) and recipe.weights() == RECIPE_OF_BASE.weights()
    means = " That base draws whole slices." if on_phantoms else ""
    if name == EXTRA and not on_phantoms:
        means = f" That base has another network than {NAME} and was itself trained from nothing."
    return (
        f"Start: every generator{of} is trained on from {base}: {steps}{dial}.{means} More steps, or fewer "
        "members, give more of the members away."
    )
