"""`python -m harness.run again RUN`: repeat a finished run from its folder, and say whether it came out the same."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from harness.cli import console, tell
from harness.config.settings import Settings, composed
from harness.data.reading import is_salted
from harness.errors import InputError
from harness.finished.manifest_shape import Manifest
from harness.finished.reading import CONFIG, RESULTS
from harness.places import expand_paths, lies_in, shown
from harness.run.differences import COMPARED, differing_files, key_sides, read_compared, sides
from harness.run.folder import run_folder
from harness.run.recorded import SUBMISSION, Recorded, read_recorded, refuse_changed
from harness.run.recorded_options import words_of
from harness.store import Store

_SHOWN = 12  # differences of a kind, a line each


def parser() -> argparse.ArgumentParser:
    """The words behind `again`."""
    found = argparse.ArgumentParser(
        prog="python -m harness.run again",
        description="Repeat a finished run from its folder: the options of its config.yaml, as if they were typed. "
        "Exit code 0 where results.json, but for seconds, and submission.csv are the same bytes, 1 where not.",
    )
    expand_paths(found)
    found.add_argument("run", type=Path, metavar="RUN", help="a folder that harness.run wrote, such as runs/NAME")
    found.add_argument(
        "options",
        nargs="*",
        metavar="NAME=VALUE",
        help="options of harness.run: what the folder does not say, such as data.root=DIR, out=DIR, store.root=DIR",
    )
    return found


def again(words: Sequence[str], run: Callable[[Sequence[str]], int]) -> int:
    """Repeat the run that the words name; the exit code. run: does what words of harness.run ask for."""
    typed = parser().parse_args(words)
    before = read_recorded(typed.run)
    refuse_changed(before, CONFIG, RESULTS, *(name for name in COMPARED if name in before.facts.files))
    found = read_compared(typed.run)
    asked = words_of(before.options(), typed.options, shown(typed.run / CONFIG))
    settings = composed(asked)
    if settings.dry_run:
        return run(asked)
    folder = _folder(settings, typed.run)
    screen = console()
    _tell_of_store(before.facts, settings, screen)
    code = run([*(word for word in asked if not word.startswith("out=")), f"out={_word(folder)}"])
    if code:
        return code
    return _compare(before, found, folder, screen)


def _word(folder: Path) -> str:
    from harness.run.recorded_options import written

    return written(str(folder))


def _folder(settings: Settings, run: Path) -> Path:
    """Where the results go: nowhere in the run that is repeated, which stays as it is."""
    if settings.out is not None and (lies_in(settings.out, run) or lies_in(run, settings.out)):
        raise InputError(
            f"out={shown(settings.out)} and the run {shown(run)} lie in each other; give another folder."
        )
    folder = run_folder(settings)
    if lies_in(folder, run):
        folder = folder.with_name(f"{folder.name}-again")
    return folder


def _tell_of_store(facts: Manifest, settings: Settings, screen: Console) -> None:
    """What is in the store is not made again, and shows nothing about whether it would come out the same."""
    store = Store(settings.store_root, settings.verify_store)
    if is_salted(settings.data) and store.find("pool", facts.pool) is None:
        tell(
            screen,
            "Note:",
            "yellow",
            "Ids of patients are hashed with a store's salt: with another store than the run's they are others, and "
            "so are scores.csv and submission.csv.",
        )
    kept = sum(store.find("release", one.release) is not None for one in facts.generators)
    if kept:
        tell(
            screen,
            "Note:",
            "yellow",
            f"{kept} of {len(facts.generators)} releases are in {shown(settings.store_root)} and are not made again; "
            "store.root=DIR, a new folder, makes everything anew.",
        )


def _compare(before: Recorded, found: dict[str, bytes], folder: Path, screen: Console) -> int:
    after = read_recorded(folder)
    differing = differing_files(found, read_compared(folder))
    same = not any(differing[name] for name in (RESULTS, SUBMISSION))
    screen.print()
    for name, parts in differing.items():
        if name in found or parts:
            _tell_file(name, parts, screen)
    if same:
        return 0
    apart = [
        one for one in (*sides(before.facts, after.facts), *key_sides(before.facts, after.facts)) if not one.same
    ]
    if apart:
        screen.print(f"How it was made, {shown(before.folder)} and now:", style="bold", markup=False)
    for one in apart[:_SHOWN]:
        tell(screen, f"  {one.what}:", "", f"{shown(one.then)} -> {shown(one.now)}", wrap=False)
    if len(apart) > _SHOWN:
        screen.print(f"  and {len(apart) - _SHOWN} more")
    if not apart:
        screen.print("Source, versions, machine and every key are the same: what differs is a fault of this project.")
    return 1


def _tell_file(name: str, parts: Sequence[str], screen: Console) -> None:
    if not parts:
        but = " but for the seconds that attacks took" if name == RESULTS else ""
        tell(screen, f"{name}:", "", f"the same bytes{but}.")
        return
    more = f"; and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    tell(screen, f"{name}:", "red", f"differs: {'; '.join(parts[:_SHOWN])}{more}.", wrap=False)
