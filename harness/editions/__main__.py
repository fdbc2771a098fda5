"""`python -m harness.editions`: the challenges that are described here, their tasks, folders and commands.

With the name of one, its layout: folder by folder, ids, counts, submission, sources.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.cli import console, run_parsed
from harness.editions.edition import Edition, Leaf, Task
from harness.editions.load import edition_names, load_edition
from harness.errors import InputError

NOT_PUBLIC = "?"
_COMMANDS = {
    "membership": "python -m harness.run data={name} data.root=DIR",
    "attribution": "python -m harness.attribution --images DIR --subsets DIR DIR ...",
    "fingerprints": "python -m harness.attribution --images DIR --cluster auto",
    "audit": "python -m harness.audit --release DIR --members DIR --holdout DIR",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.editions", description="The challenges described here, or the layout of one."
    )
    parser.add_argument("edition", nargs="?", metavar="NAME", help="such as imageclef2023")
    return run_parsed(parser, lambda options: _show(options.edition), arguments)


def _show(name: str | None) -> None:
    shown = console()
    try:
        editions = [load_edition(one) for one in ([name] if name else edition_names())]
    except ValueError as error:
        raise InputError(str(error)) from error
    if name:
        _show_layout(editions[0], shown)
        return
    table = Table("edition", "task", "official metric", "folder", "images", box=None, padding=(0, 2, 0, 0))
    table.columns[-1].justify = "right"
    for edition in editions:
        first = [edition.name]
        for kind, task in edition.tasks.items():
            cells = [_titled(kind, task), _known(task.official_metric)]
            for folder, count in _folders(task):
                table.add_row(*(first or [""]), *(cells or ["", ""]), folder, count)
                first, cells = [], []
        table.add_section()
    shown.print(table)
    shown.print(f"\n{NOT_PUBLIC}: not in any public source at hand. What to run, with DIR a folder of images:")
    for edition in editions:
        for kind in edition.tasks:
            shown.print(f"  {_command(edition, kind)}", markup=False, soft_wrap=True)


def _folders(task: Task) -> list[tuple[str, str]]:
    """Name and count of every folder; one line for all those of which nothing is public."""
    told = [(_names(replace(leaf, beside=())), _known(leaf.count)) for leaf in task.leaves.values() if leaf.folders]
    n_unknown = len(task.leaves) - len(told)
    return told + [(f"{n_unknown} more, names {NOT_PUBLIC}" if told else NOT_PUBLIC, NOT_PUBLIC)] * (n_unknown > 0)


def _show_layout(edition: Edition, shown: Console) -> None:
    size = f"{edition.image_size} pixels" if edition.image_size else f"size {NOT_PUBLIC}"
    shown.print(f"[bold]{edition.title}[/bold], images of {size}")
    for kind, task in edition.tasks.items():
        shown.print(f"\n[bold]{_titled(kind, task)}[/bold]: {escape(task.title)}", soft_wrap=True)
        table = Table("role", "folder", "ids", "images", box=None, padding=(0, 0, 0, 2))
        table.columns[2].no_wrap, table.columns[-1].justify = True, "right"
        for role, leaf in task.leaves.items():
            table.add_row(role, _names(leaf), _ids(leaf), _known(leaf.count))
        shown.print(table)
        told = {
            "metrics": f"{', '.join(task.metrics) or NOT_PUBLIC}; official: {_known(task.official_metric)}",
            "answers": _answers(task),
            "generators": _generators(task) if kind == "membership" else None,
            "published table": task.published,
            "command": _command(edition, kind),
        }
        for what, text in told.items():
            if text:
                shown.print(f"  {what}: {text}", markup=False, soft_wrap=True)
    shown.print(f"\n{NOT_PUBLIC}: not in any public source at hand. Sources:")
    for source in edition.sources:
        shown.print(f"  {source}", markup=False, soft_wrap=True)


def _command(edition: Edition, kind: str, indent: str = "  ") -> str:
    """What to run; folders of the test whose names nobody tells have to be named."""
    command = _COMMANDS[kind].format(name=edition.name)
    leaves = edition.tasks[kind].leaves if kind == "membership" else {}
    unnamed = [f"data.folders.{role}=NAME" for role, leaf in leaves.items() if not leaf.folders and "test" in role]
    return f" \\\n{indent}  ".join([command, " ".join(unnamed)] if unnamed else [command])


def _titled(kind: str, task: Task) -> str:
    return kind if task.subtask is None else f"{kind} (subtask {task.subtask})"


def _generators(task: Task) -> str:
    if task.generators is None:
        return "several, names not public; data.generator=NAME takes the one whose release lies below folder NAME"
    return ", ".join(task.generators)


def _answers(task: Task) -> str:
    if task.submission is None:
        classes = f" {task.classes} classes;" if task.classes else ""
        return f"{classes.lstrip()} format {NOT_PUBLIC}".lstrip()
    form = task.submission
    labels = {score: name for name, score in task.labels.items()}
    scores = " or ".join(f"{score} ({labels.get(score, NOT_PUBLIC)})" for score in form.scores)
    header = "no header" if form.header is None else f"header {form.header}"
    return f"<id>{form.separator}<score>, score {scores}, every id once, {header}, a {form.ending} file"


def _names(leaf: Leaf) -> str:
    last = f" (else {', '.join(leaf.last_resort)})" if leaf.last_resort else ""
    beside = f" (beside {' or '.join(leaf.beside)})" if leaf.beside else ""
    return (", ".join(leaf.folders) or NOT_PUBLIC) + beside + last


def _ids(leaf: Leaf) -> str:
    if leaf.id_format is None:
        return leaf.id_pattern or NOT_PUBLIC
    ids = leaf.ids(leaf.count or 1)
    return f"{ids[0]} to {ids[-1]}" if len(ids) > 1 else f"{ids[0]} and on"


def _known(fact: int | str | None) -> str:
    return NOT_PUBLIC if fact is None else f"{fact:,}" if isinstance(fact, int) else fact


if __name__ == "__main__":
    sys.exit(main())
