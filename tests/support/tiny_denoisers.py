"""Families of one denoising network, each so small that it trains in a second."""

from __future__ import annotations

from typing import Any

from shadow_models.denoising.unet import UnetRecipe
from shadow_models.registry import find_family

TINY = ("ddpm", "flow", "latent")


def tiny_recipe(family: str, **changes: Any) -> UnetRecipe:
    """A recipe of 16x16 slices."""
    recipe = find_family(family).tiny().changed(**changes)
    assert isinstance(recipe, UnetRecipe)
    return recipe
