"""The options of `python -m harness.data look`: the data of a run, where to put pictures, and how many shadows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from harness.config.checks import check_data, taken_places
from harness.config.options import QUIET, StoreOptions, hydra_node
from harness.config.registration import register_data
from harness.config.store_options import elsewhere_of_options
from harness.data.options import AnyData, EditionFolder
from harness.data.sources.pixels.window import Window, window_of
from harness.errors import InputError
from harness.places import check_file, check_folder, user_path
from harness.store.elsewhere import Elsewhere

CONFIG_NAME = "look"
_SHADOWS, _SHADOWS_OF_EDITION = 4, 8  # as of a run


@dataclass
class PlannedShadows:
    """count: shadows of the run that is planned; None is its default, 4, and 8 for an edition."""

    count: int | None = None


_DEFAULTS: list[Any] = ["_self_", {"data": "phantom"}, *QUIET]

_HELP = """Show what is in the data before anything is trained: patients, sizes, greys, duplicates, what was left out.

  python -m harness.data look data=folder data.root=DIR
  python -m harness.data look data=folder data.root=DIR --out DIR2       and a contact sheet
  python -m harness.data look data=hub data.path=OWNER/NAME data.split=train
  python -m harness.data look data=parquet data.files='DIR/*.parquet' data.patient=COLUMN
  python -m harness.data look data=imageclef2023 data.root=DIR --json FILE

It takes the data options of `python -m harness.run`, and reads into the same store: the run finds the slices there.
"""


@dataclass
class LookOptions:
    """Everything `python -m harness.data look` takes.

    data: where slices come from. out: the folder of the contact sheet, which holds slices; None makes none. json: the
    file of the figures; None writes none.
    """

    defaults: list[Any] = field(default_factory=lambda: list(_DEFAULTS))
    data: Any = MISSING
    shadow: PlannedShadows = field(default_factory=PlannedShadows)
    store: StoreOptions = field(default_factory=StoreOptions)
    out: str | None = None
    json: str | None = None
    hydra: Any = field(default_factory=lambda: hydra_node("python -m harness.data look", _HELP))


class LookSettings(NamedTuple):
    """The options, checked and typed. out: where the contact sheet goes; json: the file of the figures."""

    data: AnyData
    shadow_count: int
    store_root: Path
    verify_store: bool
    elsewhere: Elsewhere
    out: Path | None
    json: Path | None

    @property
    def window(self) -> Window | None:
        """The window that greys go through; None without one."""
        given = getattr(self.data, "window", None)  # phantoms have none
        return None if given is None else window_of(given)


def register_look_options() -> None:
    """Tell Hydra every source of data."""
    ConfigStore.instance().store(name=CONFIG_NAME, node=LookOptions)
    register_data()


def look_settings(config: DictConfig) -> LookSettings:
    """Check what Hydra composed and hand it over typed. Raises InputError for what types cannot check."""
    options: Any = OmegaConf.to_object(config)
    for name in ("data", "store", "shadow"):
        if getattr(options, name) is None:
            raise InputError(f"{name}=null leaves nothing to work with; leave it out, or see --help for its values.")
    check_data(options)
    root = user_path(options.store.root, "store.root=")
    out = None if options.out is None else user_path(options.out, "out=")
    file = None if options.json is None else user_path(options.json, "json=")
    taken = taken_places(root, options.data)
    if out is not None:
        check_folder("out=", out, taken)
        if out.is_dir() and any(out.iterdir()):
            raise InputError(f"out={out} is not empty, and nothing is replaced; give a new or an empty folder.")
    check_file("json=", file, taken.values())
    default = _SHADOWS_OF_EDITION if isinstance(options.data, EditionFolder) else _SHADOWS
    count = default if options.shadow.count is None else options.shadow.count
    return LookSettings(
        options.data, count, root, options.store.verify, elsewhere_of_options(options.store), out, file
    )
