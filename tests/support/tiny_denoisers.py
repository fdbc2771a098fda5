"""Families of one denoising network, each so small that it trains in a second."""

from __future__ import annotations

from typing import Any

from shadow_models.denoising.unet import UnetRecipe
from shadow_models.registry import find_family

TINY: dict[str, dict[str, Any]] = {
    "ddpm": {"channels": [8, 8]},
    "flow": {"channels": [8, 8]},
    "latent": {"channels": [8], "autoencoder_channels": [8, 8], "autoencoder_steps": 16, "latent_channels": 4},
}


def tiny_recipe(family: str, **changes: Any) -> UnetRecipe:
    """A recipe of 16x16 slices."""
    options = {"size": 16, "patch": 2, "norm_groups": 4, "steps": 12, "batch": 4, "sample_steps": 4}
    recipe = find_family(family)(**{**options, **TINY[family], **changes})
    assert isinstance(recipe, UnetRecipe)
    return recipe
