"""docs/reference/commands.md: every command and its options, as its own parser has them."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

import harness
from benchmarks.benchmark import KINDS, Benchmark
from benchmarks.find import all_benchmarks
from benchmarks.reference.tables import code, sentence, table

_BY_HYDRA = {
    "harness.run": ("", "Trains, attacks, calibrates, applies", ("again", "verify")),
    "harness.challenge": (" make", "Makes a simulated challenge", ("score",)),
    "harness.data": (" look", "Says what is in the data, before anything is trained", ()),
}
"""Commands whose options Hydra reads: behind which word, what they do, and which other words argparse reads."""
_BESIDE = ("shadow_models.base", "benchmarks", "benchmarks.suite", "benchmarks.reference")


class _Found(BaseException):
    """Carries a parser out of a command that is about to use it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


def options_of_commands() -> str:
    """A section for each command of the harness, then those beside it, then a table of the benchmarks."""
    parts = []
    for module in [*_of_harness(), *_BESIDE]:
        if module not in _BY_HYDRA:
            parts += _sections(_parser_of(module, []))
            continue
        word, does, others = _BY_HYDRA[module]
        told = "Its options are read by Hydra: [options.md](../options.md), and `--help`."
        parts.append(f"### `python -m {module}{word}`\n\n{does}. {told}\n")
        for other in others:
            parts += _sections(_parser_of(module, [other]))
    return "\n".join([*parts, _benchmarks()])


def _of_harness() -> list[str]:
    """Every module of the harness that `python -m` runs: packages, and files, with a `main`."""
    root = Path(harness.__path__[0])
    packages = [path.parent.name for path in root.glob("*/__main__.py")]
    files = [path.stem for path in root.glob("*.py") if "\ndef main(" in path.read_text(encoding="utf-8")]
    return sorted(f"harness.{name}" for name in (*packages, *files))


def _parser_of(module: str, words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with which a command reads its words; nothing of the command runs."""
    runs = importlib.import_module(module)
    if hasattr(runs, "__path__"):
        runs = importlib.import_module(f"{module}.__main__")

    def found(parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        raise _Found(parser)

    with patch.object(argparse.ArgumentParser, "parse_args", found), _signals_kept():
        try:
            runs.main(list(words))
        except _Found as one:
            return one.parser
    raise TypeError(f"python -m {module} reads no options with argparse; name it in _BY_HYDRA.")


@contextmanager
def _signals_kept() -> Iterator[None]:
    import signal

    before = signal.getsignal(signal.SIGTERM)  # a command sets its own
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _sections(parser: argparse.ArgumentParser) -> list[str]:
    """The command, and each of its commands."""
    below = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    parts = [_section(parser, [one for one in parser._actions if one not in below])]
    for one in below:
        for name, command in one.choices.items():
            command.description = command.description or _help_of(one, name)
            parts += _sections(command)
    return parts


def _help_of(commands: argparse._SubParsersAction[Any], name: str) -> str:
    return next((one.help or "" for one in commands._choices_actions if one.dest == name), "")


def _section(parser: argparse.ArgumentParser, actions: Sequence[argparse.Action]) -> str:
    said = sentence(" ".join((parser.description or "").split()))
    rows = [_row(parser, one) for one in actions if not isinstance(one, argparse._HelpAction)]
    lines = [f"### `{parser.prog}`", "", said[:1].upper() + said[1:], "", ""]
    return "\n".join(lines) + (table(["option", "values", "meaning"], rows) if rows else "")


def _row(parser: argparse.ArgumentParser, action: argparse.Action) -> list[str]:
    name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
    usage = parser._get_formatter()._format_args(action, action.dest.upper()) if action.nargs != 0 else ""
    choices = ", ".join(code(str(one)) for one in action.choices or ())
    given = " *needed*" if action.required and action.option_strings else ""
    told = sentence(" ".join((parser._get_formatter()._expand_help(action) if action.help else "").split()))
    shown = code(usage) if action.option_strings and not choices else choices
    return [f"{code(name)}{given}", shown, told]


def _benchmarks() -> str:
    common = (
        "Each is run by its own name; "
        + ", ".join(f"`python -m benchmarks.{kind}`" for kind in KINDS)
        + " run all of a kind, or those of `--only NAME ...`. All take `--json FILE`, "
        "`--markdown FILE` and `--quick`."
    )
    rows = [[code(one.module), sentence(one.about), _own(one), sentence(one.quick_about)] for one in all_benchmarks()]
    head = ["python -m", "measures", "options of its own", "with --quick"]
    return f"### Benchmarks\n\n{common}\n\n{table(head, rows)}"


def _own(one: Benchmark) -> str:
    needed = [f"{code(_flag(option.flag, option.how))} *needed*" for option in one.needs]
    others = [code(_flag(option.flag, option.how)) for option in one.options if option not in one.needs]
    full = ["`--full`"] if one.full else []
    return ", ".join([*needed, *others, *full])


def _flag(flag: str, how: Any) -> str:
    metavar = how.get("metavar")
    return f"{flag} {metavar}" if isinstance(metavar, str) else flag
