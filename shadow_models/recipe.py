"""What a family of generators is: options that decide its content, and how it trains, loads and what it shows.

A family is one file in `shadow_models/families/`, named as the family: a frozen dataclass of options, registered with
`@register(name)`. Its instances are recipes. Nothing here imports torch or diffusers.
"""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn, Self

import numpy as np

from shadow_models.one_training import REPORTED_EVERY, Report, Stopped, Watch, never
from shadow_models.weights import WEIGHTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

ABOUT = "generator.json"
DEFAULT = "dct"
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

    checkpoint: a folder in which the state is kept whenever `due()` says so; stopping(): whether the training is to
    keep its state and end; report(done, total): called every few steps; log: a file for what a program that the
    family runs has to say; watch(step, losses by network): called after every step.
    """

    seed: int
    start: Generator | None = None
    device: str = "auto"
    checkpoint: Path | None = None
    due: Callable[[], bool] = never
    report: Report | None = None
    log: Path | None = None
    watch: Watch | None = None
    stopping: Callable[[], bool] = never

    def after(self, done: int, total: int, keep: Callable[[Path], None]) -> None:
        """What is to be done once `done` of `total` steps are: keep(folder) writes the state, where it is time to.

        Raises `Stopped` where the training is to end, its state kept before; a training that is done is not to.
        """
        stopping = self.stopping() and done < total
        if self.checkpoint is not None and done < total and (self.due() or stopping):
            keep(self.checkpoint)
        if stopping:
            raise Stopped
        if self.report is not None and (done % REPORTED_EVERY == 0 or done == total):
            self.report(done, total)


@dataclass(frozen=True)
class Recipe(ABC):
    """All that decides the content of a generator besides its members and its seed.

    Fields are int, float, bool, str, or lists and options (`| None`) of these, so Hydra and OmegaConf take a family
    as a structured config. A subclass checks its own in `__post_init__` with `refuse` and `check_ranges`.
    """

    size: int = 64
    """Side of the square slices, pixels."""

    name: ClassVar[str] = ""
    gives: ClassVar[Gives] = Gives.RELEASE
    schema: ClassVar[int] = 1
    """Version of what the options mean and of a generator's files; part of store keys: raising it trains anew."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What an option of words may be."""
    private: ClassVar[Collection[str]] = ()
    """Options that say something of whose machine it is: not passed on."""
    optional: ClassVar[Collection[str]] = ()
    """Options that came later: no part of keys and files while they are None."""
    dependent: ClassVar[Mapping[str, str]] = {}
    """Options that say something about another one of `optional`: no part of keys and files while that is None."""
    starts: ClassVar[bool] = False
    """Whether training can go on from another generator of the family."""
    files: ClassVar[Collection[str]] = (WEIGHTS,)
    """The names in `Generator.content`, where the family `starts`: what is copied of a saved generator."""
    from_start: ClassVar[Collection[str]] = ()
    """Options that hang on what training starts from, unless they are said."""
    of_training: ClassVar[Collection[str]] = ()
    """Options of which the meaning of weights does not depend: two recipes that agree in the others share weights."""
    needed: ClassVar[Collection[str]] = ()
    """Options that have no useful default: who asks for the family says them."""
    of_running: ClassVar[Collection[str]] = ()
    """Options that decide nothing of what comes out, and are no part of the identity."""
    learns: ClassVar[bool] = True
    """Whether the release hangs on the members."""
    shares_training: ClassVar[bool] = False
    """Whether several processes may train one generator together, each on its part of every batch: what is drawn and
    the mean of their gradients must not tell how many there are."""
    excused: ClassVar[Mapping[str, str]] = {}
    """Conformance tests that the family by its nature cannot pass, each with a sentence that says why; which ones may
    be, `shadow_models.conformance.excuses` says."""

    @classmethod
    def presets(cls) -> Mapping[str, Self]:
        """The recipe of each preset of `SIZES`. Default: the defaults, at the preset's size."""
        return {name: cls(size=size) for name, size in SIZES.items()}

    @classmethod
    def tiny(cls) -> Self:
        """A small recipe of 16 px for tests, seconds. Default: the defaults, and 12 `steps` where there are steps."""
        few = {"steps": 12} if any(one.name == "steps" for one in fields(cls)) else {}
        return cls(size=16, **few)

    @classmethod
    def overfits(cls) -> Self:
        """A recipe of the size of `tiny` that learns 8 slices by heart, in seconds. Default: `tiny`."""
        return cls.tiny()

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

    def check_members(self, n_members: int) -> None:
        """ValueError, one sentence, where the options cannot go with so many members. Default: all can.

        Asked when a run is planned, and again before it trains.
        """
        del n_members

    def weight_bytes(self) -> int | None:
        """Return about how many bytes a trained generator takes; None where nobody knows before one is.

        Asked before the first is trained, for the room that trainings take. Default: None.
        """
        return None

    def changed(self, **options: Any) -> Self:
        """Return the recipe with other values of some options; TypeError for one that the family has not."""
        return replace(self, **options)

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
        """Return what of a generator's key is the recipe's: family, version and options."""
        return {"family": self.name, "schema": self.schema, **self.to_dict()}

    def network(self) -> dict[str, Any]:
        """Return the fields on which the time of one step and of one released image depends."""
        return {"family": self.name, **{k: v for k, v in self.to_dict().items() if k != "steps"}}

    def weights(self) -> dict[str, Any]:
        """Return the fields on which it depends what weights mean, the family among them."""
        kept = {name: value for name, value in self.to_dict().items() if name not in self.of_training}
        return {"family": self.name, **kept}


