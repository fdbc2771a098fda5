"""What the generators of a finished run were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.errors import InputError
from harness.finished.reading import Run, no_run
from shadow_models.recipe import Recipe, recipe_from_dict
from shadow_models.registry import HERE, built_in, find_family


class Made(NamedTuple):
    """recipe: None for one that a plug-in made; options: of the recipe, by name."""

    recipe: Recipe | None
    options: Mapping[str, Any]


def made_by(run: Run) -> Made:
    """Their recipe, one of ours alone: nothing is imported that a file alone names.

    InputError where it is not told, or where its options are none of the family.
    """
    results = run.results
    if results.family not in (*built_in(), *HERE):
        return Made(None, results.recipe)
    if not results.recipe:
        raise no_run(run.folder, InputError("it does not say by which recipe its generators were made."))
    try:
        return Made(recipe_from_dict(results.recipe, find_family(results.family)), results.recipe)
    except (ValueError, KeyError, TypeError) as error:
        raise no_run(run.folder, error) from error
