"""Settings: what Hydra composed of the options, checked and typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from omegaconf import DictConfig, OmegaConf

from attacks.base import Attack
from harness.config.checks import check_extra, check_numbers, check_run, has_extra
from harness.config.command_words import refuse_foreign
from harness.config.launch_options import LaunchOptions
from harness.config.recipe_options import Making, Start, recipe_and_start, usual_making
from harness.config.registration import register_options
from harness.config.store_options import elsewhere_of_options
from harness.data.options import AnyData, EditionFolder, PhantomData
from harness.errors import InputError
from harness.evaluation.probability_calibration import CalibratorName
from harness.places import user_path
from harness.store.elsewhere import Elsewhere
from shadow_models.recipe import DEFAULT, Gives, Recipe

NO_RESULT = ("store", "launch", "device", "out", "report")
"""Options that change no result."""


@dataclass(frozen=True)
class Settings:
    """The options of one run, checked and typed. `echo` is what was resolved, as plain values.

    recipe, start, start_key: how shadows are made, the key of what they start from once
    `planning.start.with_start` has named it; rivals: every way that is tried before one of them becomes the shadows',
    none where there is one alone; surrogate: how surrogates are made, None as the shadows.
    """

    attacks: dict[str, Attack]
    data: AnyData
    recipe: Recipe
    start: Start
    shadow_count: int
    n_images: int | None
    match_steps: list[float]
    use_surrogates: bool
    surrogate_steps: int | None
    surrogates_on_dev: bool
    preset: str
    seed: int
    device: str
    launch: LaunchOptions
    store_root: Path
    verify_store: bool
    elsewhere: Elsewhere
    rule: str
    decision: str
    calibrator: CalibratorName
    out: Path | None
    pictures: str
    dry_run: bool
    echo: dict[str, Any]
    start_key: str | None = None
    rivals: Sequence[Making] = ()
    surrogate: Making | None = None

    @property
    def making(self) -> Making:
        """How shadows are made."""
        return Making(self.recipe, self.start, self.start_key)

    def made_as(self, making: Making) -> Settings:
        """The same with shadows made another way."""
        return replace(self, recipe=making.recipe, start=making.start, start_key=making.start_key)

    @property
    def base_key(self) -> str | None:
        """The artefact that every shadow's training starts from; None where that is nothing."""
        return self.making.base_key

    @property
    def learns_extra(self) -> bool:
        """Whether the extra slices are for a base alone."""
        ways = [self.making, *self.rivals, *([self.surrogate] if self.surrogate is not None else [])]
        return any(way.start.learns_extra for way in ways)

    @property
    def shows_pictures(self) -> bool:
        """Whether what the run writes may show slices and released images."""
        of_phantoms = self.pictures == "phantom" and isinstance(self.data, PhantomData)
        return self.pictures == "all" or of_phantoms


def composed(overrides: Sequence[str]) -> Settings:
    """The settings that these options of the command line give, for a program that calls the floors below it.

    Raises InputError as the command does.
    """
    from hydra import compose, initialize
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from harness.config.option_errors import explained

    refuse_foreign(overrides)
    register_options(overrides)
    try:
        with initialize(version_base="1.3", config_path=None):
            try:
                config = compose("run", list(overrides))
            except ValueError as error:  # Hydra's own words: attack=null, say
                raise InputError(f"The options cannot be read: {' '.join(str(error).split())}") from error
            return settings_of(config)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(explained(error)) from error


@contextmanager
def _as_options(group: str) -> Iterator[None]:
    """Where a family says `Recipe field steps`, its user typed `shadow.steps`."""
    try:
        yield
    except ValueError as error:
        told = re.sub(r"^Recipe field (\w+) is (.*), but must", rf"{group}.\1=\2 must", str(error))
        raise InputError(told.replace("Recipe field ", f"{group}.")) from error


