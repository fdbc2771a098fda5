"""docs/options.md: the options of `python -m harness.run`, and of `harness.challenge make` beside them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from attacks.observing import ObservingAttack
from attacks.release_attack import ReleaseAttack
from benchmarks.reference.tables import code, options_table, sentence
from harness.challenge.options import ChallengeOptions, SplitOptions
from harness.config.described import Described, described, groups_of
from harness.config.launch_options import BUILT_IN, LaunchOptions
from harness.config.options import (
    Options,
    ReportOptions,
    ShadowOptions,
    StoreOptions,
    SurrogateOptions,
)
from harness.config.recipe_options import StartOptions
from harness.config.registration import register_options, writable
from shadow_models.conformance.documented import summary
from shadow_models.recipe import DEFAULT, SIZES

_CHOSEN = {"attack": "knn", "data": "phantom", "shadow": DEFAULT, "launch": "local", "preset": "quick"}


def options_of_runs() -> str:
    """A section for each dataclass of options."""
    node = writable(Options)
    groups = groups_of(node)
    chosen = [
        Described(f"{name}=NAME", _CHOSEN[name], tuple(SIZES) if name == "preset" else (), text, "Options")
        for name, text in groups.items()
    ]
    top = [one for one in described(node, DEFAULT) if "." not in one.name and one.name not in groups]
    places = [*_of("store.", StoreOptions), *_of("report.", ReportOptions)]
    generators = _of("shadow.", ShadowOptions, StartOptions)
    attacks = [*described(writable(ReleaseAttack), DEFAULT, "attack.NAME.")]
    parts = [
        _section("Chosen by a name, and of the run", [Options], [*chosen, *top]),
        *_data_sections(),
        _section("Of generators of any family", [ShadowOptions, StartOptions], generators),
        _section("Of surrogates", [SurrogateOptions], _of("surrogate.", SurrogateOptions)),
        _section("Of places and pictures", [StoreOptions, ReportOptions], places),
        *_launch_sections(),
        _section("Of attacks", [ObservingAttack, ReleaseAttack], attacks),
        _section("Of a simulated challenge", [ChallengeOptions, SplitOptions], _of_challenges()),
    ]
    return "\n".join(parts)


def _data_sections() -> list[str]:
    """One for each source that can be named; those with the same options, such as editions, share it."""
    register_options([])
    nodes = {name.removesuffix(".yaml"): one.node for name, one in ConfigStore.instance().repo["data"].items()}
    kinds: dict[str, Any] = {name: OmegaConf.get_type(node) for name, node in nodes.items()}
    in_order = sorted(nodes, key=lambda name: (name != _CHOSEN["data"], kinds[name].__name__, name))
    found = []
    for kind, names in groupby(in_order, key=kinds.__getitem__):
        named = list(names)
        title = "Of " + ", ".join(code(f"data={name}") for name in named)
        found.append(_section(title, [kind], described(nodes[named[0]], DEFAULT, "data.")))
    return found


def _launch_sections() -> list[str]:
    """One for what every way to run jobs takes, and one for each."""
    every = _of("launch.", LaunchOptions)
    shared = {one.name for one in every}
    own = {of: [one for one in _of("launch.", of) if one.name not in shared] for of in BUILT_IN}
    return [
        _section("Of where jobs run", [LaunchOptions], every),
        *(_section(f"Of `launch={of.name}`", [of], options) for of, options in own.items()),
    ]


def _of(above: str, *classes: type) -> list[Described]:
    return [one for cls in classes for one in described(writable(cls), DEFAULT, above)]


def _of_challenges() -> list[Described]:
    """What `harness.run` does not take, too; `target.` takes what `shadow.` does of a family and a start."""
    node = writable(ChallengeOptions)
    taken = {one.name for one in described(writable(Options), DEFAULT)} | set(groups_of(node))
    return [one for one in described(node, DEFAULT) if one.name not in taken]


def _section(title: str, owners: Sequence[type], options: Iterable[Described]) -> str:
    said = " ".join(sentence(summary(one)) for one in owners)
    where = ", ".join(f"`{one.__name__}` in `{_module(one)}`" for one in owners)
    return f"### {title}\n\n{said} {where}.\n\n{options_table(options)}"


def _module(owner: type) -> str:
    module = inspect.getmodule(owner)
    return "" if module is None else module.__name__