class Generator(ABC):
    """A generator ready to sample from. One that gives more than images implements `Denoiser` or `Discriminator`."""

    recipe: Recipe

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

        The same seed gives the same bytes. report(done, n_images): called after every batch; log: where a program
        that the family runs leaves its words. A family whose images cannot be drawn one by one overrides this.
        """
        del log
        release = []
        for first in range(0, n_images, batch):
            numbers = range(first, min(first + batch, n_images))
            release.append(self.draw(numbers, seed))
            if report is not None:
                report(numbers.stop, n_images)
        return np.concatenate(release)

    def draw(self, numbers: range, seed: int) -> NDArray[np.uint8]:
        """Draw the images of these numbers, uint8 [len(numbers), size, size].

        Image i hangs on (seed, i) alone: the others of a batch change it by no more than the rounding of floats.
        """
        raise NotImplementedError(f"{type(self).__name__} has neither `draw` nor a `sample` of its own.")

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


def write_about(folder: Path, recipe: Recipe) -> None:
    """Write `generator.json`. The default family is not named: older versions wrote none."""
    named = {} if recipe.name == DEFAULT else {"family": recipe.name}
    text = json.dumps({"schema": recipe.schema, **named, "recipe": recipe.to_dict()}, indent=2)
    (folder / ABOUT).write_text(text + "\n", encoding="utf-8")


def recipe_from_dict(values: Mapping[str, Any], family: type[Recipe]) -> Recipe:
    """Return the recipe stored by `Recipe.to_dict`.

    ValueError names fields that this version does not know, or of another type than theirs: a size of 64.0 is none.
    """
    known = kinds_of(family)
    strange = sorted(set(values) - set(known))
    if strange:
        raise ValueError(f"The recipe has fields this version does not know: {', '.join(strange)}.")
    wrong = sorted(name for name, value in values.items() if not _is_of(known[name], value))
    if wrong:
        raise ValueError(f"The recipe has fields of another type: {', '.join(wrong)}.")
    return family(**values)


def kinds_of(family: type[Recipe]) -> dict[str, str]:
    """Return the type of each option as text: `int`, `list[int]`, `int | None`."""
    # text already where the family's file has `from __future__ import annotations`
    return {one.name: one.type.__name__ if isinstance(one.type, type) else str(one.type) for one in fields(family)}


def check_start(start: Recipe, recipe: Recipe) -> None:
    """ValueError, one sentence, where weights of the recipe `start` cannot be trained on under the other recipe."""
    if start.name != recipe.name:
        raise ValueError(
            f"The generator to start from has another network (its family is {start.name!r} and not "
            f"{recipe.name!r}): start from one of this recipe, or from nothing."
        )
    there, here = start.weights(), recipe.weights()
    differing = [f"{name} is {here.get(name)!r} and not {there.get(name)!r}"
                 for name in dict.fromkeys([*here, *there]) if here.get(name) != there.get(name)]  # fmt: skip
    if differing:
        raise ValueError(
            f"The generator to start from has another network ({'; '.join(differing)}): start from one of this "
            "recipe, or from nothing."
        )


def check_choices(recipe: Recipe) -> None:
    """ValueError, one sentence, for an option that is none of its words."""
    for name, allowed in recipe.choices.items():
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
