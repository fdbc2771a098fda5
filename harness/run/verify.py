"""`python -m harness.run verify RUN`: whether a run's folder is whole, and what the present code gives otherwise.

Nothing is trained, and nothing is written where anybody looks: the same options are planned again, and the keys that
come out are held against those of the manifest.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.cli import STORE_PLACES, console, disk_errors, remarks, tell
from harness.config.settings import Settings, composed
from harness.data.pool import Pool, load_pool, pool_key
from harness.data.pseudonyms import Salt
from harness.data.reading import is_salted
from harness.errors import InputError
from harness.finished.manifest_shape import BaseFacts, GeneratorFacts, Manifest
from harness.finished.reading import CONFIG
from harness.places import expand_paths, shown, user_path
from harness.planning.make import make_plan
from harness.planning.start import with_start
from harness.planning.trials import recipes_tried, untried
from harness.run.differences import Side, key_sides, sides
from harness.run.manifest import hardware, versions
from harness.run.recorded import Recorded, read_recorded
from harness.run.recorded_options import words_of
from harness.run.source_commit import commit
from harness.source_digest import source_digest
from harness.store import Store

SCHEMA = 1


@dataclass(frozen=True)
class Verified:
    """What `--json` prints.

    run: the folder. whole: whether every file is as it was written, and no other is there; faults: a sentence for
    each that is not. same: whether the present code would give the same, as far as nothing is trained; sides: what
    was compared, then and now; unplanned: why the options could not be planned again, so that no key was compared.
    stored: of the plan's artefacts, how many the store has, and of how many, by kind.
    """

    run: str
    whole: bool
    faults: Sequence[str]
    same: bool
    sides: Sequence[Side]
    unplanned: str | None
    stored: Mapping[str, tuple[int, int]]


def parser() -> argparse.ArgumentParser:
    """The words behind `verify`."""
    found = argparse.ArgumentParser(
        prog="python -m harness.run verify",
        description="Say whether a run's folder is whole, and what the present code would give differently; nothing "
        "is trained. Exit code 0 where it is whole and the same, 1 where not.",
    )
    expand_paths(found)
    found.add_argument("run", type=Path, metavar="RUN", help="a folder that harness.run wrote, such as runs/NAME")
    found.add_argument(
        "options",
        nargs="*",
        metavar="NAME=VALUE",
        help="options of harness.run: what the folder does not say, such as data.root=DIR and store.root=DIR",
    )
    found.add_argument("--json", action="store_true", help="print JSON")
    return found


def verify(words: Sequence[str]) -> int:
    """Look at the run that the words name; the exit code."""
    asked = parser().parse_args(words)
    run = read_recorded(asked.run)
    screen = console(stderr=asked.json)
    with disk_errors(STORE_PLACES), remarks(screen):
        found = _verified(run, asked.options)
    if asked.json:
        told = {
            "schema": SCHEMA,
            **asdict(found),
            "sides": [one._asdict() | {"same": one.same} for one in found.sides],
        }
        console().print_json(json.dumps(told), highlight=False)
    else:
        _show(found, run, screen)
    return 0 if found.whole and found.same else 1


def _verified(run: Recorded, typed: Sequence[str]) -> Verified:
    now, unplanned = _made_now(run.facts), None
    compared = sides(run.facts, now)
    store = Store(_store_root(typed))
    try:
        settings = composed(words_of(run.options(), typed, shown(run.folder / CONFIG)))
        store = Store(settings.store_root)
        compared += key_sides(run.facts, _planned(settings, run, now))
    except InputError as error:
        unplanned = str(error)
    same = unplanned is None and all(one.same for one in compared if one.decides)
    return Verified(str(run.folder), not run.faults, run.faults, same, compared, unplanned, _stored(run.facts, store))


def _made_now(then: Manifest) -> Manifest:
    """What makes a run here and now; pool and generators as they were."""
    return replace(then, source=source_digest(), commit=commit(), versions=versions(), hardware=hardware())


def _with_recipe_taken(settings: Settings, pool: Pool, results: Mapping[str, object]) -> Settings:
    """Of the recipes that are tried, that which the run took; the one there is where none are."""
    trials = recipes_tried(settings, pool)
    if not trials:
        return untried(settings)
    for making in (trial.making for trial in trials):
        if making.recipe.name == results.get("family") and making.recipe.to_dict() == results.get("recipe"):
            return settings.made_as(making)
    return settings


def _store_root(typed: Sequence[str]) -> Path:
    """The store where the options cannot be read: that of the words, or the usual one."""
    named = [word.partition("=")[2] for word in typed if word.startswith("store.root=")]
    return user_path(named[-1] if named else "store", "store.root=")


def _planned(settings: Settings, run: Recorded, now: Manifest) -> Manifest:
    """The facts of the present code with the keys that these options give it."""
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        kept, aside = Store(settings.store_root), Store(Path(folder))
        salted = is_salted(settings.data)
        if salted and not Salt.place(kept.root).exists():
            raise InputError(
                f"ids of patients are hashed with the salt of the run's store, which is not in "
                f"{shown(settings.store_root)}; give store.root=DIR."
            )
        # Slices that the store does not hold are read into a folder that goes again, with the store's salt.
        found = settings.store_root.is_dir() and kept.find("pool", pool_key(settings.data, kept)) is not None
        if salted and not found:
            Salt.read(kept.root).put_in(aside)
        store = kept if found else aside
        pool = load_pool(settings.data, store, extra_apart=settings.learns_extra)
        started, _ = with_start(replace(settings, store_root=store.root), pool)
        plan = make_plan(_with_recipe_taken(started, pool, run.results()), pool)
        base = started.base_key
        generators = [GeneratorFacts(one.name, one.key, one.release_key, one.seed) for one in plan.generators]
        return replace(now, pool=pool.key, generators=generators, base=BaseFacts(started.start.name, base, None))


def _stored(facts: Manifest, store: Store) -> dict[str, tuple[int, int]]:
    """How many of the run's artefacts the store has, of how many, by kind."""
    keys = {
        "pool": [facts.pool],
        "generator": [one.generator for one in facts.generators],
        "release": [one.release for one in facts.generators],
    }
    return {kind: (sum(store.find(kind, key) is not None for key in of), len(of)) for kind, of in keys.items()}


