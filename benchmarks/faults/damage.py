"""Damage: every file of a finished store with a bit flipped, cut short and deleted is found, and so is what lies
beside its artefacts; and a run that meets one makes that artefact alone again, says so, and ends as before."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.beside import look_at_checkpoints, look_at_notes, look_at_records, look_at_salt
from benchmarks.faulted.counted import LOG, made
from benchmarks.faulted.counts import Count, to_its_end
from benchmarks.faulted.damaging import HOW, damaging, deleted, files_of
from benchmarks.faulted.runs import OPTIONS, RUN, STORE, differing, digests, end, left_over, run, start
from benchmarks.rows import Row
from harness.stock.inventory import Inventory, Item, inventory_of
from harness.stock.verify import verified
from harness.store import ANSWERS

WORDS = [*OPTIONS, "attack=[knn,loss]", "shadow.steps=60", "launch.workers=1"]


def measure(options: argparse.Namespace) -> list[Row]:
    """Counts of damage that is looked for, in artefacts and beside them, and of damage that a run meets; a row for
    each that failed."""
    found, beside, met, draw = Count(), Count(), Count(), random.Random(2)  # noqa: S311  # where to damage
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name) / "calm"
        ended = run(root, WORDS)
        if not met.need(ended.code == 0, f"undisturbed: code {ended.code}: {ended.told[-300:]}"):
            return met.rows("damage")
        with found.trying("artefacts"):
            look(root / STORE, found, draw, options.every_file)
        for what, at in (("records", root / STORE), ("salt", Path(name)), ("notes", Path(name))):
            with beside.trying(what):
                {"records": look_at_records, "salt": look_at_salt, "notes": look_at_notes}[what](at, beside, draw)
        with beside.trying("checkpoints"):
            _checkpoints(Path(name) / "stopped", digests(root / RUN, root / STORE), beside, met, draw)
        for kind in sorted({item.use.kind for item in inventory_of(root / STORE).items.values()}):
            with met.trying(f"a run that meets a damaged {kind}"):
                meet(root, kind, met, draw)
    return [
        *found.rows("damage looked for"),
        *beside.rows("damage looked for in checkpoints, records, salt, notes"),
        *met.rows("damage that a run meets"),
    ]


def _checkpoints(here: Path, calm: dict[str, str], beside: Count, met: Count, draw: random.Random) -> None:
    """Those of a run that was killed: looked at, and met by the same command again."""
    words, store = [*WORDS, "launch.checkpoint_seconds=0.05"], here / STORE
    process = start(here, words)
    while process.poll() is None and not any((store / "checkpoint").glob("*/step-*/state.json")):
        time.sleep(0.005)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    end(process)
    kept = sorted((store / "checkpoint").glob("*/step-*/state.*"))
    if not beside.need(bool(kept), "checkpoints: the run ended before one was met"):
        return
    look_at_checkpoints(store, beside, draw)
    (path, how) = kept[-1], draw.choice(HOW[:2])
    name = f"checkpoint's {path.name} {how.__name__}, met by a run"
    with met.trying(name):
        with damaging(path, how, draw, restored=False):
            ended = run(here, words)
        other = differing(digests(here / RUN, store), calm)
        met.differing |= {f"{name}: {one}" for one in other}
        named = "the training starts anew" in " ".join(ended.told.split())
        right = ended.code == 0 and not other and named and not left_over(here)
        told = f"code {ended.code}, {len(other)} differ, {'' if named else 'not '}named: {ended.told[-200:]}"
        met.check(right, f"{name}: {told}")


def look(store: Path, count: Count, draw: random.Random, every: int = 1) -> None:
    """Every so-manyth file of a store in every way, and `harness.store verify` for its artefact."""
    inventory = inventory_of(store)
    files = [(item, path) for item in inventory.items.values() for path in files_of(item.path)]
    for item, path in files[::every]:
        for how in HOW:
            if how is deleted and item.use.kind == ANSWERS:
                continue  # one file is all of it: nothing is there, and nothing says that there was
            with damaging(path, how, draw):
                told = [one for one in verified(_alone(inventory, item)) if one.damaged]
                count.check(bool(told), f"{item.name}/{path.name} {how.__name__}: not found")


def meet(root: Path, kind: str, count: Count, draw: random.Random) -> None:
    """A run on a store in which a file of the kind is damaged."""
    before, artefacts = digests(root / RUN, root / STORE), inventory_of(root / STORE).items.values()
    item = draw.choice([one for one in artefacts if one.use.kind == kind])
    path, how = draw.choice(files_of(item.path)), draw.choice(HOW[:2])
    log = root / "made.txt"
    log.unlink(missing_ok=True)
    shutil.rmtree(root / RUN)
    with damaging(path, how, draw, restored=False):
        ended = end(start(root, WORDS, {LOG: str(log)}, module="benchmarks.faulted.counted"))
    other = differing(digests(root / RUN, root / STORE), before)
    count.differing |= {f"{item.name} {how.__name__}: {one}" for one in other}
    again = made(log)
    alone = again == ([] if kind == ANSWERS else [item.name])  # answers are kept beside the store's own making
    named = f"{item.name} is damaged" in " ".join(ended.told.split())
    right = ended.code == 0 and not other and alone and named
    told = f"code {ended.code}, {len(other)} differ, made {again[:3]}, {'' if named else 'not '}named"
    count.check(right, f"{item.name}/{path.name} {how.__name__}: {told}")


def _alone(inventory: Inventory, item: Item) -> Inventory:
    return inventory._replace(items={item.use: item})


BENCHMARK = Benchmark(
    "faults",
    "damage",
    "files of a finished store flipped, cut short and deleted: all found, and a run makes that artefact alone again",
    to_its_end("damage", measure),
    {"every_file": 20},
    "one file of 20",
    (Option("--every-file", 1, {"type": int, "metavar": "N", "help": "look at one of so many files"}),),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