def settings_of(config: DictConfig) -> Settings:
    """Check what Hydra composed and hand it over typed. Raises InputError for what types cannot check."""
    check_numbers(config)
    try:
        options: Any = OmegaConf.to_object(config)
    except ValueError as error:  # an attack's or recipe's own check of its options
        raise InputError(str(error.__cause__ or error)) from error
    for name in ("attack", "data", "shadow", "surrogate", "launch", "store"):
        if getattr(options, name) is None:
            raise InputError(f"{name}=null leaves nothing to work with; leave it out, or see --help for its values.")
    check_run(options)
    extra = has_extra(options.data)
    of_edition = isinstance(options.data, EditionFolder)
    use_surrogates = of_edition if options.surrogate.use is None else bool(options.surrogate.use)
    if options.surrogate.family is not None and not use_surrogates:
        raise InputError(
            f"surrogate.family={options.surrogate.family} changes nothing here: surrogates are trained for an "
            "edition, or with surrogate.use=true."
        )
    try:
        with _as_options("shadow"):
            recipe, start = recipe_and_start(options.shadow, "shadow", extra)
        own = Making(recipe, start)
        rivals = _rivals(own, options, extra)
        surrogate_made = _surrogate_made([own, *rivals], options, extra) if use_surrogates else None
    except ValueError as error:
        raise InputError(str(error)) from error
    check_extra(options.data, start, "shadow")
    shadow, surrogate = options.shadow, options.surrogate
    echo = OmegaConf.to_container(config, resolve=True)
    assert isinstance(echo, dict)
    return Settings(
        attacks=dict(sorted(options.attack.items())),
        data=options.data,
        recipe=recipe,
        start=start,
        shadow_count=(8 if of_edition else 4) if shadow.count is None else shadow.count,
        n_images=shadow.n_images,
        match_steps=([0.5, 1.0, 2.0] if of_edition else [1.0]) if shadow.match_steps is None else shadow.match_steps,
        use_surrogates=use_surrogates,
        surrogate_steps=surrogate.steps,
        surrogates_on_dev=surrogate.dev,
        preset=options.preset,
        seed=options.seed,
        device=options.device,
        launch=options.launch,
        store_root=user_path(options.store.root, "store.root="),
        verify_store=options.store.verify,
        elsewhere=elsewhere_of_options(options.store),
        rule=options.rule,
        decision=options.decision,
        calibrator=options.calibrator,
        out=None if options.out is None else user_path(options.out, "out="),
        pictures=options.report.pictures,
        dry_run=options.dry_run,
        rivals=rivals,
        surrogate=surrogate_made,
        echo={**{str(key): value for key, value in echo.items()}, "shadow": _resolved(echo["shadow"], recipe, start)},
    )


def _resolved(shadow: dict[Any, Any], recipe: Recipe, start: Start) -> dict[str, Any]:
    """The options of shadows with what was left open; the dial's name stands for steps that are there in full."""
    named = str(start.folder) if start.folder is not None else start.name
    whole = {**recipe.to_dict(), "family": recipe.name, "start": named, "leak": None}
    return {**{str(key): value for key, value in shadow.items()}, **whole}


def _rivals(own: Making, options: Any, extra: bool) -> tuple[Making, ...]:
    """Every family that is tried, the shadows' own as it was typed."""
    names = options.shadow.match
    if names is None:
        return ()
    if not names or len(set(names)) < len(names):
        raise InputError(f"shadow.match={names} must name one family or more, each once.")
    if not isinstance(options.data, EditionFolder):
        raise InputError(
            "shadow.match=[...] compares releases with that of an edition's test (data=imageclef2023 and the like); "
            "here the test's generator is one of ours, of the family that shadow=NAME says."
        )
    usual = (options.preset, options.data.size, "shadow", extra)
    if own.recipe.name not in names and own.recipe != usual_making(own.recipe.name, *usual).recipe:
        raise InputError(
            f"shadow.match={names} does not try {own.recipe.name}, of which options were typed: name it in the list, "
            "or leave them out. The others have the preset's numbers."
        )
    if getattr(own.recipe, "epsilon", None) is not None and len(names) > 1:
        raise InputError(
            f"shadow.match={names} with shadow.epsilon would try the others without privacy: leave one of them out."
        )
    return tuple(own if name == own.recipe.name else usual_making(name, *usual) for name in names)


def _surrogate_made(ways: Sequence[Making], options: Any, extra: bool) -> Making | None:
    """How surrogates are made where that is not how the shadows are: they must be denoisers."""
    name = options.surrogate.family
    if name is None and all(way.recipe.gives is Gives.DENOISER for way in ways):
        return None
    if name is not None and [name] == [way.recipe.name for way in ways]:
        return None if ways[0].recipe.gives is Gives.DENOISER else _no_denoiser(name)
    made = usual_making(name or DEFAULT, options.preset, options.data.size, "surrogate", extra)
    return made if made.recipe.gives is Gives.DENOISER else _no_denoiser(made.recipe.name)


def _no_denoiser(name: str) -> NoReturn:
    raise InputError(f"surrogate.family={name}: a surrogate is asked for noise, and that family is no denoiser.")
