"""What may be said of a generator: the numbers of its recipe, and what its training starts from."""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields, make_dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from harness.errors import InputError, unknown_name
from harness.external import External
from harness.places import user_path
from shadow_models.base.recipe import FOLDER, NAME
from shadow_models.base.recipe import RECIPE as RECIPE_OF_BASE
from shadow_models.families.dct import DctRecipe
from shadow_models.fine_tuning import (
    EXTRA,
    FINE_TUNING,
    LEAKS,
    NOTHING,
    FineTuning,
)
from shadow_models.privacy import refuse_measured
from shadow_models.recipe import Recipe, check_start
from shadow_models.registry import UnknownFamilyError, family_names, find_family

STARTS = (NOTHING, NAME, EXTRA)
A_FOLDER = "a folder"


@dataclass
class StartOptions:
    """What is said of a generator besides the options of its family.

    start: `nothing`, `phantom-64`, `extra` or the folder of a saved generator; None is `extra` where there are extra
    slices, else `phantom-64` where the network is that of the base, else `nothing`. leak: a name for the steps, of
    the dial. tuning: the preset whose numbers hold where a start leaves them open. base_steps: in which `start=extra`
    learns the extra slices; None is 32 passes over them, 1,500 steps at most, or the recipe's in other families.
    """

    start: str | None = None
    leak: str | None = None
    tuning: str = "quick"
    base_steps: int | None = None


class Making(NamedTuple):
    """How a generator is made: its recipe, what its training starts from, and the key of that once it is known."""

    recipe: Recipe
    start: Start
    start_key: str | None = None

    @property
    def base_key(self) -> str | None:
        """The artefact that training starts from; None where that is nothing."""
        if self.start.warm and self.start_key is None:  # else it would be trained from nothing, and nobody would know
            raise ValueError("planning.start.with_start was not asked for the base.")
        return self.start_key


def generator_names() -> list[str]:
    """Every family there is; `external` also where its entry point is not installed."""
    return list(dict.fromkeys([*family_names(), External.name]))


def family_called(name: str) -> type[Recipe]:
    """The family of generators of a name. Raises InputError, with the near names, or why it cannot be imported."""
    if name not in generator_names():
        raise InputError(unknown_name("generator", name, generator_names()))
    try:
        return find_family(name)
    except UnknownFamilyError as error:
        raise InputError(str(error)) from error


def options_class(family: type[Recipe], *others: type) -> type:
    """A dataclass of a family's options and those of other dataclasses, for Hydra; `family` names the family.

    What a start decides may be left out there: None.
    """
    types = get_type_hints(family)
    own = [
        (one.name, types[one.name] | None if one.name in family.from_start else types[one.name], _default(one))
        for one in fields(family)
    ]
    beside = [(one.name, get_type_hints(other)[one.name], _default(one)) for other in others for one in fields(other)]
    twice = {name for name, *_ in own} & {name for name, *_ in beside}
    if twice:
        raise InputError(
            f"The generator {family.name!r} has options of reserved names: {', '.join(sorted(twice))}; rename them."
        )
    behind = {"family": family, "said_by": (*others, family)}  # said_by: whose docstrings explain the options
    return make_dataclass(f"{family.name}_options", [*own, *beside], namespace=behind)


def _default(one: Field[Any]) -> Any:
    return (
        field(default=one.default) if one.default_factory is MISSING else field(default_factory=one.default_factory)
    )


class Start(NamedTuple):
    """What training starts from: a name of `STARTS`, or `a folder` and which one.

    base_steps: in which `extra` is learnt, None for the usual ones; option: what it is called in sentences.
    """

    name: str
    folder: Path | None = None
    base_steps: int | None = None
    option: str = "shadow.start"

    @property
    def warm(self) -> bool:
        """Whether there is a base."""
        return self.name != NOTHING

    @property
    def learns_extra(self) -> bool:
        """Whether the extra slices are for the base alone."""
        return self.name == EXTRA


def recipe_and_start(options: Any, called: str, extra: bool) -> tuple[Recipe, Start]:
    """What was typed, an instance of an `options_class`, checked and whole.

    called: the options' group; extra: whether there are extra slices. Raises InputError, and ValueError for a number
    out of its range.
    """
    family: type[Recipe] = options.family
    presets = family.presets()
    preset = presets.get(options.tuning)
    if preset is None:
        raise InputError(unknown_name(f"{called}.tuning", options.tuning, presets))
    typed = {one.name: getattr(options, one.name) for one in fields(family)}
    open_ones = {name for name, value in typed.items() if value is None and name in family.from_start}
    recipe = replace(preset, **{name: value for name, value in typed.items() if name not in open_ones})
    recipe.identity()  # asks for what cannot be told from the values alone, such as files that it names
    start = _start(options, recipe, called, extra)
    if start.name == NAME:
        check_network(RECIPE_OF_BASE, recipe, f"{called}.start={NAME}")
    if not start.warm:
        refuse_measured(recipe)
    _check_leak(options, recipe, start, called)
    return _trained_as(options, recipe, start), start


