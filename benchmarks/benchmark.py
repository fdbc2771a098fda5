"""What a benchmark is: data that its module holds as `BENCHMARK`, and by which every command finds and runs it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from benchmarks.rows import Row

Kind = Literal["speed", "power", "misread", "faults", "scaling"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Size = Literal["quick", "usual", "full"]
"""Of a run: to try the command; what all of a kind can be run at in an hour; that of the results page."""


@dataclass(frozen=True)
class Option:
    """An option of the command line. flag: `--name`, or a plain name for bare words; how: argparse's keywords.

    thing: what it gives, where benchmarks cannot do without.
    """

    flag: str
    default: Any
    how: Mapping[str, Any]
    thing: str = ""

    @property
    def name(self) -> str:
        """What it is called among the parsed options."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def need(self) -> str:
        """What is needed and how it is given, such as `real slices (--lung-slices DIR)`."""
        return f"{self.thing} ({self.flag} {self.how['metavar']})"


LUNG_SLICES = Option(
    "--lung-slices",
    None,
    {"type": Path, "metavar": "DIR", "help": "real slices with patients, an imagefolder"},
    "real slices",
)
STORE = Option("--store", None, {"type": Path, "metavar": "DIR", "help": "keep the artefacts there"})
RUNS = Option(
    "--runs",
    [],
    {"type": Path, "nargs": "+", "metavar": "DIR", "help": "folders that runs of suites lie in"},
    "runs of a suite",
)
FOLDER = Option("--folder", None, {"metavar": "DIR", "help": "the slices of a suite of one's own"})
OVERRIDE = Option("override", [], {"nargs": "*", "help": "options of harness.run"})


@dataclass(frozen=True)
class Benchmark:
    """One benchmark. about: what it measures, a line; quick, full: the values of options under `--quick`, `--full`.

    measure: parsed options -> rows. needs: of the options, those without which it does not run. quick_about: the
    size that `quick` stands for, with which it ends within about a minute on two cores. full: none, where the usual
    size is that of the results page.
    """

    kind: Kind
    name: str
    about: str
    measure: Callable[[argparse.Namespace], Sequence[Row]]
    quick: Mapping[str, Any]
    quick_about: str
    options: tuple[Option, ...] = ()
    needs: tuple[Option, ...] = ()
    full: Mapping[str, Any] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """What `python -m` takes to run it alone."""
        return f"benchmarks.{self.kind}.{self.name}"

    def lacks(self, given: Mapping[str, Any]) -> list[str]:
        """What it needs and was not given."""
        return [option.need for option in self.needs if option.name not in given]

    def filled_in(self, given: Mapping[str, Any], size: Size) -> argparse.Namespace:
        """Its options: the defaults, before them what the size says, before that what was given.

        Options of harness.run add up instead: where two say the same, the last one holds.
        """
        own = {option.name: given[option.name] for option in self.options if option.name in given}
        values = {option.name: option.default for option in self.options}
        values |= {"quick": self.quick, "usual": {}, "full": self.full}[size]
        if OVERRIDE.name in own:
            own[OVERRIDE.name] = [*values[OVERRIDE.name], *own[OVERRIDE.name]]
        return argparse.Namespace(**values | own)
