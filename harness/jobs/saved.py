"""A saved generator, looked at and copied into the store, so that others start from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bounded import opened, read_json
from harness.errors import InputError
from harness.jobs.launch import Work
from harness.store import Store, content_key
from shadow_models.recipe import SCHEMA, Recipe, recipe_from_dict

ABOUT, WEIGHTS = "generator.json", "generator.safetensors"
_MOST_ABOUT_BYTES = 1_000_000
_MOST_WEIGHTS_BYTES = 4_000_000_000


@dataclass(frozen=True)
class SavedGenerator:
    """A folder of a saved generator; called: the option that named it; digest: sha256 of recipe and weights."""

    store_root: str
    name: str
    folder: str
    called: str
    digest: str

    @property
    def key(self) -> str:
        """The key among the store's generators: of what the files hold."""
        return content_key(stage="saved generator", digest=self.digest)


def saved_generator(store_root: Path, name: str, folder: Path, called: str) -> tuple[SavedGenerator, Recipe]:
    """What lies in a folder, by name and digest, and its recipe; the weights are only hashed.

    Raises InputError for a folder that holds no generator of this version.
    """
    if not (folder / ABOUT).exists():
        raise InputError(f"{called} holds no saved generator: a {ABOUT} and a {WEIGHTS} are expected there.")
    recipe = _recipe_in(folder, called)
    digest = _digest_of(recipe)
    for block in _blocks(folder, called):
        digest.update(block)
    return SavedGenerator(str(store_root), name, str(folder), called, digest.hexdigest()), recipe


def take_saved(job: SavedGenerator, work: Work) -> None:
    """Copy the generator into the store. Raises InputError for weights that are none, or not of the recipe, and where
    the folder is no longer what the plan named."""
    store, source = Store(Path(job.store_root)), Path(job.folder)

    def make(folder: Path) -> dict[str, Any]:
        from shadow_models.generator import Generator, write_about  # torch costs seconds: only where it is used

        recipe = _recipe_in(source, job.called)
        digest = _digest_of(recipe)
        with (folder / WEIGHTS).open("wb") as file:
            for block in _blocks(source, job.called):
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != job.digest:
            raise InputError(f"{job.called}: {source} was changed since the plan was made; run the command again.")
        write_about(folder, recipe)
        try:
            Generator.load(folder)
        except (OSError, ValueError) as error:
            why = str(error).replace(str(folder), str(source))
            raise InputError(f"{job.called}: {why}") from error
        return {}

    store.get("generator", job.key, make)
    work.report("copying", 1, 1)


def _recipe_in(folder: Path, called: str) -> Recipe:
    about = read_json(folder / ABOUT, _MOST_ABOUT_BYTES, f"{called}: the recipe", links=False)
    schema = about.get("schema") if isinstance(about, dict) else None
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(f"{called}: {folder / ABOUT} has schema {schema!r}, and {SCHEMA} can be read.")
    try:
        return recipe_from_dict(about["recipe"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{called}: {folder / ABOUT} describes no generator of this version ({error}).") from error


def _digest_of(recipe: Recipe) -> Any:
    """A sha256 that has taken in the recipe, in one form."""
    return hashlib.sha256(repr(sorted(recipe.to_dict().items())).encode())


def _blocks(folder: Path, called: str) -> Iterator[bytes]:
    """The bytes of the weights; InputError for what is no regular file, or too large."""
    with opened(folder / WEIGHTS, f"{called}: the file of weights", links=False) as file:
        read = 0
        while block := file.read(1 << 20):
            read += len(block)
            if read > _MOST_WEIGHTS_BYTES:
                raise InputError(f"{called}: {folder / WEIGHTS} is larger than 4 GB, the most that is read.")
            yield block
