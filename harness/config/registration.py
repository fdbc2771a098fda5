"""Tells Hydra every option: groups, names, and the dataclass behind each."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from functools import cache

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from attacks.base import Access, Attack
from attacks.registry import find_attacks
from harness.config.command_words import names_given
from harness.config.edition_options import membership_editions, name_edition
from harness.config.launch_options import BUILT_IN
from harness.config.launch_plug_ins import options_of, plug_ins
from harness.config.options import Options, ShadowOptions
from harness.config.recipe_options import StartOptions, family_called, generator_names, options_class, preset_values
from harness.data.options import (
    DicomData,
    EditionFolder,
    FolderData,
    HubData,
    NiftiData,
    ParquetData,
    PhantomData,
)
from harness.errors import InputError
from shadow_models.recipe import DEFAULT, SIZES, Recipe
from shadow_models.registry import built_in


def register_options(words: Sequence[str]) -> None:
    """Tell Hydra every group and name: attack, data, shadow, preset, launch.

    words: of the command line; attacks and generators that it does not name, and plug-ins, are not imported. Raises
    InputError for a generator that cannot be.
    """
    store = ConfigStore.instance()
    store.store(name="run", node=Options)
    found = find_attacks(names_given(words, "attack"))
    for name, attack in list(found.by_name.items()):
        try:
            node = writable(attack)
        except Exception:  # an option of a type that no command line can carry; the others go on
            found.broken[name] = traceback.format_exc()
            del found.by_name[name]
            continue
        store.store(group="attack", name=name, node=node, package=f"attack.{name}")
    for name, members in attack_groups(found.by_name).items():
        store.store(group="attack", name=name, node={"defaults": list(members)}, package="attack")
    register_sources_and_launch(words)
    _register_editions()
    register_generators("shadow", names_given(words, "shadow"), ShadowOptions)


def register_sources_and_launch(words: Sequence[str]) -> None:
    """What every command that trains takes: data of our own making, of a folder or a data set, and where jobs run.

    words: of the command line; launchers of plug-ins that it does not name are not imported. Raises InputError for
    one that cannot be.
    """
    store = ConfigStore.instance()
    _register_sources()
    for options in BUILT_IN:
        store.store(group="launch", name=options.name, node=writable(options), package="launch")
    named = names_given(words, "launch")
    for name, point in plug_ins().items():
        node = writable(options_of(point)) if name in named else {}
        store.store(group="launch", name=name, node=node, package="launch")


def register_data() -> None:
    """Every source of slices, editions among them."""
    _register_sources()
    _register_editions()


def _register_sources() -> None:
    store = ConfigStore.instance()
    for data in (PhantomData, FolderData, DicomData, NiftiData, HubData, ParquetData):
        store.store(group="data", name=data.name, node=writable(data), package="data")


def _register_editions() -> None:
    store = ConfigStore.instance()
    for edition in membership_editions():
        node = name_edition(writable(EditionFolder).copy(), edition)
        store.store(group="data", name=edition, node=node, package="data")


def register_generators(group: str, named: Sequence[str], *others: type) -> None:
    """Tell Hydra the families as `GROUP=NAME`, the presets, and the options of both together.

    named: families to import, besides the default; others: dataclasses of further options of the group.
    """
    store = ConfigStore.instance()
    for name in generator_names():
        store.store(group=group, name=name, node={}, package="_global_")
    for preset, size in SIZES.items():
        store.store(group="preset", name=preset, node={"preset": preset, "data": {"size": size}}, package="_global_")
    for name in dict.fromkeys([DEFAULT, *(one for one in named if one in generator_names())]):
        family = family_called(name)
        for preset in SIZES:
            try:
                node = recipe_node(family, preset, *others)
            except InputError:
                raise
            except Exception as error:  # a slip in somebody's plug-in
                if name in built_in():
                    raise
                told = " ".join(f"{type(error).__name__}: {error}".split())
                raise InputError(f"The generator {name} of a plug-in cannot be offered: {told}") from error
            store.store(group="recipe", name=f"{name}_{preset}", node=node, package=group)


def recipe_node(family: type[Recipe], preset: str, *others: type) -> DictConfig:
    """The schema of a generator's options with one preset's values; its size is that of the data, and what depends on
    its start is left open."""
    node = _schema(options_class(family, StartOptions, *others))
    for name, value in preset_values(family, preset).items():
        OmegaConf.update(node, name, value)
    OmegaConf.update(node, "size", "${data.size}")
    OmegaConf.update(node, "tuning", preset)
    return node


def attack_groups(by_name: Mapping[str, type[Attack]]) -> dict[str, list[str]]:
    """Names that stand for several of these attacks: `all`, and a name for each access, with those of that access.

    `release` and `references` are what the official test allows; `model` are those that ask a network: for noise, its
    gradients, or how real it finds a slice.
    """
    access = {name: attack().needs for name, attack in by_name.items()}
    tiers = {
        "release": (Access.RELEASE,),
        "references": (Access.REFERENCES,),
        "model": tuple(held for held in Access if held.of_model),
    }
    groups = {tier: [name for name in by_name if access[name] in held] for tier, held in tiers.items()}
    return {"all": list(by_name), **groups}


def writable(options: type) -> DictConfig:
    """The schema of a dataclass that a module defines, made once and not to be changed."""
    return _kept(options)  # mypy takes no class of options for hashable


@cache
def _kept(options: type) -> DictConfig:
    return _schema(options)


def _schema(options: type) -> DictConfig:
    """The schema of a dataclass; a frozen one would make Hydra refuse overrides of its fields."""
    node: DictConfig = OmegaConf.structured(options)
    OmegaConf.set_readonly(node, None)
    return node
