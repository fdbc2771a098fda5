"""A saved generator for attacks that ask the model itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InputError

if TYPE_CHECKING:
    from shadow_models.recipe import Generator, Recipe


def generator_of(model: str | os.PathLike[str] | Generator, size: int) -> Generator:
    """The generator that `Generator.save` wrote to a folder, or the one given, of images of this size, pixels.

    Nothing of a folder is loaded where its family gives images alone. InputError for what is no such generator.
    """
    from shadow_models.generator import load_generator, recipe_in  # start-up: torch
    from shadow_models.recipe import Generator

    if isinstance(model, Generator):
        _check(model.recipe, size)
        return model
    if not isinstance(model, str | os.PathLike):
        raise InputError(f"model is {type(model).__name__}; give a generator of the harness, or the folder of one.")
    try:
        _check(recipe_in(Path(model)), size)
        return load_generator(Path(model))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"model={os.fspath(model)!r} is no saved generator that can be read: {error}") from error


def _check(recipe: Recipe, size: int) -> None:
    from shadow_models.recipe import Gives

    if recipe.gives is Gives.RELEASE:
        raise InputError(f"model is of the family {recipe.name}, which gives images alone: leave it away.")
    if recipe.size != size:
        told = f"model draws images of {recipe.size} pixels, and the slices have {size}"
        raise InputError(f"{told}: give size={recipe.size}.")
