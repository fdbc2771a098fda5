"""`python -m harness.store`: list what lies in the store, verify it, prune what no run needs."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.cli import console, disk_errors, run_parsed
from harness.errors import InputError
from harness.places import check_file, expand_paths, shown
from harness.stock.inventory import Inventory, inventory_of
from harness.stock.needs import OLDER_THAN_DAYS, Unneeded, refuse_unknown, still, unneeded
from harness.stock.prune import drop, prune
from harness.stock.runs import Runs, runs_of
from harness.stock.show import shares_of, show_going, show_list, show_pruned, show_verified
from harness.stock.verify import Verified, damaged_salt, verified
from harness.store import Store
from harness.store.uses import RUNS
from harness.writing import replace_file

CODE_DAMAGED = 1
_SCHEMA = 1
_WORDS = {
    "list": "what lies there by run and by kind, with age and size; nothing is read",
    "verify": "read every file anew; exit code 1 where one is damaged",
    "prune": "take away what no run needs; says first what goes, and asks",
}
_TAKING = ("--root", "--json", "--runs", "--older-than")  # options whose value may be called as a word is
_MEND_RECORD = "the same command as that run's writes it anew, and until then nothing is pruned."


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _run, _word_first(list(sys.argv[1:] if arguments is None else arguments)))


def _word_first(words: list[str]) -> list[str]:
    """With the word at the beginning, wherever it was typed between options; `list` where there is none."""
    if words[:1] in (["--help"], ["-h"]):
        return words
    if words and not words[0].startswith("-"):
        return words
    for place, word in enumerate(words):
        if word in _WORDS and words[place - 1] not in _TAKING:
            return [word, *words[:place], *words[place + 1 :]]
    return ["list", *words]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.store",
        description="What lies in a store, what of it is damaged, and what no run needs. Without a word it is list.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, told in _WORDS.items():
        one = commands.add_parser(name, help=told, description=told)
        expand_paths(one)
        one.add_argument("--root", type=Path, default=Path("store"), metavar="DIR", help="the store (%(default)s)")
        one.add_argument("--json", type=Path, metavar="FILE", help="also write it there")
        if name == "verify":
            one.add_argument("--remove", action="store_true", help="take away what is damaged")
            continue
        one.add_argument(
            "--runs",
            type=Path,
            nargs="+",
            default=[],
            metavar="DIR",
            help="where runs lie that were moved, or are old",
        )
        one.add_argument(
            "--older-than", type=_days, default=OLDER_THAN_DAYS, metavar="DAYS",
            help="what was made, or asked for by a run that did not end, in so many days stays (%(default)g)",
        )  # fmt: skip
        if name == "prune":
            one.add_argument("--dry-run", action="store_true", help="only say what would go")
            one.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0 <= days < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; say 0.5, 7 or 30")
    return days


def _run(options: argparse.Namespace) -> int:
    check_file("--json", options.json, [options.root])
    with disk_errors():
        found = inventory_of(options.root)
        if options.command == "verify":
            return _verify(options, found)
        runs = runs_of(options.root, options.runs)
        free = unneeded(found, runs, options.older_than)
        if options.command == "list":
            show_list(found, runs, free, console())
            _write(options.json, _listed(found, runs, free))
            return 0
        return _prune(options, found, runs, free)


def _verify(options: argparse.Namespace, found: Inventory) -> int:
    screen = console()
    with screen.status("Reading"):
        looked = list(verified(found))
    damaged = [one for one in looked if one.damaged]
    salt, records = damaged_salt(found.root), [f"{RUNS}/{one.name}" for one in runs_of(found.root, []).unread]
    dropped = None
    if options.remove:
        store = Store(found.root)
        dropped = {one.item.use for one in damaged if drop(store, one.item.use)}
    show_verified(looked, dropped, screen)
    if salt is not None:
        screen.print(salt)
    for record in records:
        screen.print(f"{shown(record)}, the record of what a run needs, is damaged: {_MEND_RECORD}", markup=False)
    _write(options.json, {**_told_of(looked), "salt": salt, "records": records})
    return CODE_DAMAGED if damaged or salt is not None or records else 0


def _prune(options: argparse.Namespace, found: Inventory, runs: Runs, free: Unneeded) -> int:
    refuse_unknown(found, runs, options.runs)
    screen = console()
    show_going(found, runs, free, screen)
    _write(options.json, _listed(found, runs, free))
    if options.dry_run or not (free.items or free.left or free.runs):
        return 0
    if not options.yes and not _agreed():
        screen.print("Nothing was taken away.")
        return 0
    # While it was read and answered, runs may have begun and ended.
    found, runs = inventory_of(options.root), runs_of(options.root, options.runs)
    refuse_unknown(found, runs, options.runs)
    show_pruned(prune(Store(found.root), still(free, unneeded(found, runs, options.older_than))), screen)
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise InputError(
            "Nothing was taken away: there is no terminal to ask at. Give --yes to have it done, or --dry-run to "
            "see what would go."
        )
    sys.stdout.write("Take it away? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _listed(found: Inventory, runs: Runs, free: Unneeded) -> dict[str, Any]:
    return {
        "artefacts": [
            {"kind": one.use.kind, "key": one.use.key, "bytes": one.n_bytes, "made": one.made,
             "damaged": list(one.damaged)}
            for one in found.items.values()
        ],
        "runs": [
            {"folder": shown(run.folder), "state": run.state, "at": run.record.at, "artefacts": share.n,
             "bytes": share.n_bytes, "bytes_alone": share.alone}
            for run, share in zip(runs.known, shares_of(found, runs.known), strict=True)
        ],
        "not_recorded": [shown(one.folder) for one in runs.others],
        "left_over": [{"what": one.what, "name": one.path.name, "bytes": one.n_bytes} for one in found.left],
        "locked": found.locks,
        "goes": {
            "artefacts": [one.name for one in free.items],
            "left_over": [one.path.name for one in free.left],
            "bytes": free.n_bytes,
        },
    }  # fmt: skip


def _told_of(looked: Sequence[Verified]) -> dict[str, Any]:
    damaged = [{"artefact": one.item.name, "files": one.damaged} for one in looked if one.damaged]
    beside = [{"artefact": one.item.name, "files": one.beside} for one in looked if one.beside]
    return {"read": len(looked), "damaged": damaged, "beside": beside}


def _write(path: Path | None, content: dict[str, Any]) -> None:
    if path is not None:
        replace_file(path, json.dumps({"schema": _SCHEMA, **content}, indent=1) + "\n")
