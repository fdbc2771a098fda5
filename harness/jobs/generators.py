"""What is trained: generators on members and surrogates on releases, and the keys under which they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.errors import InputError
from harness.jobs.code_digest import code_digest
from harness.jobs.memory import for_want_of_memory
from harness.jobs.targets import ReleaseSpec
from harness.store import content_key
from shadow_models.one_training import DivergedError
from shadow_models.recipe import Gives, Recipe
from shadow_models.registry import is_ours


@dataclass(frozen=True)
class GeneratorJob:
    """One generator to train on `members` (places in the pool) and to draw `n_images` from.

    start: the key of the generator that its training starts from; None is from nothing.
    """

    store_root: str
    name: str
    pool_key: str
    members: tuple[int, ...]
    digests: tuple[str, ...]
    recipe: Recipe
    seed: int
    n_images: int
    start: str | None = None

    def __post_init__(self) -> None:
        with in_sentences(self.recipe):  # hours before it would be trained
            self.recipe.check_members(len(self.members))

    @cached_property
    def key(self) -> str:
        """The generator's key: recipe, ordered members, seed, and what it starts from; told once, to the plan."""
        return content_key(
            stage="generator",
            members=self.digests,
            seed=self.seed,
            **_made(self.recipe, self.start),
        )

    @property
    def model_key(self) -> str | None:
        """The key under which an attacker finds the model; None where the family gives images alone."""
        return None if self.recipe.gives is Gives.RELEASE else self.key

    @property
    def release_key(self) -> str:
        """The release's key."""
        return content_key(stage="release", generator=self.key, n_images=self.n_images)

    def release(self, n_images: int) -> ReleaseSpec:
        """`n_images` of the release."""
        return ReleaseSpec("release", self.release_key, "images.npy", n_images)


@dataclass(frozen=True)
class SurrogateJob:
    """A generator to train on a release alone, so that model attacks reach a target that gives no model."""

    store_root: str
    name: str
    release: ReleaseSpec
    recipe: Recipe
    seed: int
    start: str | None = None

    @property
    def key(self) -> str:
        """The surrogate's key, among the generators': recipe, seed, start and the images it learns from."""
        return content_key(
            stage="surrogate",
            release=list(self.release),
            seed=self.seed,
            **_made(self.recipe, self.start),
        )


@contextmanager
def in_sentences(recipe: Recipe, name: str = "") -> Iterator[None]:
    """What a family cannot do, as an InputError: a ValueError is a sentence already, such as that of a device that is
    not here; anything else is a slip in somebody's plug-in, or, of a family of ours, in this project.

    name: of the generator, where it matters which one it is.
    """
    try:
        yield
    except (InputError, OSError):
        raise
    except DivergedError as error:
        raise InputError(f"{name[:1].upper()}{name[1:]}: {error}") from error
    except ValueError as error:
        raise InputError(str(error)) from error
    except Exception as error:
        if is_ours(recipe) or for_want_of_memory(error):
            raise
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"The generator {recipe.name} of a plug-in is broken: {told}") from error


def _made(recipe: Recipe, start: str | None) -> dict[str, Any]:
    """What of a key the recipe and the start are; without a start there is none, so that older stores keep theirs.

    The code of a plug-in counts: nobody but its author says when it makes something else.
    """
    made: dict[str, Any] = {"schema": recipe.schema, "recipe": recipe.identity()}
    if not is_ours(recipe):
        made["code"] = code_digest(type(recipe).__module__)
    return made if start is None else {**made, "start": start}
