"""Saved generators: whose they are, and loading them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shadow_models.recipe import ABOUT, DEFAULT, Generator, Recipe, recipe_from_dict
from shadow_models.registry import find_family

__all__ = ["Generator", "load_generator", "recipe_in", "recipe_of_about"]  # the class beside what makes one


def load_generator(folder: Path, device: str = "cpu") -> Generator:
    """Read what `Generator.save` wrote; FileNotFoundError or ValueError, one sentence, where it cannot."""
    return recipe_in(folder).load(folder, device)


def recipe_in(folder: Path) -> Recipe:
    """The recipe of a saved generator, without its weights; FileNotFoundError or ValueError, one sentence."""
    if not (folder / ABOUT).is_file():
        raise FileNotFoundError(f"{folder} holds no generator: {ABOUT} is missing.")
    return recipe_of_about(json.loads((folder / ABOUT).read_text(encoding="utf-8")), str(folder))


def recipe_of_about(about: Any, where: str) -> Recipe:
    """The recipe that the content of a `generator.json` describes; ValueError, one sentence, where it is none."""
    if not isinstance(about, dict):
        raise ValueError(f"The {ABOUT} in {where} describes no generator.")
    name = about.get("family", DEFAULT)
    if not isinstance(name, str):
        raise ValueError(f"The {ABOUT} in {where} names no family of generators.")
    family = find_family(name)
    if type(about.get("schema")) is not int or about["schema"] != family.schema:
        raise ValueError(
            f"The generator in {where} has schema {about.get('schema')!r}, this version reads {family.schema}: "
            "train it anew."
        )
    if not isinstance(about.get("recipe"), dict):
        raise ValueError(f"The {ABOUT} in {where} has no recipe.")
    return recipe_from_dict(about["recipe"], family)
