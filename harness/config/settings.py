"""Tells Hydra every option, and hands what it composed over as checked settings."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from attacks.base import Access, Attack
from attacks.registry import find_attacks
from harness.config.edition_options import check_edition, membership_editions, name_edition
from harness.config.options import LaunchOptions, Options, ShadowOptions
from harness.data.options import EditionFolder, FolderData, PhantomData
from harness.errors import InputError, unknown_name
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.probability_calibration import CURVES, Method
from harness.evaluation.selection_rules import RULES
from shadow_models.recipe import PRESETS, Recipe


@dataclass(frozen=True)
class Settings:
    """The options of one run, checked and typed. `echo` is what was resolved, as plain values."""

    attacks: dict[str, Attack]
    data: PhantomData | FolderData
    recipe: Recipe
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
    calibrator: Method
    out: Path | None
    dry_run: bool
    echo: dict[str, Any]


def register_options() -> None:
    """Tell Hydra every group and name: attack, data, preset, launch."""
    store = ConfigStore.instance()
    store.store(name="run", node=Options)
    for name, attack in list(find_attacks().by_name.items()):
        try:
            node = writable(attack)
        except Exception:  # an option of a type that no command line can carry; the others go on
            find_attacks().broken[name] = traceback.format_exc()
            del find_attacks().by_name[name]
            continue
        store.store(group="attack", name=name, node=node, package=f"attack.{name}")
    for name, members in attack_groups().items():
        store.store(group="attack", name=name, node={"defaults": list(members)}, package="attack")
    for data in (PhantomData, FolderData):
        store.store(group="data", name=data.name, node=writable(data), package="data")
    for edition in membership_editions():
        node = name_edition(writable(EditionFolder), edition)
        store.store(group="data", name=edition, node=node, package="data")
    for name, recipe in PRESETS.items():
        shadow = writable(ShadowOptions)
        OmegaConf.update(shadow, "size", "${data.size}")
        for option in fields(Recipe):
            if option.name != "size":
                OmegaConf.update(shadow, option.name, getattr(recipe, option.name))
        preset = {"preset": name, "shadow": shadow, "data": {"size": recipe.size}}
        store.store(group="preset", name=name, node=preset, package="_global_")
    store.store(group="launch", name="local", node=writable(LaunchOptions), package="launch")


def attack_groups() -> dict[str, list[str]]:
    """Names that stand for several attacks: `all`, and a name for each access, with the attacks of that access.

    `release` and `references` are what the official test allows; `model` are those that ask the network or its
    gradients.
    """
    by_name = find_attacks().by_name
    access = {name: attack().needs for name, attack in by_name.items()}
    tiers = {
        "release": (Access.RELEASE,),
        "references": (Access.REFERENCES,),
        "model": (Access.MODEL, Access.GRADIENT),
    }
    groups = {tier: [name for name in by_name if access[name] in held] for tier, held in tiers.items()}
    return {"all": list(by_name), **groups}


def writable(options: type) -> DictConfig:
    """The schema of a dataclass; a frozen one would make Hydra refuse overrides of its fields."""
    node: DictConfig = OmegaConf.structured(options)
    OmegaConf.set_readonly(node, None)
    return node


def composed(overrides: Sequence[str]) -> Settings:
    """The settings that these options of the command line give, for a program that calls the floors below it."""
    from hydra import compose, initialize

    register_options()
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
    _check(options)
    recipe = Recipe(**{option.name: getattr(options.shadow, option.name) for option in fields(Recipe)})
    of_edition = isinstance(options.data, EditionFolder)
    shadow, surrogate = options.shadow, options.surrogate
    echo = OmegaConf.to_container(config, resolve=True)
    assert isinstance(echo, dict)
    return Settings(
        attacks=dict(sorted(options.attack.items())),
        data=options.data,
        recipe=recipe,
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
        store_root=Path(options.store.root).expanduser(),
        rule=options.rule,
        decision=options.decision,
        calibrator=options.calibrator,
        out=Path(options.out).expanduser() if options.out else None,
        dry_run=options.dry_run,
        echo={str(key): value for key, value in echo.items()},
    )


def _check(options: Any) -> None:
    """What types cannot check. Raises InputError with the value given and what is allowed."""
    if not options.attack:
        raise InputError("No attack is named; give attack=knn, a list such as attack=[knn,ssim], or attack=all.")
    for what, value, known in (
        ("selection rule", options.rule, RULES),
        ("decision rule", options.decision, DECISIONS),
        ("calibrator", options.calibrator, CURVES),
    ):
        if value not in known:
            raise InputError(unknown_name(what, value, known))
    _check_positive(("shadow.n_images", options.shadow.n_images), ("surrogate.steps", options.surrogate.steps))
    check_common(options)


def check_common(options: Any) -> None:
    """What types cannot check of data, launch, device and places, which every command that trains has."""
    for what, value, known in (
        ("device", re.sub(r"^cuda:\d+$", "cuda", options.device), ("auto", "cpu", "cuda", "mps")),
        ("data", options.data.name, _names_of(options.data)),
    ):
        if value not in known:
            raise InputError(unknown_name(what, value, known))
    if options.launch.workers is not None and options.launch.workers < 0:
        raise InputError(f"launch.workers={options.launch.workers} must be 0 (in this process) or more.")
    _check_positive(("data.size", options.data.size), ("data.per_patient", options.data.per_patient))
    if isinstance(options.data, EditionFolder):
        check_edition(options.data)
    if isinstance(options.data, FolderData):
        options.data.root = str(Path(options.data.root).expanduser())
        places = (Path(options.store.root).expanduser(), Path(options.out or "runs").expanduser())
        _check_places(Path(options.data.root), *places)


def _check_positive(*numbers: tuple[str, int | None]) -> None:
    for name, number in numbers:
        if number is not None and number < 1:
            raise InputError(f"{name}={number} must be at least 1.")


def _names_of(data: Any) -> Sequence[str]:
    return membership_editions() if isinstance(data, EditionFolder) else [type(data).name]


def _check_places(root: Path, *places: Path) -> None:
    """What a run writes must not lie among the slices: the next run would read its pictures as patients."""
    for place in places:
        if place.resolve().is_relative_to(root.resolve()):
            raise InputError(
                f"{place} lies inside data.root={root}, so the next run would read its pictures as slices; "
                "start from another folder, or give store.root=DIR and out=DIR elsewhere."
            )
