"""The command: options as of a run in, sentences out; exit code 0 also where something is wrong with the data."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from omegaconf import DictConfig

from harness.cli import STORE_PLACES, console, disk_errors, exit_code, remarks
from harness.errors import InputError
from harness.terminal import PlainConsole

USAGE = "python -m harness.data look data=folder data.root=DIR; look --help lists the options"
_OWN = {"--out": "out", "--json": "json"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return exit_code(lambda: _run(words))


def _run(words: list[str]) -> None:
    if words[:1] in (["-h"], ["--help"]):
        console().print(f"What was found in the data, before anything is trained: {USAGE}.")
        return
    if words[:1] != ["look"]:
        given = f"not {words[0]!r}" if words else "nothing was given"
        raise InputError(f"The first word must be look ({given}): {USAGE}.")
    from harness.config.composing import with_options
    from harness.look.options import CONFIG_NAME, register_look_options

    register_look_options()
    sys.argv[1:] = options_of(words[1:])
    with_options(CONFIG_NAME, _look_once)


def options_of(words: Sequence[str]) -> list[str]:
    """The words with `--out DIR` and `--json FILE`, as other commands take them, for `out=DIR` and `json=FILE`."""
    found, left = [], list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if name not in _OWN:
            found.append(word)
            continue
        if not equals:
            if not left:
                raise InputError(f"{name} takes a place: {name} {'DIR' if name == '--out' else 'FILE'}.")
            value = left.pop(0)
        simple = re.fullmatch(r"[\w./~:+-]+", value)
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        found.append(f"{_OWN[name]}={value}" if simple else f'{_OWN[name]}="{quoted}"')
    return found


def _look_once(config: DictConfig) -> None:
    shown = console()
    quiet = PlainConsole(quiet=True)
    with disk_errors(STORE_PLACES), remarks(quiet) as told:
        from harness.look.options import look_settings

        settings = look_settings(config)
        from harness.look.advice import advice_of
        from harness.look.found import found_in
        from harness.look.show import show
        from harness.look.write import write

        with shown.status("Reading the slices"):
            found = found_in(settings)
        advice = advice_of(found, settings)
        write(found, advice, settings)
        show(found, advice, told, settings, shown)


if __name__ == "__main__":
    sys.exit(main())
