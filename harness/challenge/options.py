"""The options of `python -m harness.challenge make`, as typed dataclasses that Hydra composes and checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from harness.config.checks import check_common, check_extra, check_numbers, has_extra
from harness.config.command_words import names_given
from harness.config.launch_options import LaunchOptions
from harness.config.options import QUIET, StoreOptions, hydra_node
from harness.config.recipe_options import Start, recipe_and_start
from harness.config.registration import register_generators, register_sources_and_launch
from harness.config.store_options import elsewhere_of_options
from harness.data.options import AnyData
from harness.editions.edition import Edition
from harness.editions.load import edition_names, load_edition
from harness.errors import InputError
from harness.places import user_path
from harness.store.elsewhere import Elsewhere
from shadow_models.recipe import Recipe

CONFIG_NAME = "challenge"


@dataclass
class SplitOptions:
    """One part of the challenge.

    patients: asked about, as many members as others; n_images: released images.
    """

    patients: int = 8
    n_images: int = 500


_DEFAULTS: list[Any] = [
    "_self_",
    {"data": "phantom"},
    {"target": "dct"},
    {"preset": "quick"},
    {"recipe": "${target}_${preset}"},
    {"launch": "local"},
    *QUIET,
]

_HELP = """Train a generator on hidden members and write the challenge about it, with the truth beside.

  python -m harness.challenge make out=DIR                                     from phantoms
  python -m harness.challenge make data=folder data.root=SLICES data.per_patient=3 out=DIR seed=1
  python -m harness.challenge make out=DIR target=flow target.steps=2000       another generator than the shadows'
  python -m harness.challenge make out=DIR preset=small                        of 128 px; preset=gpu has 256
  python -m harness.challenge make out=DIR target.leak=weak                    how much it gives away: faint to strong
  python -m harness.challenge make out=DIR more_members=40                     40 members more, of whom nobody asks
  python -m harness.challenge make out=DIR test.patients=20 test.n_images=2000 dev.patients=8 dev.n_images=500

DIR/challenge holds what participants get, in the layout of the edition; DIR/extra real slices of patients who are in
neither part; DIR/truth.csv who was used. `python -m harness.challenge score --submission F --truth DIR/truth.csv`.
"""


@dataclass
class ChallengeOptions:
    """Everything `python -m harness.challenge make` takes.

    data: where slices come from. target: the family of the generator that is attacked. preset: the size of the
    slices, and numbers that go with it: quick 64 px, small 128, gpu 256. launch: where jobs run. edition: whose
    layout is written. seed: of all that is drawn. device: what computes, `cuda:1` a certain GPU; auto takes a GPU
    where there is one. out: the folder that the challenge, the truth and the extra slices go to.

    more_members: patients of whom the generator learns besides the members of dev and test: nobody is asked about
    them, and they are handed out nowhere.
    """

    defaults: list[Any] = field(default_factory=lambda: list(_DEFAULTS))
    data: Any = MISSING
    target: Any = MISSING
    preset: str = MISSING
    launch: Any = MISSING
    dev: SplitOptions = field(default_factory=SplitOptions)
    test: SplitOptions = field(default_factory=lambda: SplitOptions(patients=20, n_images=2000))
    more_members: int = 0
    store: StoreOptions = field(default_factory=StoreOptions)
    edition: str = "imageclef2023"
    seed: int = 0
    device: str = "auto"
    out: str = MISSING
    hydra: Any = field(default_factory=lambda: hydra_node("python -m harness.challenge make", _HELP))


class ChallengeSettings(NamedTuple):
    """The options of one challenge, checked and typed."""

    data: AnyData
    recipe: Recipe
    start: Start
    edition: Edition
    dev: SplitOptions
    test: SplitOptions
    more_members: int
    seed: int
    device: str
    launch: LaunchOptions
    store_root: Path
    verify_store: bool
    elsewhere: Elsewhere
    out: Path


def written_editions() -> list[str]:
    """The editions whose layout is known in full: every membership folder, and how its files are numbered."""
    editions = [load_edition(name) for name in edition_names("membership")]
    return [one.name for one in editions if all(leaf.folders and leaf.id_format for leaf in one.leaves.values())]


def register_challenge_options(words: Sequence[str]) -> None:
    """Tell Hydra every group and name: data, target (families of generators), preset, launch.

    words: of the command line; families and launchers that it does not name are not imported.
    """
    store = ConfigStore.instance()
    store.store(name=CONFIG_NAME, node=ChallengeOptions)
    register_sources_and_launch(words)
    register_generators("target", names_given(words, "target"))


def challenge_settings(config: DictConfig) -> ChallengeSettings:
    """Check what Hydra composed and hand it over typed. Raises InputError for what types cannot check."""
    check_numbers(config)
    try:
        options: Any = OmegaConf.to_object(config)
    except ValueError as error:  # the recipe's own check
        raise InputError(str(error.__cause__ or error)) from error
    check_common(options)
    try:
        recipe, start = recipe_and_start(options.target, "target", has_extra(options.data))
    except ValueError as error:
        raise InputError(str(error)) from error
    check_extra(options.data, start, "target")
    for name, split in (("dev", options.dev), ("test", options.test)):
        for what, number, least in (("patients", split.patients, 2), ("n_images", split.n_images, 2)):
            if number < least:
                raise InputError(f"{name}.{what}={number} must be at least {least}.")
    if options.more_members < 0:
        raise InputError(f"more_members={options.more_members} must be at least 0.")
    try:
        edition = load_edition(options.edition)
    except ValueError as error:
        raise InputError(str(error)) from error
    if edition.name not in written_editions():
        known = ", ".join(written_editions())
        raise InputError(
            f"edition={edition.name}: its folders or file names are not public, so no challenge can be laid out like "
            f"it. Take one of: {known}."
        )
    return ChallengeSettings(
        data=options.data,
        recipe=recipe,
        start=start,
        edition=edition,
        dev=options.dev,
        test=options.test,
        more_members=options.more_members,
        seed=options.seed,
        device=options.device,
        launch=options.launch,
        store_root=user_path(options.store.root, "store.root="),
        verify_store=options.store.verify,
        elsewhere=elsewhere_of_options(options.store),
        out=user_path(options.out, "out="),
    )
