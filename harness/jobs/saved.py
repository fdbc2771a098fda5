"""A saved generator, looked at and copied into the store, so that others start from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bounded import opened, read_json
from harness.errors import InputError
from harness.jobs.train import BYTES
from harness.jobs.work import Work
from harness.store import Store, content_key
from shadow_models.generator import load_generator, recipe_of_about
from shadow_models.recipe import ABOUT, DEFAULT, Recipe, write_about

_MOST_ABOUT_BYTES = 1_000_000
_MOST_WEIGHTS_BYTES = 4_000_000_000


@dataclass(frozen=True)
class SavedGenerator:
    """A folder of a saved generator; called: the option that named it; family: that it must be of;
    digest: sha256 of recipe and weights."""

    store_root: str
    name: str
    folder: str
    called: str
    family: str
    digest: str

    @property
    def key(self) -> str:
        """The key among the store's generators: of what the files hold."""
        return content_key(stage="saved generator", digest=self.digest)


def saved_generator(
    store_root: Path, name: str, folder: Path, called: str, family: str
) -> tuple[SavedGenerator, Recipe]:
    """What lies in a folder, by name and digest, and its recipe; the weights are only hashed.

    Raises InputError for a folder that holds no generator of this version, or one of another family than this.
    """
    if not (folder / ABOUT).exists():
        raise InputError(f"{called} holds no saved generator: a {ABOUT} is expected there, with weights beside it.")
    recipe = _recipe_in(folder, called, family)
    digest = _digest_of(recipe)
    for file in sorted(recipe.files):
        for block in _blocks(folder / file, called):
            digest.update(block)
    return SavedGenerator(str(store_root), name, str(folder), called, family, digest.hexdigest()), recipe


def take_saved(job: SavedGenerator, work: Work) -> None:
    """Copy the generator into the store. Raises InputError for weights that are none, or not of the recipe, and where
    the folder is no longer what the plan named."""
    store, source = Store(Path(job.store_root)), Path(job.folder)

    def make(folder: Path) -> dict[str, Any]:
        recipe = _recipe_in(source, job.called, job.family)
        digest = _digest_of(recipe)
        for name in sorted(recipe.files):
            with (folder / name).open("wb") as copy:
                for block in _blocks(source / name, job.called):
                    digest.update(block)
                    copy.write(block)
        if digest.hexdigest() != job.digest:
            raise InputError(f"{job.called}: {source} was changed since the plan was made; run the command again.")
        write_about(folder, recipe)
        try:
            load_generator(folder)
        except (OSError, ValueError) as error:
            why = str(error).replace(str(folder), str(source))
            raise InputError(f"{job.called}: {why}") from error
        return {"network": recipe.network(), BYTES: sum(path.stat().st_size for path in folder.iterdir())}

    store.get("generator", job.key, make)
    work.report("copying", 1, 1)


def _recipe_in(folder: Path, called: str, family: str) -> Recipe:
    about = read_json(folder / ABOUT, _MOST_ABOUT_BYTES, f"{called}: the recipe", links=False)
    found = about.get("family", DEFAULT) if isinstance(about, dict) else family
    if found != family:  # before it is imported: a file names no code to run
        raise InputError(
            f"{called}: {folder / ABOUT} is of the family {found!r}, and the generators here of {family}."
        )
    try:
        return recipe_of_about(about, str(folder))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{called}: {folder / ABOUT} describes no generator of this version ({error}).") from error


def _digest_of(recipe: Recipe) -> Any:
    """A sha256 that has taken in the recipe, in one form."""
    return hashlib.sha256(repr(sorted(recipe.identity().items())).encode())


def _blocks(path: Path, called: str) -> Iterator[bytes]:
    """The bytes of a file of weights; InputError for what is no regular file, or too large."""
    with opened(path, f"{called}: the file of weights", links=False) as file:
        read = 0
        while block := file.read(1 << 20):
            read += len(block)
            if read > _MOST_WEIGHTS_BYTES:
                raise InputError(f"{called}: {path} is larger than 4 GB, the most that is read.")
            yield block
