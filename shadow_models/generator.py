"""A trained generator: what every family's gives, and how it is saved and loaded."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shadow_models.recipe import Gives, Recipe, recipe_from_dict
from shadow_models.registry import DEFAULT, find_family

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.recipe import Report

ABOUT = "generator.json"


class Generator(ABC):
    """A generator ready to sample from. One that gives more than images implements `Denoiser` or `Discriminator`."""

    recipe: Recipe

    @abstractmethod
    def sample(
        self,
        n_images: int,
        *,
        seed: int,
        batch: int = 64,
        report: Report | None = None,
        log: Path | None = None,
    ) -> NDArray[np.uint8]:
        """Draw a release, uint8 [n_images, size, size]; ask `shadow_models.sample`, which checks.

        The same seed gives the same bytes; image i hangs on (seed, i) alone where the family can keep to that.
        report(done, n_images): called after every batch; log: where a program that the family runs leaves its words.
        """

    @abstractmethod
    def content(self) -> dict[str, bytes]:
        """Everything that was learnt, as files by name: the same values give the same bytes."""

    def fingerprint(self) -> str:
        """Return the sha256, hex, of what was learnt."""
        digest = hashlib.sha256()
        for _, data in sorted(self.content().items()):
            digest.update(data)
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the content and `generator.json`, which says of what recipe it is, into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.content().items():
            # As bytes, not by a library's writer: a full disk is then an OSError with an errno, as everywhere else.
            (folder / name).write_bytes(data)
        write_about(folder, self.recipe)

    @staticmethod
    def load(folder: Path, device: str = "cpu") -> Generator:
        """Read what `save` wrote; FileNotFoundError or ValueError, one sentence, where it cannot."""
        return recipe_in(folder).load(folder, device)


def write_about(folder: Path, recipe: Recipe) -> None:
    """Write `generator.json`. The default family is not named: older versions wrote none."""
    named = {} if recipe.name == DEFAULT else {"family": recipe.name}
    text = json.dumps({"schema": recipe.schema, **named, "recipe": recipe.to_dict()}, indent=2)
    (folder / ABOUT).write_text(text + "\n", encoding="utf-8")


def recipe_in(folder: Path) -> Recipe:
    """The recipe of a saved generator, without its weights; FileNotFoundError or ValueError, one sentence."""
    if not (folder / ABOUT).is_file():
        raise FileNotFoundError(f"{folder} holds no generator: {ABOUT} is missing.")
    return recipe_of_about(json.loads((folder / ABOUT).read_text(encoding="utf-8")), str(folder))


def recipe_of_about(about: Any, where: str) -> Recipe:
    """The recipe that the content of a `generator.json` describes; ValueError, one sentence, where it is none."""
    if not isinstance(about, dict) or not isinstance(about.get("recipe"), dict):
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
    return recipe_from_dict(about["recipe"], family)


def gives_denoiser(recipe: Recipe) -> bool:
    """Whether a generator of the recipe can be asked for noise."""
    return recipe.gives is Gives.DENOISER
