"""How a command reads its options with Hydra: composed, checked, and every mistake a sentence with exit code 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from omegaconf import DictConfig

from harness.cli import Refused, console
from harness.config.command_words import asks_for_help, in_order, refuse_foreign, without_flags
from harness.errors import InputError

RESOLVERS = ("oc.create", "oc.decode", "oc.deprecated", "oc.dict.keys", "oc.dict.values", "oc.env", "oc.select")


def with_options(config_name: str, body: Callable[[DictConfig], None]) -> None:
    """Compose what `sys.argv` asks for from the options registered as `config_name`, and hand it to the body.

    Raises InputError for options that Hydra or `refuse_foreign` refuses, and Refused for what the body does.
    """
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from harness.config.option_errors import explained

    prepare_hydra()
    started = False
    sys.argv[1:] = in_order(sys.argv[1:])

    def run(config: DictConfig) -> None:
        nonlocal started
        started = True
        try:
            body(config)
        except InputError as error:
            raise Refused(str(error)) from error
        except OmegaConfBaseException as error:
            raise Refused(explained(error)) from error

    try:
        refuse_foreign(sys.argv[1:])
        if asks_for_help(sys.argv[1:]):
            from harness.config.help import show_help

            show_help(config_name, without_flags(sys.argv[1:]), console())
            return
        hydra.main(version_base="1.3", config_path=None, config_name=config_name)(run)()
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(explained(error)) from error
    except ValueError as error:
        if started:
            raise
        detail = " ".join(str(error).split())  # Hydra's own words: attack=null, say
        raise InputError(
            f"The options cannot be read: {detail} See --help for what attack, data, shadow, preset and launch take."
        ) from error


def prepare_hydra() -> None:
    """What is ours to say before Hydra reads anything: errors, plug-ins, values."""
    from hydra.core.config_store import ConfigStore
    from omegaconf import OmegaConf

    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra would print and exit by itself; we want the sentence and code 2
    sys.modules.setdefault("hydra_plugins", None)  # type: ignore[arg-type]  # no package of others is Hydra's, either
    # Hydra copies all that is registered whenever it lists a group, a second for --help; what it takes out of there
    # to change it copies once more.
    ConfigStore.__deepcopy__ = lambda registered, _: registered  # type: ignore[attr-defined]
    for name in RESOLVERS:  # values are what was typed
        OmegaConf.clear_resolver(name)
