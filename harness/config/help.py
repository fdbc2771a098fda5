"""`--help` of the commands that Hydra composes: groups and their names, every option, its values and its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra import compose, initialize
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.config.described import described, groups_of, presets_of, told
from harness.plain import plain

_AFTER = (
    "Type NAME=VALUE, such as seed=1; a list as [a,b]; null for what is shown as null; -m NAME=A,B runs several. "
    "Shown here are the options of what the command line names: other attacks, data and generators have others."
)


def show_help(config_name: str, words: Sequence[str], shown: Console) -> None:
    """Compose what the words ask for, and print its options.

    words: without flags. Raises what Hydra raises where they cannot be composed.
    """
    with initialize(version_base="1.3", config_path=None):
        config = compose(config_name, overrides=list(words), return_hydra_config=True)
    GlobalHydra.instance().clear()
    shown.print(Text(plain_lines(config.hydra.help.header)), soft_wrap=True)
    _show_groups(config, shown)
    family = _family_of(config)
    _show_options(config, getattr(family, "name", ""), shown)
    if family is not None:
        _show(shown, f"Presets of {family.name}: what preset=NAME sets, where they differ", presets_of(family))
    shown.print(Text(_AFTER))


def plain_lines(text: str) -> str:
    """A text of ours and of plug-ins' names, line by line without what a terminal would obey."""
    return "\n".join(map(plain, text.splitlines()))


def _show_groups(config: DictConfig, shown: Console) -> None:
    repository: dict[str, Any] = ConfigStore.instance().repo
    rows = [["group", "names", "meaning"]]
    for group, said in groups_of(config).items():
        if group in repository:
            names = sorted(one.removesuffix(".yaml") for one in repository[group])
            rows.append([group, ", ".join(names), f"{said}."])
    _show(shown, "Groups", rows)


def _show_options(config: DictConfig, family: str, shown: Console) -> None:
    groups = groups_of(config)
    options = [one for one in described(config, family) if one.name not in groups]
    lines = [[one.name, one.value, told(one)] for one in options]
    _show(shown, "Options", [["option", "value", "meaning"], *lines])


def _show(shown: Console, title: str, lines: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in lines[0]:
        table.add_column(name, overflow="fold", ratio={"names": 3, "meaning": 2}.get(name))
    for line in lines[1:]:
        table.add_row(*(Text(plain(cell)) for cell in line))
    shown.print(Text(title, style="bold"))
    shown.print(table)
    shown.print()


def _family_of(config: DictConfig) -> Any:
    for group in ("shadow", "target"):
        if group in config:
            return getattr(OmegaConf.get_type(config, group), "family", None)
    return None
