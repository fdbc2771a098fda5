"""What a family of generators is: options that decide its content, and how it trains, loads and what it shows.

A family is one file in `shadow_models/families/`, named as the family: a frozen dataclass of options, registered with
`@register(name)`. Its instances are recipes. Nothing here imports torch or diffusers.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.generator import Generator

Report = Callable[[int, int], None]
SIZES: Mapping[str, int] = {"quick": 64, "small": 128, "gpu": 256}
"""The presets that every family has, and the side of their slices, pixels."""


class Gives(StrEnum):
    """What an attacker who holds a trained generator holds: what can be asked of it besides its images."""

    RELEASE = "release"
    """Nothing: images alone."""
    DISCRIMINATOR = "discriminator"
    """A `denoiser.Discriminator`: how real the network finds an image."""
    DENOISER = "denoiser"
    """A `denoiser.WhiteBox`: predictions of noise, and gradients by the weights."""


class Training(NamedTuple):
    """How one training is run; none of it but the seed and the start decides what comes out.

    checkpoint: a folder in which the state is kept every `checkpoint_every` steps; report(done, total): called every
    few steps; log: a file for what a program that the family runs has to say.
    """

    seed: int
    start: Generator | None = None
    device: str = "auto"
    checkpoint: Path | None = None
    checkpoint_every: int = 500
    report: Report | None = None
    log: Path | None = None


@dataclass(frozen=True)
class Recipe(ABC):
    """All that decides the content of a generator besides its members and its seed.

    Fields are int, float, bool, str, or lists and options (`| None`) of these, so Hydra and OmegaConf take a family as
    a structured config. A subclass checks its own in `__post_init__` with `refuse` and `check_ranges`.
    """

    size: int = 64
    """Side of the square slices, pixels."""

    name: ClassVar[str] = ""
    gives: ClassVar[Gives] = Gives.RELEASE
    schema: ClassVar[int] = 1
    """Version of what the options mean and of a generator's files; part of store keys: raising it trains anew."""
    optional: ClassVar[Collection[str]] = ()
    """Options that came later: no part of keys and files while they are None."""
    dependent: ClassVar[Mapping[str, str]] = {}
    """Options that say something about another one of `optional`: no part of keys and files while that is None."""
    of_training: ClassVar[Collection[str]] = ()
    """Options of which the meaning of weights does not depend: two recipes that agree in the others share weights."""

    @classmethod
    def presets(cls) -> Mapping[str, Self]:
        """The recipe of each preset of `SIZES`. Default: the defaults, at the preset's size."""
        return {name: cls(size=size) for name, size in SIZES.items()}

    @property
    def n_steps(self) -> int:
        """Optimiser steps of one training, as reported; 0 where nothing is trained by steps."""
        return int(getattr(self, "steps", 0))

    @property
    def n_timesteps_asked(self) -> int:
        """Noise levels of which an attack may ask; 0 where the family is no denoiser."""
        return int(getattr(self, "n_timesteps", 0)) if self.gives is Gives.DENOISER else 0

    @abstractmethod
    def train(self, members: NDArray[np.uint8], training: Training) -> Generator:
        """A generator trained on the members, uint8 [n, size, size], which were checked by `shadow_models.train`.

        The same seed gives the same bytes on one kind of machine, and so does going on from a checkpoint.
        """

    @abstractmethod
    def load(self, folder: Path, device: str) -> Generator:
        """What `Generator.save` wrote for this recipe; ValueError or OSError, one sentence, where it cannot."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain Python values, ready for JSON; `recipe_from_dict` gives the recipe back."""
        values = {name: _plain(value) for name, value in asdict(self).items()}
        absent = {name for name in self.optional if values[name] is None}
        return {
            name: value
            for name, value in values.items()
            if name not in absent and self.dependent.get(name) not in absent
        }

    def identity(self) -> dict[str, Any]:
        """Return what of a generator's key is the recipe's: its family, version and options."""
        return {"family": self.name, "schema": self.schema, **self.to_dict()}

    def network(self) -> dict[str, Any]:
        """Return the fields on which the time of one step and of one released image depends."""
        return {"family": self.name, **{k: v for k, v in self.to_dict().items() if k != "steps"}}

    def weights(self) -> dict[str, Any]:
        """Return the fields on which it depends what weights mean, the family among them."""
        kept = {name: value for name, value in self.to_dict().items() if name not in self.of_training}
        return {"family": self.name, **kept}


def recipe_from_dict(values: Mapping[str, Any], family: type[Recipe]) -> Recipe:
    """Return the recipe stored by `Recipe.to_dict`.

    ValueError names fields that this version does not know, or of another type than theirs: a size of 64.0 is none.
    """
    known = {one.name: str(one.type) for one in fields(family)}
    strange = sorted(set(values) - set(known))
    if strange:
        raise ValueError(f"The recipe has fields this version does not know: {', '.join(strange)}.")
    wrong = sorted(name for name, value in values.items() if not _is_of(known[name], value))
    if wrong:
        raise ValueError(f"The recipe has fields of another type: {', '.join(wrong)}.")
    return family(**values)


def check_start(start: Recipe, recipe: Recipe) -> None:
    """ValueError, one sentence, where weights of the recipe `start` cannot be trained on under the other recipe."""
    there, here = start.weights(), recipe.weights()
    differing = [f"{name} is {here.get(name)!r} and not {there.get(name)!r}"
                 for name in dict.fromkeys([*here, *there]) if here.get(name) != there.get(name)]  # fmt: skip
    if differing:
        raise ValueError(
            f"The generator to start from has another network ({'; '.join(differing)}): start from one of this "
            "recipe, or from nothing."
        )


def check_choices(recipe: Recipe, choices: Mapping[str, tuple[str, ...]]) -> None:
    """ValueError, one sentence, for an option that is none of its words."""
    for name, allowed in choices.items():
        if getattr(recipe, name) not in allowed:
            refuse(name, getattr(recipe, name), "one of " + ", ".join(allowed))


def check_ranges(recipe: Recipe, ranges: Collection[tuple[str, float, float]]) -> None:
    """ValueError, one sentence, for a number out of its range (name, lowest, highest); None is let through."""
    for name, low, high in ranges:
        value = getattr(recipe, name)
        if value is not None and not (math.isfinite(value) and low <= value <= high):
            refuse(name, value, f"between {low:g} and {high:g}")


def refuse(name: str, value: object, allowed: str) -> NoReturn:
    """Raise the ValueError of an option that has a value it may not have."""
    raise ValueError(f"Recipe field {name} is {value!r}, but must be {allowed}.")


def _plain(value: Any) -> Any:
    """Lists of OmegaConf as lists of Python."""
    return list(value) if isinstance(value, list | tuple) else value


def _is_of(kind: str, value: object) -> bool:
    """Whether a value from JSON is of a field's type, which stands there as text."""
    plain = kind.removesuffix(" | None")
    if value is None:
        return plain != kind
    scalars: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,), "str": (str,)}
    if plain.startswith("list["):
        inner = scalars[plain[5:-1]]
        return isinstance(value, list) and all(type(one) in inner for one in value)
    return type(value) in scalars[plain]
