"""Damage: every file of a finished store with a bit flipped, cut short and deleted is found; and a run that meets one
makes that artefact alone again, says so, and ends as before."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counted import LOG
from benchmarks.faulted.counts import Count
from benchmarks.faulted.runs import OPTIONS, RUN, STORE, differing, digests, end, run, start
from benchmarks.rows import Row
from harness.stock.inventory import Inventory, Item, inventory_of
from harness.stock.verify import verified
from harness.store import ANSWERS

WORDS = [*OPTIONS, "attack=[knn,loss]", "shadow.steps=60", "launch.workers=1"]


def flipped(path: Path, draw: random.Random) -> None:
    """One bit is another one."""
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


def cut_short(path: Path, draw: random.Random) -> None:
    """The end is missing."""
    os.truncate(path, draw.randrange(path.stat().st_size))


def deleted(path: Path, draw: random.Random) -> None:
    """The file is missing."""
    del draw
    path.unlink()


HOW: Sequence[Callable[[Path, random.Random], None]] = (flipped, cut_short, deleted)


def measure(options: argparse.Namespace) -> list[Row]:
    """A count of damage that is looked for, one of damage that a run meets, and a row for each that failed."""
    found, met, draw = Count(), Count(), random.Random(2)  # noqa: S311  # where to damage
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        ended = run(root, WORDS)
        if not met.check(ended.code == 0, f"undisturbed: code {ended.code}: {ended.told[-300:]}"):
            return met.rows("damage")
        look(root / STORE, found, draw, options.every_file)
        for kind in sorted({item.use.kind for item in inventory_of(root / STORE).items.values()}):
            meet(root, kind, met, draw)
    return [*found.rows("damage looked for"), *met.rows("damage that a run meets")]


def look(store: Path, count: Count, draw: random.Random, every: int = 1) -> None:
    """Every so-manyth file of a store in every way, and `harness.store verify` for its artefact."""
    inventory = inventory_of(store)
    files = [(item, path) for item in inventory.items.values() for path in _files(item)]
    for item, path in files[::every]:
        for how in HOW:
            if how is deleted and item.use.kind == ANSWERS:
                continue  # one file is all of it: nothing is there, and nothing says that there was
            with damaged(path, how, draw):
                told = [one for one in verified(_alone(inventory, item)) if one.damaged]
                count.check(bool(told), f"{item.name}/{path.name} {how.__name__}: not found")


def meet(root: Path, kind: str, count: Count, draw: random.Random) -> None:
    """A run on a store in which a file of the kind is damaged."""
    before, artefacts = digests(root / RUN, root / STORE), inventory_of(root / STORE).items.values()
    item = draw.choice([one for one in artefacts if one.use.kind == kind])
    path, how = draw.choice(_files(item)), draw.choice(HOW[:2])
    log = root / "made.txt"
    log.write_text("", encoding="ascii")
    shutil.rmtree(root / RUN)
    with damaged(path, how, draw, restored=False):
        ended = end(start(root, WORDS, {LOG: str(log)}, module="benchmarks.faulted.counted"))
    other = differing(digests(root / RUN, root / STORE), before)
    count.differing |= {f"{item.name} {how.__name__}: {one}" for one in other}
    made = log.read_text(encoding="ascii").split()
    alone = made == ([] if kind == ANSWERS else [item.name])  # answers are kept beside the store's own making
    named = f"{item.name.removesuffix('.json')} is damaged" in " ".join(ended.told.split())
    right = ended.code == 0 and not other and alone and named
    told = f"code {ended.code}, {len(other)} differ, made {made[:3]}, {'' if named else 'not '}named"
    count.check(right, f"{item.name}/{path.name} {how.__name__}: {told}")


@contextmanager
def damaged(
    path: Path, how: Callable[[Path, random.Random], None], draw: random.Random, *, restored: bool = True
) -> Iterator[None]:
    """The file is damaged inside, and as old as before: what alone looks at times does not see it."""
    content, status = path.read_bytes(), path.stat()
    how(path, draw)
    if path.exists():
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    yield
    if restored:
        path.write_bytes(content)
        path.chmod(status.st_mode)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _files(item: Item) -> list[Path]:
    """Those with anything in them."""
    every = sorted(item.path.rglob("*")) if item.path.is_dir() else [item.path]
    return [path for path in every if path.is_file() and path.stat().st_size]


def _alone(inventory: Inventory, item: Item) -> Inventory:
    return inventory._replace(items={item.use: item})


BENCHMARK = Benchmark(
    "faults",
    "damage",
    "files of a finished store flipped, cut short and deleted: all found, and a run makes that artefact alone again",
    measure,
    {"every_file": 20},
    "one file of 20",
    (Option("--every-file", 1, {"type": int, "metavar": "N", "help": "look at one of so many files"}),),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