def _show(found: Verified, run: Recorded, screen: Console) -> None:
    table = Table("what", "then", "now", "same", box=None, padding=(0, 2, 0, 0))
    for one in found.sides:
        if one.what in ("source", "commit") or not one.same or one.what in ("pool", "base"):
            table.add_row(*(Text(shown(text)) for text in (one.what, _short(one.then), _short(one.now))), _sign(one))
    same = [one for one in found.sides if one.same]
    screen.print(table)
    screen.print(f"{len(same)} of {len(found.sides)} facts of how it was made are the same, keys among them.")
    for kind, (n, of) in found.stored.items():
        screen.print(f"In the store: {n} of {of}, {kind}")
    n_files = len(run.facts.files)
    if found.whole:
        tell(screen, "Whole:", "bold", f"all {n_files} files of {shown(run.folder)} are as they were written.")
    for fault in found.faults:
        tell(screen, "Not whole:", "red", f"{fault}.", wrap=False)
    if found.unplanned is not None:
        tell(screen, "Not planned:", "red", found.unplanned, wrap=False)
    elif found.same:
        tell(
            screen,
            "Same:",
            "bold",
            "the present code plans the very same; python -m harness.run again RUN makes it.",
        )
    else:
        told = ", ".join(one.what for one in found.sides if one.decides and not one.same)
        tell(screen, "Another:", "red", f"{told}: results may come out otherwise.")


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:16]}..."


def _sign(one: Side) -> Text:
    return Text("yes" if one.same else "no", style="" if one.same or not one.decides else "red")