def usual_making(name: str, preset: str, size: int, called: str, extra: bool) -> Making:
    """A family with a preset's numbers, at the data's size, and what it usually starts from.

    called: the option that names it. Raises InputError, and ValueError where the preset cannot have that size.
    """
    family = family_called(name)
    options = options_class(family, StartOptions)(**preset_values(family, preset) | {"size": size, "tuning": preset})
    return Making(*recipe_and_start(options, called, extra))


def preset_values(family: type[Recipe], preset: str) -> dict[str, Any]:
    """A preset's options by name; None for those that hang on the start."""
    values = family.presets()[preset].to_dict()
    return {name: None if name in family.from_start else value for name, value in values.items()}


def leak_of(recipe: Recipe, start: Start) -> str | None:
    """The dial's name for a recipe as a whole, from the base that it was measured from; None for any other."""
    if start.name != NAME:
        return None
    usual = FINE_TUNING["quick"]
    for name, steps in LEAKS.items():
        if recipe == replace(DctRecipe.presets()["quick"], **usual._replace(steps=steps)._asdict()):
            return name
    return None


def check_network(base: Recipe, recipe: Recipe, given: str) -> None:
    """InputError where a base has another network than the recipe."""
    try:
        check_start(base, recipe)
    except ValueError as error:
        raise InputError(f"{given}: {error}") from error


def _start(options: Any, recipe: Recipe, called: str, extra: bool) -> Start:
    name, folder = options.start, None
    fits = recipe.weights() == RECIPE_OF_BASE.weights()
    if name is None:
        name = NOTHING if not recipe.starts else EXTRA if extra else NAME if fits else NOTHING
    elif name not in STARTS:
        folder = user_path(name, f"{called}.start=")
        if not folder.is_dir():
            raise InputError(f"{unknown_name(f'value of {called}.start', name, STARTS)} Nor is there such a folder.")
        name = NAME if folder.resolve() == FOLDER.resolve() else A_FOLDER
        folder = None if name == NAME else folder
    if name != NOTHING and not recipe.starts:
        raise InputError(
            f"{called}.start={options.start}: generators of {recipe.name} start from nothing; leave it out."
        )
    if name == EXTRA and not extra:
        raise InputError(f"{called}.start=extra needs other slices: data.extra=DIR, with data=folder or an edition.")
    if options.base_steps is not None and options.base_steps < 1:
        raise InputError(f"{called}.base_steps={options.base_steps} must be at least 1.")
    if options.base_steps is not None and name != EXTRA:
        raise InputError(f"{called}.base_steps={options.base_steps} is of {called}.start=extra; leave it out.")
    return Start(name, folder, options.base_steps, f"{called}.start")


def _check_leak(options: Any, recipe: Recipe, start: Start, called: str) -> None:
    """InputError for a name that is none of the dial's, or that says nothing of this recipe."""
    if options.leak is None:
        return
    if options.leak not in LEAKS:
        raise InputError(unknown_name(f"value of {called}.leak", options.leak, LEAKS))
    if not start.warm or options.tuning != "quick" or recipe.weights() != RECIPE_OF_BASE.weights():
        raise InputError(
            f"{called}.leak={options.leak} names steps of dct's quick network from a base, as they were measured; "
            + (f"say {called}.steps=N" if recipe.n_steps else "leave it out")
            + " for another network, and for training from nothing."
        )
    if options.steps is not None:
        raise InputError(
            f"{called}.leak={options.leak} and {called}.steps={options.steps} both say how long; keep one."
        )


def _trained_as(options: Any, recipe: Recipe, start: Start) -> Recipe:
    """The recipe with the steps, the rate and the warm-up that go with its start, but for those typed."""
    if not start.warm or not recipe.from_start:
        return recipe
    usual = FINE_TUNING[options.tuning]
    if options.leak is not None:
        usual = usual._replace(steps=LEAKS[options.leak])
    missing = {name: getattr(usual, name) for name in FineTuning._fields if getattr(options, name) is None}
    return replace(recipe, **missing)
