"""Settings: what Hydra composed of the options, checked and typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from attacks.base import Attack
from harness.config.checks import check_extra, check_run, has_extra
from harness.config.command_words import attacks_named, refuse_foreign
from harness.config.recipe_options import Start, recipe_and_start
from harness.config.registration import register_options
from harness.data.options import EditionFolder, FolderData, PhantomData
from harness.errors import InputError
from harness.evaluation.probability_calibration import CalibratorName
from harness.places import user_path
from shadow_models.recipe import Recipe


@dataclass(frozen=True)
class Settings:
    """The options of one run, checked and typed. `echo` is what was resolved, as plain values.

    start_key: the artefact that every training starts from, once `planning.start.with_start` has named it.
    """

    attacks: dict[str, Attack]
    data: PhantomData | FolderData
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
    workers: int | None
    store_root: Path
    rule: str
    decision: str
    calibrator: CalibratorName
    out: Path | None
    pictures: str
    dry_run: bool
    echo: dict[str, Any]
    start_key: str | None = None

    @property
    def base_key(self) -> str | None:
        """The artefact that every training starts from; None where that is nothing."""
        if self.start.warm and self.start_key is None:  # else it would be trained from nothing, and nobody would know
            raise ValueError("planning.start.with_start was not asked for the base.")
        return self.start_key

    @property
    def shows_pictures(self) -> bool:
        """Whether what the run writes may show slices and released images."""
        of_phantoms = self.pictures == "phantom" and isinstance(self.data, PhantomData)
        return self.pictures == "all" or of_phantoms


def composed(overrides: Sequence[str]) -> Settings:
    """The settings that these options of the command line give, for a program that calls the floors below it."""
    from hydra import compose, initialize

    refuse_foreign(overrides)
    register_options(attacks_named(overrides))
    with initialize(version_base="1.3", config_path=None):
        return settings_of(compose("run", list(overrides)))


def settings_of(config: DictConfig) -> Settings:
    """Check what Hydra composed and hand it over typed. Raises InputError for what types cannot check."""
    try:
        options: Any = OmegaConf.to_object(config)
    except ValueError as error:  # an attack's or recipe's own check of its options
        raise InputError(str(error.__cause__ or error)) from error
    for name in ("attack", "data", "shadow", "surrogate", "launch", "store"):
        if getattr(options, name) is None:
            raise InputError(f"{name}=null leaves nothing to work with; leave it out, or see --help for its values.")
    check_run(options)
    try:
        recipe, start = recipe_and_start(options.shadow, "shadow", has_extra(options.data))
    except ValueError as error:
        raise InputError(str(error)) from error
    check_extra(options.data, start, "shadow")
    of_edition = isinstance(options.data, EditionFolder)
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
        use_surrogates=of_edition if surrogate.use is None else surrogate.use,
        surrogate_steps=surrogate.steps,
        surrogates_on_dev=surrogate.dev,
        preset=options.preset,
        seed=options.seed,
        device=options.device,
        workers=options.launch.workers,
        store_root=user_path(options.store.root, "store.root="),
        rule=options.rule,
        decision=options.decision,
        calibrator=options.calibrator,
        out=None if options.out is None else user_path(options.out, "out="),
        pictures=options.report.pictures,
        dry_run=options.dry_run,
        echo={**{str(key): value for key, value in echo.items()}, "shadow": _resolved(echo["shadow"], recipe, start)},
    )


def _resolved(shadow: dict[Any, Any], recipe: Recipe, start: Start) -> dict[str, Any]:
    """The options of shadows with what was left open; the dial's name stands for steps that are there in full."""
    named = str(start.folder) if start.folder is not None else start.name
    return {**{str(key): value for key, value in shadow.items()}, **recipe.to_dict(), "start": named, "leak": None}
