"""How a command reads its options with Hydra: composed, checked, and every mistake a sentence with exit code 2."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable

from omegaconf import DictConfig

from harness.cli import Refused
from harness.errors import InputError


def with_options(config_name: str, body: Callable[[DictConfig], None]) -> None:
    """Compose what `sys.argv` asks for from the options registered as `config_name`, and hand it to the body.

    Raises InputError for options that Hydra refuses, and Refused for what the body does.
    """
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from harness.config.option_errors import explained

    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra would print and exit by itself; we want the sentence and code 2
    started = False
    words = map(_home_quoted, sys.argv[1:])
    sys.argv[1:] = sorted(words, key=lambda word: word not in ("-m", "--multirun"))  # Hydra wants it first

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
        hydra.main(version_base="1.3", config_path=None, config_name=config_name)(run)()
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(explained(error)) from error
    except ValueError as error:
        if started:
            raise
        detail = " ".join(str(error).split())  # Hydra's own words: attack=null, say
        raise InputError(
            f"The options cannot be read: {detail} See --help for what attack, data, preset and launch take."
        ) from error


def _home_quoted(word: str) -> str:
    """`data.root=~/slices` with the quotes that Hydra wants round a value that begins so."""
    return re.sub(r"^([\w.@/]+=)(~[^\s,\"'\\]*)$", r'\1"\2"', word)
