"""What may be said of a generator: the numbers of its recipe, and what its training starts from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple

from harness.errors import InputError, unknown_name
from harness.places import user_path
from shadow_models.base.recipe import FOLDER, NAME
from shadow_models.base.recipe import RECIPE as RECIPE_OF_BASE
from shadow_models.fine_tuning import (
    EXTRA,
    FINE_TUNING,
    LEAKS,
    NOTHING,
    FineTuning,
)
from shadow_models.recipe import PRESETS, Recipe, check_start

STARTS = (NOTHING, NAME, EXTRA)
A_FOLDER = "a folder"


@dataclass(frozen=True)
class GeneratorOptions(Recipe):
    """The recipe of a generator and its start, as typed.

    start: `nothing`, `phantom-64`, `extra` or the folder of a saved generator; None is `extra` where there are extra
    slices, else `phantom-64` where the network is that of the base, else `nothing`. leak: a name for the steps, of
    the dial. steps, learning_rate, warm_up: None is what the start and the preset named by `tuning` say.
    base_steps: in which `start=extra` learns the extra slices; None is 32 passes over them, 1,500 steps at most.
    """

    steps: int | None = None  # type: ignore[assignment]
    learning_rate: float | None = None  # type: ignore[assignment]
    warm_up: float | None = None  # type: ignore[assignment]
    start: str | None = None
    leak: str | None = None
    tuning: str = "quick"
    base_steps: int | None = None

    def __post_init__(self) -> None:
        """What was typed is checked where it becomes a recipe."""


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


def recipe_and_start(options: GeneratorOptions, called: str, extra: bool) -> tuple[Recipe, Start]:
    """What was typed, checked and whole. called: the options' group; extra: whether there are extra slices.

    Raises InputError, and ValueError for a number out of its range.
    """
    preset = PRESETS.get(options.tuning)
    if preset is None:
        raise InputError(unknown_name(f"{called}.tuning", options.tuning, PRESETS))
    typed = {one.name: getattr(options, one.name) for one in fields(Recipe)}
    recipe = replace(preset, **{name: value for name, value in typed.items() if value is not None})
    start = _start(options, recipe, called, extra)
    if start.name == NAME:
        check_network(RECIPE_OF_BASE, recipe, f"{called}.start={NAME}")
    _check_leak(options, recipe, start, called)
    return _trained_as(options, recipe, start), start


def leak_of(recipe: Recipe, start: Start) -> str | None:
    """The dial's name for a recipe as a whole, from the base that it was measured from; None for any other."""
    if start.name != NAME:
        return None
    usual = FINE_TUNING["quick"]
    for name, steps in LEAKS.items():
        if recipe == replace(PRESETS["quick"], **usual._replace(steps=steps)._asdict()):
            return name
    return None


def check_network(base: Recipe, recipe: Recipe, given: str) -> None:
    """InputError where a base has another network than the recipe."""
    try:
        check_start(base, recipe)
    except ValueError as error:
        raise InputError(f"{given}: {error}") from error


def _start(options: GeneratorOptions, recipe: Recipe, called: str, extra: bool) -> Start:
    name, folder = options.start, None
    fits = recipe.weights() == RECIPE_OF_BASE.weights()
    if name is None:
        name = EXTRA if extra else NAME if fits else NOTHING
    elif name not in STARTS:
        folder = user_path(name, f"{called}.start=")
        if not folder.is_dir():
            raise InputError(f"{unknown_name(f'value of {called}.start', name, STARTS)} Nor is there such a folder.")
        name = NAME if folder.resolve() == FOLDER.resolve() else A_FOLDER
        folder = None if name == NAME else folder
    if name == EXTRA and not extra:
        raise InputError(f"{called}.start=extra needs other slices: data.extra=DIR, with data=folder or an edition.")
    if options.base_steps is not None and options.base_steps < 1:
        raise InputError(f"{called}.base_steps={options.base_steps} must be at least 1.")
    if options.base_steps is not None and name != EXTRA:
        raise InputError(f"{called}.base_steps={options.base_steps} is of {called}.start=extra; leave it out.")
    return Start(name, folder, options.base_steps, f"{called}.start")


def _check_leak(options: GeneratorOptions, recipe: Recipe, start: Start, called: str) -> None:
    """InputError for a name that is none of the dial's, or that says nothing of this recipe."""
    if options.leak is None:
        return
    if options.leak not in LEAKS:
        raise InputError(unknown_name(f"value of {called}.leak", options.leak, LEAKS))
    if not start.warm or options.tuning != "quick" or recipe.weights() != RECIPE_OF_BASE.weights():
        raise InputError(
            f"{called}.leak={options.leak} names steps of the quick network from a base, as they were measured; say "
            f"{called}.steps=N for another network, or for training from nothing."
        )
    if options.steps is not None:
        raise InputError(
            f"{called}.leak={options.leak} and {called}.steps={options.steps} both say how long; keep one."
        )


def _trained_as(options: GeneratorOptions, recipe: Recipe, start: Start) -> Recipe:
    """The recipe with the steps, the rate and the warm-up that go with its start, but for those typed."""
    if not start.warm:
        return recipe
    usual = FINE_TUNING[options.tuning]
    if options.leak is not None:
        usual = usual._replace(steps=LEAKS[options.leak])
    missing = {name: getattr(usual, name) for name in FineTuning._fields if getattr(options, name) is None}
    return replace(recipe, **missing)
