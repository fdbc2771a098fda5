"""`python -m harness.doctor`: versions, devices, cores, disk, and what is missing for what. Nothing is trained."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import console, run_parsed

if TYPE_CHECKING:
    from harness.doctor.finding import Finding

SCHEMA = 1
CODE_BROKEN = 1
_MARKS = {
    "good": ("ok", "green"),
    "note": ("note", "yellow"),
    "missing": ("-", "dim"),
    "broken": ("BROKEN", "bold red"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.doctor",
        description="Versions, devices, cores, disk, and what is missing for what. Nothing is trained, and what is "
        "tried on the disk is taken away again. No path, name of a user or of this machine is printed, so that "
        "the output may be passed on. Exit code 1 where something that every run needs is broken.",
    )
    parser.add_argument("--store", type=Path, metavar="DIR", help="where runs keep their work (default: store)")
    parser.add_argument("--json", action="store_true", help="the same for a program")
    return parser


def _run(options: argparse.Namespace) -> int:
    from harness.doctor.disk import STORE

    found = list(_findings(STORE if options.store is None else options.store))
    works = all(one.state != "broken" for one in found)
    if options.json:
        sys.stdout.write(_json(found, works))
    else:
        _show(found, works)
    return 0 if works else CODE_BROKEN


def _findings(store: Path) -> Iterator[Finding]:
    from harness.doctor import disk, machine, packages

    yield packages.python_found()
    yield from packages.packages_found()
    yield machine.cores_found()
    yield machine.memory_found()
    yield from machine.devices_found()
    yield from disk.store_found(store)
    yield from disk.caches_found()
    yield from packages.extras_found()


def _json(found: Sequence[Finding], works: bool) -> str:
    from harness.doctor.packages import versions

    content = {"schema": SCHEMA, "works": works, "versions": versions(), "findings": [one._asdict() for one in found]}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _show(found: Sequence[Finding], works: bool) -> None:
    from itertools import groupby

    from rich.table import Table
    from rich.text import Text

    shown = console()
    for number, (part, rows) in enumerate(groupby(found, lambda one: one.part)):
        shown.print(Text(("\n" if number else "") + part, style="bold"))
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
        for width in (6, 23, None):
            table.add_column(width=width, overflow="fold")
        for one in rows:
            mark, style = _MARKS[one.state]
            table.add_row(Text(mark, style=style), one.subject, Text(one.says))
            if one.mend:
                table.add_row("", "", Text(one.mend, style="italic"))
        shown.print(table)
    broken = sum(one.state == "broken" for one in found)
    last = "Everything that a run needs is there." if works else f"{broken} of what a run needs is broken: see above."
    shown.print(Text(f"\n{last}", style="bold" if works else "bold red"))


if __name__ == "__main__":
    sys.exit(main())
