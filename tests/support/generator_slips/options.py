"""Slips in what a family is called and in its options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from toy_generators import Memory

from generator_slips.base import FINDERS, slip
from shadow_models.recipe import SIZES
from shadow_models.registry import register


@slip("name", "test_is_called_as_it_says")
class Renamed(Memory):
    """Is called otherwise than it is registered."""


Renamed.name = "another"


@slip("undocumented", "test_is_documented")
class Undocumented(Memory):
    """An option without a word."""

    secret: int = 0


@slip("no_docstring", "test_is_documented")
class NoDocstring(Memory):
    pass


@slip("excused_from_the_core", "test_excuses_are_sentences")
class ExcusedFromTheCore(Memory):
    """Wants out of what everything rests on."""

    excused: ClassVar = {"test_same_seed_same_bytes": "It is hard."}


@slip("excused_without_a_word", "test_excuses_are_sentences")
class ExcusedWithoutAWord(Memory):
    """Gives no reason."""

    excused: ClassVar = {"test_another_seed_draws_another_release": "no"}


FINDERS["slip_undecorated"] = "test_is_a_frozen_dataclass_that_hydra_takes"


@register("slip_undecorated")
class Undecorated(Memory):
    """Forgot `@dataclass(frozen=True)`."""

    more: int = 0


@slip("type", "test_options_survive_json")
class OddType(Memory):
    """where: of a type that no JSON carries."""

    where: Path = Path("x")


@slip("forgets_an_option", "test_options_survive_json")
class ForgetsAnOption(Memory):
    """`to_dict` does not come back."""

    def __post_init__(self) -> None:
        super().__post_init__()

    def to_dict(self):
        return super().to_dict() | {"rate": 0.25}


@slip("preset_missing", "test_has_the_presets")
class PresetMissing(Memory):
    """No `gpu`."""

    @classmethod
    def presets(cls):
        return {name: cls(size=size) for name, size in SIZES.items() if name != "gpu"}


@slip("preset_size", "test_has_the_presets")
class PresetSize(Memory):
    """A preset of a wrong size."""

    @classmethod
    def presets(cls):
        return {name: cls(size=size + (name == "small")) for name, size in SIZES.items()}


@slip("two_sizes", "test_tiny_is_tiny")
class TwoSizes(Memory):
    """Recipes for tests of two sizes."""

    @classmethod
    def overfits(cls):
        return replace(super().overfits(), size=32)


@slip("identity", "test_every_option_is_in_the_identity")
class Identity(Memory):
    """An option is no part of the identity."""

    def identity(self):
        return {name: value for name, value in super().identity().items() if name != "grain"}


@slip("nameless", "test_the_name_is_in_the_identity")
class Nameless(Memory):
    """Nor is its name."""

    def identity(self):
        return self.to_dict()


@slip("wordless", "test_bad_options_are_refused_in_a_sentence")
class Wordless(Memory):
    """Refuses without a sentence."""

    def __post_init__(self) -> None:
        if self.rate < 0:
            raise ValueError("bad rate")
        super().__post_init__()


@slip("crashes", "test_bad_options_are_refused_in_a_sentence")
class Crashes(Memory):
    """Fails in another way."""

    def __post_init__(self) -> None:
        assert {"random": 0, "turns": 1}[self.order] in (0, 1)
        super().__post_init__()


@slip("takes_anything", "test_what_no_recipe_can_have_is_refused")
class TakesAnything(Memory):
    """Checks nothing."""

    def __post_init__(self) -> None:
        pass
