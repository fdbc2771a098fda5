"""Tells Hydra every option: groups, names, and the dataclass behind each."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import fields

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from attacks.base import Access, Attack
from attacks.registry import find_attacks
from harness.config.edition_options import membership_editions, name_edition
from harness.config.options import LaunchOptions, Options, ShadowOptions
from harness.config.recipe_options import GeneratorOptions
from harness.data.options import EditionFolder, FolderData, PhantomData
from shadow_models.fine_tuning import FineTuning
from shadow_models.recipe import PRESETS, Recipe


def register_options(named: Sequence[str]) -> None:
    """Tell Hydra every group and name: attack, data, preset, launch.

    named: the attacks that are asked for, or groups of them; plug-ins that these do not need are not imported.
    """
    store = ConfigStore.instance()
    store.store(name="run", node=Options)
    found = find_attacks(named)
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
    register_sources_and_launch()
    for edition in membership_editions():
        node = name_edition(writable(EditionFolder), edition)
        store.store(group="data", name=edition, node=node, package="data")
    for name, recipe in PRESETS.items():
        shadow = recipe_node(ShadowOptions, name)
        preset = {"preset": name, "shadow": shadow, "data": {"size": recipe.size}}
        store.store(group="preset", name=name, node=preset, package="_global_")


def register_sources_and_launch() -> None:
    """What every command that trains takes: data of our own making or of a folder, and where jobs run."""
    store = ConfigStore.instance()
    for data in (PhantomData, FolderData):
        store.store(group="data", name=data.name, node=writable(data), package="data")
    store.store(group="launch", name="local", node=writable(LaunchOptions), package="launch")


def recipe_node(options: type[GeneratorOptions], preset: str) -> DictConfig:
    """The schema of a generator's options with one preset's values; its size is that of the data, and what depends on
    its start is left open."""
    node = writable(options)
    for option in fields(Recipe):
        if option.name not in FineTuning._fields:
            of_data = option.name == "size"
            OmegaConf.update(node, option.name, "${data.size}" if of_data else getattr(PRESETS[preset], option.name))
    OmegaConf.update(node, "tuning", preset)
    return node


def attack_groups(by_name: Mapping[str, type[Attack]]) -> dict[str, list[str]]:
    """Names that stand for several of these attacks: `all`, and a name for each access, with those of that access.

    `release` and `references` are what the official test allows; `model` are those that ask the network or its
    gradients.
    """
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
