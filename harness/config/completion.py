"""Shell completion as Hydra has it: `harness-run -sc install=bash`, and what the shell asks then with every Tab.

The words on the line are checked before Hydra sees them, as those of a run are: completing imports and reads nothing
that a run of the same words would refuse.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from io import StringIO

from harness.config.command_words import overrides_of, refuse_foreign
from harness.config.composing import prepare_hydra
from harness.errors import InputError

SHELLS = ("bash", "fish", "zsh")
COMMANDS = ("install", "uninstall", "query")
_USAGE = (
    "--shell-completion (-sc) takes one of install=SHELL, uninstall=SHELL and query=SHELL, with bash, fish or zsh, "
    'such as eval "$(harness-run -sc install=bash)"; all other options are in --help.'
)
_NOT_OFFERED = ("hydra", "recipe")  # groups and settings that a command line may not name


def complete(words: Sequence[str], config_name: str, register: Callable[[Sequence[str]], None]) -> None:
    """Print what the shell asked for: its script, or the words that can stand where the cursor is.

    words: of the command line; register: tells Hydra the options, given the words that are on the line. Raises
    InputError for a command of the completion that is none; a line that cannot be read has no completions.
    """
    command, shell = _asked(words)
    if command != "query":
        if sys.argv[0].endswith(".py"):
            raise InputError(
                "A shell completes programs, not `python -m`: say harness-run, which is installed beside it. "
                + _USAGE
            )
        _ask_hydra(config_name)
        return
    line = os.environ.get("COMP_LINE")
    if line is None:
        raise InputError("query=SHELL is what a shell asks, with the line in COMP_LINE. " + _USAGE)
    with suppress(Exception), redirect_stdout(StringIO()) as found:  # half a word is no mistake, and no traceback
        typed = line.split()[1:]
        finished = typed if line.endswith(" ") else typed[:-1]
        refuse_foreign(finished)
        register(finished)
        _ask_hydra(config_name)
    offered = [one for one in found.getvalue().split() if not one.startswith(_NOT_OFFERED)]
    sys.stdout.write(("\n" if shell == "fish" else " ").join(offered) + "\n")


def _asked(words: Sequence[str]) -> tuple[str, str]:
    given = [(one.key_or_group, str(one.value())) for one in overrides_of(words)]
    if len(given) != 1 or given[0][0] not in COMMANDS or given[0][1] not in SHELLS:
        raise InputError(_USAGE)
    return given[0]


def _ask_hydra(config_name: str) -> None:
    import hydra

    prepare_hydra()
    hydra.main(version_base="1.3", config_path=None, config_name=config_name)(lambda config: None)()
