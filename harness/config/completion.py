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
from harness.data.options import SOURCES, PhantomData
from harness.data.sources.pixels.window import PRESETS
from harness.errors import InputError
from shadow_models.fine_tuning import LEAKS

SHELLS = ("bash", "fish", "zsh")
COMMANDS = ("install", "uninstall", "query")
_USAGE = (
    "--shell-completion (-sc) takes one of install=SHELL, uninstall=SHELL and query=SHELL, with bash, fish or zsh, "
    'such as eval "$(harness-run -sc install=bash)"; all other options are in --help.'
)
# Hydra offers the names of groups, and of other options the value they have.
_NAMED_VALUES = {"data.window": tuple(PRESETS), "shadow.leak": tuple(LEAKS)}
_WINDOWED = tuple(f"data={name}" for name in SOURCES if name != PhantomData.name)
_NOT_OFFERED = ("hydra", "recipe")  # groups and settings that a command line may not name


def complete(
    words: Sequence[str], config_name: str, register: Callable[[Sequence[str]], None], commands: Sequence[str] = ()
) -> None:
    """Print what the shell asked for: its script, or the words that can stand where the cursor is.

    words: of the command line; register: tells Hydra the options, given the words that are on the line; commands:
    words that may stand first, a folder and options behind them. Raises
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
    firsts = _first_words(line, commands)
    line = os.environ["COMP_LINE"] = _behind_command(line, commands)
    with suppress(Exception), redirect_stdout(StringIO()) as found:  # half a word is no mistake, and no traceback
        typed = line.split()[1:]
        finished = typed if line.endswith(" ") else typed[:-1]
        refuse_foreign(finished)
        register(finished)
        _ask_hydra(config_name)
    offered = [one for one in found.getvalue().split() if not one.startswith(_NOT_OFFERED)]
    offered += [one for one in [*firsts, *_values(line)] if one not in offered]
    sys.stdout.write(("\n" if shell == "fish" else " ").join(offered) + "\n")


def _first_words(line: str, commands: Sequence[str]) -> list[str]:
    """The commands that can stand where the cursor is: behind the program's own name, and nowhere else."""
    typed = line.split()[1:]
    if len(typed) > 1 or (typed and line.endswith(" ")):
        return []
    return [one for one in commands if one.startswith(typed[0] if typed else "")]


def _behind_command(line: str, commands: Sequence[str]) -> str:
    """The line without a command that stands first and the folder behind it, whose options are those of a run."""
    program, *typed = line.split()
    if typed[:1] and typed[0] in commands and len(typed) + line.endswith(" ") > 2:
        return " ".join([program, *typed[2:]]) + (" " if line.endswith(" ") else "")
    return line


def _values(line: str) -> list[str]:
    """`OPTION=VALUE` for each value that has a name, where the cursor stands behind the `=` of such an option."""
    *before, word = line.split()
    option, equals, begun = word.partition("=")
    if line.endswith(" ") or not equals:
        return []
    if option == "data.window" and not any(one.startswith(_WINDOWED) for one in before):
        return []
    return [f"{option}={value}" for value in _NAMED_VALUES.get(option, ()) if value.startswith(begun)]


def _asked(words: Sequence[str]) -> tuple[str, str]:
    given = [(one.key_or_group, str(one.value())) for one in overrides_of(words)]
    if len(given) != 1 or given[0][0] not in COMMANDS or given[0][1] not in SHELLS:
        raise InputError(_USAGE)
    return given[0]


def _ask_hydra(config_name: str) -> None:
    import hydra

    prepare_hydra()
    hydra.main(version_base="1.3", config_path=None, config_name=config_name)(lambda config: None)()
