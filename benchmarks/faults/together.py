"""Two, then eight runs at once on one store, with plans that overlap; and one of them killed while others wait."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counted import ASKS, BEGINS, LOG, MADE, TRAINS, Line, made, made_twice, read_log
from benchmarks.faulted.counts import Count, to_its_end
from benchmarks.faulted.runs import LIMIT_SEC, OPTIONS, RUN, Ended, damaged, differing, digests, end, run, start
from benchmarks.rows import Row
from harness.stock.inventory import FOLDERS

_PLANS = ("attack=[knn]", "attack=[knn,ssim]", "attack=[ssim,loss]", "attack=[knn,loss]")
"""They share their generators, releases and pool, and some observations and scores."""
_POLL_SEC = 0.02


class Held(NamedTuple):
    """A generator that is trained while others wait for it. group: of the processes of the run that trains it."""

    name: str
    group: int


def measure(options: argparse.Namespace) -> list[Row]:
    """A count of both numbers of runs, and of those where the one that others wait for is killed in a training."""
    rows, undisturbed = [], Count()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root, calm = Path(name), {}
        for i, plan in enumerate(_PLANS[: options.plans]):
            ended = run(root / f"calm {i}", _words(plan, root / f"calm {i}"))
            undisturbed.need(ended.code == 0, f"{plan}, undisturbed: code {ended.code}: {ended.told[-300:]}")
            calm[plan] = digests(root / f"calm {i}" / RUN)
        if undisturbed.failures:
            return undisturbed.rows("runs at once on one store")
        for n in options.at_once:
            rows += _at_once(root / f"{n} at once", n, calm).rows(f"{n} runs at once on one store")
        killed = _at_once(root / "killed", 3, calm, kills=True)
        rows += killed.rows("3 runs at once, of which the one that others wait for is killed")
    return rows


def _words(plan: str, root: Path) -> list[str]:
    own = [word for word in OPTIONS if not word.startswith(("out=", "store.root=", "launch.workers="))]
    return [*own, plan, f"store.root={root / 'store'}", f"out={RUN}", "launch.workers=1"]


def _at_once(root: Path, n: int, calm: Mapping[str, Mapping[str, str]], *, kills: bool = False) -> Count:
    count = Count()
    root.mkdir()
    log = root / "made.txt"
    plans = [[*calm][i % len(calm)] for i in range(n)]

    def begin(i: int) -> subprocess.Popen[str]:
        words = _words(plans[i], root)
        return start(root / str(i), words, {LOG: str(log)}, module="benchmarks.faulted.counted")

    runs = [begin(i) for i in range(n)]
    held, others = None, {process.pid for process in runs}
    if kills:
        with count.trying("the kill"):
            held = kill_the_holder(runs, log, root / "store", count)
            if held is not None:
                i = [process.pid for process in runs].index(held.group)
                others.remove(held.group)
                runs[i] = begin(i)
    for i, process in enumerate(runs):
        with count.trying(f"run {i} of {n}"):
            ended = end(process)
            other = differing(digests(root / str(i) / RUN), calm[plans[i]])
            count.differing |= {f"run {i}: {one}" for one in other}
            right = ended.code == 0 and not other and "Traceback" not in ended.told
            count.check(right, f"run {i} of {n}: code {ended.code}, {len(other)} differ: {ended.told[-200:]}")
    if held is not None:
        makers = made_by(held.name, read_log(log))
        count.need(
            bool(makers & others),
            f"{held.name}, whose maker {held.group} was killed, was made by {sorted(makers)} and by none of those "
            f"that waited for it, {sorted(others)}",
        )
    for what in wrong_in_store(root / "store", made(log)):
        count.need(False, what)
    count.twice = len(made_twice(log))
    return count


def kill_the_holder(runs: Sequence[subprocess.Popen[str]], log: Path, store: Path, count: Count) -> Held | None:
    """Kill the run that trains a generator as soon as all others wait for that; None, and a failure, where none did.

    It is stopped first and looked at again: else it may be done with the generator before it is killed.
    """
    groups, until = {process.pid for process in runs}, time.monotonic() + LIMIT_SEC
    while all(process.poll() is None for process in runs) and time.monotonic() < until:
        time.sleep(_POLL_SEC)
        held = held_in(read_log(log), groups)
        if held is None or not _stopped_in_time(held, groups, log, store):
            continue
        os.killpg(held.group, signal.SIGKILL)
        (killed,) = [end(process) for process in runs if process.pid == held.group]
        as_meant = count.need(_was_killed(killed), f"to be killed: code {killed.code}: {killed.told[-200:]}")
        return held if as_meant else None
    count.need(False, "no generator in training was waited for by all other runs: nothing was killed")
    return None


def _stopped_in_time(held: Held, groups: Collection[int], log: Path, store: Path) -> bool:
    """Whether the run is stopped, and was before it was done with the generator; else it goes on."""
    in_time = False
    os.killpg(held.group, signal.SIGSTOP)
    try:
        time.sleep(_POLL_SEC)  # until all its processes have stopped
        in_time = held_in(read_log(log), groups) == held and not (store / held.name).exists()
    finally:
        if not in_time:
            os.killpg(held.group, signal.SIGCONT)
    return in_time


def _was_killed(ended: Ended) -> bool:
    return ended.code == -signal.SIGKILL and "Traceback" not in ended.told


def held_in(lines: Sequence[Line], groups: Collection[int]) -> Held | None:
    """The first generator whose training has done its first step and is under way, and which all other runs ask for.

    groups: of the processes of all runs.
    """
    there = {line.name for line in lines if line.what == MADE}
    for one in lines:
        if one.what == TRAINS and one.group in groups and one.name not in there:
            asking = {line.group for line in lines if line.what == ASKS and line.name == one.name}
            if asking >= {*groups} - {one.group}:
                return Held(one.name, one.group)
    return None


def made_by(name: str, lines: Sequence[Line]) -> set[int]:
    """The runs that began to make it and did, by the groups of their processes."""
    began, finished = (
        {line.group for line in lines if line.what == what and line.name == name} for what in (BEGINS, MADE)
    )
    return began & finished


def wrong_in_store(store: Path, noted: Collection[str]) -> list[str]:
    """What does not fit between a store and what runs say that they made; noted: names, kind/key."""
    there = {"/".join(path.parts[-3:-1]) for kind in FOLDERS for path in (store / kind).glob("[!.]*/meta.json")}
    wrong = [f"damaged: {name}" for name in damaged(store)]
    wrong += [f"in the store, and no run says that it made it: {name}" for name in sorted(there - {*noted})]
    return wrong + [f"made, and not in the store: {name}" for name in sorted({*noted} - there)]


BENCHMARK = Benchmark(
    "faults",
    "together",
    "2 and 8 runs at once on one store: nothing is made twice, and each ends as it would alone",
    to_its_end("runs at once on one store", measure),
    {"at_once": [2], "plans": 2},
    "2 runs",
    (
        Option("--at-once", [2, 8], {"type": int, "nargs": "+", "metavar": "N", "help": "how many runs"}),
        Option("--plans", 4, {"type": int, "metavar": "N", "help": "how many different ones"}),
    ),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
