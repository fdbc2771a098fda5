"""What a family is called, and its options: typed, checked, and all of them in its identity."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from shadow_models.conformance.documented import documented_options, own_docstring
from shadow_models.conformance.elsewhere import Elsewhere
from shadow_models.conformance.excuses import EXCUSABLE
from shadow_models.conformance.sentences import is_sentence
from shadow_models.recipe import DEFAULT, SIZES, Recipe, kinds_of, recipe_from_dict
from shadow_models.registry import built_in

MOST_PIXELS = 64  # a side of a tiny recipe
VALUES: dict[str, tuple[Any, ...]] = {  # by type: some that are often out of range
    "int": (-1, 0, 10**9),
    "float": (math.nan, math.inf, -1.0),
    "bool": (),
    "str": ("", "no such word"),
}
PLAIN = {"int": 1, "float": 1.5, "bool": True, "str": "x"}


def recipes(family: type[Recipe]) -> list[Recipe]:
    """Those that the family offers."""
    tiny = family.tiny()
    said = {name: getattr(tiny, name) for name in family.needed}
    return [family(**said), tiny, family.overfits(), *(one.changed(**said) for one in family.presets().values())]


def test_is_called_as_it_says(family: type[Recipe], request: pytest.FixtureRequest) -> None:
    """Its name is the one it is found by, and of ours that of its file."""
    asked = request.node.callspec.params["family"]
    assert family.name == asked, "registered by one name and called another"
    if asked in built_in():
        assert family.__module__ == f"shadow_models.families.{asked}"


def test_is_documented(family: type[Recipe]) -> None:
    """What it learns and from which paper stands in the docstring of its class; every option has a word, too."""
    assert own_docstring(family), "the class has no docstring of its own"
    missing = {one.name for one in fields(family)} - documented_options(family, Recipe)
    assert not missing, f"options without a word on them (`name: ...` in the docstring of the class): {missing}"


def test_excuses_are_sentences(family: type[Recipe]) -> None:
    """A family is excused from tests that one may be excused from, and says why in a sentence."""
    strange = sorted(set(family.excused) - set(EXCUSABLE))
    assert not strange, f"nobody is excused from {', '.join(strange)}"
    assert all(is_sentence(why) for why in family.excused.values())


def test_is_a_frozen_dataclass_that_hydra_takes(family: type[Recipe]) -> None:
    """All options have defaults and simple types; OmegaConf takes them as a structured config and gives them back."""
    from omegaconf import OmegaConf

    assert "__dataclass_params__" in family.__dict__, "not decorated with @dataclass(frozen=True); its parent is"
    for recipe in recipes(family):
        with pytest.raises(FrozenInstanceError):
            recipe.size = 1  # type: ignore[misc]
        assert OmegaConf.to_object(OmegaConf.structured(recipe)) == recipe
    assert OmegaConf.to_object(OmegaConf.structured(family)) == family()


def test_has_the_presets(family: type[Recipe]) -> None:
    """`quick`, `small` and `gpu`, of the family itself and of the promised sizes."""
    assert {name: recipe.size for name, recipe in family.presets().items()} == dict(SIZES)
    assert all(type(recipe) is family for recipe in recipes(family))


def test_tiny_is_tiny(family: type[Recipe]) -> None:
    """Recipes for tests are of 16 px, or where the network cannot be so small of 64 at most, and of one size."""
    assert family.tiny().size == family.overfits().size <= MOST_PIXELS


def test_options_survive_json(family: type[Recipe]) -> None:
    """`to_dict` is of plain values; `recipe_from_dict` gives the same recipe back. Keys are plain, too."""
    for recipe in recipes(family):
        again = recipe_from_dict(json.loads(json.dumps(recipe.to_dict(), allow_nan=False)), family)
        assert again == recipe
        for said in (recipe.identity(), recipe.network(), recipe.weights()):
            assert json.loads(json.dumps(said, allow_nan=False)) == said
        assert again.identity() == recipe.identity()


def test_every_option_is_in_the_identity(family: type[Recipe], recipe: Recipe) -> None:
    """Another value of any option is another identity, or two generators would share one place in the store."""
    for name, kind in kinds_of(family).items():
        of = family.dependent.get(name)
        if name in family.of_running or (of is not None and getattr(recipe, of) is None):
            continue
        # past the family's own checks, which may couple options
        changed = copy.copy(recipe)
        object.__setattr__(changed, name, another(kind, getattr(recipe, name)))
        assert identity_or_refusal(changed) != recipe.identity(), f"{name} is no part of the identity"


def test_the_name_is_in_the_identity(family: type[Recipe], recipe: Recipe) -> None:
    """So are the family and the version; the default family alone has keys of the years when there was no other."""
    if family.name == DEFAULT:
        pytest.skip(f"{DEFAULT} has the keys of the years in which there was no other family.")
    for attribute, value in (("name", "another_name"), ("schema", family.schema + 1)):
        renamed = type("Renamed", (family,), {attribute: value})
        values = {one.name: getattr(recipe, one.name) for one in fields(family)}
        assert renamed(**values).identity() != recipe.identity(), f"the {attribute} is no part of the identity"


def test_bad_options_are_refused_in_a_sentence(family: type[Recipe], recipe: Recipe) -> None:
    """What a family does not take is a ValueError: `Recipe field NAME is ..., but must be ....`, or names it."""
    for name, kind in kinds_of(family).items():
        for value in bad_values(kind):
            why = refusal(recipe, name, value)
            assert why is None or (name in why and is_sentence(why)), f"{name}={value!r}: {why}"


def test_what_no_recipe_can_have_is_refused(family: type[Recipe], recipe: Recipe) -> None:
    """A side of no pixels, a negative number of steps, and floats that are no finite numbers."""
    impossible: list[tuple[str, Any]] = [("size", 0), ("size", -1)]
    if recipe.n_steps and hasattr(recipe, "steps"):
        impossible.append(("steps", -1))
    kinds = kinds_of(family)
    impossible += [
        (name, value) for name in kinds if kinds[name].startswith("float") for value in (math.nan, math.inf)
    ]
    for name, value in impossible:
        why = refusal(recipe, name, value)
        assert why is not None, f"{name}={value!r} was taken"
        assert why.startswith(f"Recipe field {name} "), f"{name}={value!r}: {why}"


def test_its_file_imports_nothing_slow(elsewhere: Elsewhere) -> None:
    """A family is imported to look at its options, so libraries of many seconds are imported where they are used."""
    assert not elsewhere.slow, f"imported at the top of the file: {', '.join(elsewhere.slow)}"


def another(kind: str, value: Any) -> Any:
    """A value of the type that is not the one given."""
    plain = kind.removesuffix(" | None")
    if plain.startswith("list["):
        return [*(value or []), PLAIN[plain[5:-1]]]
    if value is None:
        return PLAIN[plain]
    return not value if plain == "bool" else value + PLAIN[plain]


def bad_values(kind: str) -> list[Any]:
    """Some of the type."""
    plain = kind.removesuffix(" | None")
    if plain.startswith("list["):
        return [[], *([value] for value in VALUES[plain[5:-1]])]
    return list(VALUES[plain])


def refusal(recipe: Recipe, name: str, value: Any) -> str | None:
    """What the family says against a value of an option; None where it takes it."""
    try:
        replace(recipe, **{name: value})
    except ValueError as error:
        return str(error)
    return None


def identity_or_refusal(recipe: Recipe) -> Any:
    """The identity, or the error of a family that looks at what its options name."""
    try:
        return recipe.identity()
    except (ValueError, OSError) as error:
        return error
