"""Every attack on a finished store: `python -m benchmarks.speed.all_attacks --lung-slices DIR [--peer DIR]`.

Generators and releases are there already (or are made first, untimed); every observation and score is made anew.
The network calls are then counted: what each model attack asks for by itself, what all together had to make.

With `--peer DIR`, a checkout of another version, the same command runs once more as that version has it, on a store
that it made itself, and the two times are set side by side:
`git worktree add --detach DIR 976be1c` makes the one against which the figure asked for is meant.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY, TINY_ABOUT, Run, run_harness
from benchmarks.rows import Row, SideFigures, at_most, skipped
from harness.finished.reading import read_run

ALL_SEC = 180.0
SHARED = 1.2  # times the hungriest single attack
SHARE_OF_PEER = 0.5
FINISHED = ("pool", "generator", "release")
PEER = Option("--peer", None, {"type": Path, "metavar": "DIR", "help": "a checkout of the version to compare with"})


def measure(options: argparse.Namespace) -> list[Row]:
    """Wall seconds of attack=all, beside the peer's, and its network calls, beside those of the hungriest attack."""
    words = ["data=folder", f"data.root={options.lung_slices.resolve()}", "data.per_patient=1", "shadow.count=8"]
    words += options.override
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = (options.store or folder / "kept").resolve()
        run = _on_finished_store(folder / "ours", words, kept)
        records = [asdict(one) for one in read_run(folder / "ours" / "all").results.records]
        observations = list(_observations(folder / "ours" / "store"))
        rows = [
            at_most("attack=all on a finished store", run.seconds, "s", ALL_SEC, attacks=len(_attacks(records))),
            _beside_peer(options.peer, folder / "peer", words, run),
            Row("its peak memory, all processes", run.peak_gib, "GiB", None, None),
        ]
    return rows + _calls(records, observations)


def _on_finished_store(folder: Path, words: list[str], kept: Path, version: Path | None = None) -> Run:
    """The time of attack=all where `kept`, filled first if need be, holds the generators and their releases."""
    store = folder / "store"
    store.mkdir(parents=True)
    run_harness(folder, [*words, "attack=knn", f"store.root={kept}", f"out={folder / 'first'}"], version=version)
    for kind in FINISHED:
        shutil.copytree(kept / kind, store / kind)
    return run_harness(
        folder, [*words, "attack=all", f"store.root={store}", f"out={folder / 'all'}"], version=version
    )


def _beside_peer(peer: Path | None, folder: Path, words: list[str], ours: Run) -> Row:
    """Our time as a share of the other version's."""
    name = "its time over that of the peer"
    if peer is None:
        return skipped(name, "it is set beside another version of ours (--peer DIR), and none was given")
    try:
        theirs = _on_finished_store(folder, words, folder / "kept", peer.resolve())
    except SystemExit as failed:
        return skipped(name, f"the version in {peer} does not run these words: {str(failed).splitlines()[-1]}")
    manifest = json.loads((folder / "all" / "manifest.json").read_text())
    called = f"commit {str(manifest.get('commit'))[:7]}"
    sides = tuple(
        SideFigures(side, run.seconds, run.peak_gib * 1024, run.seconds / ours.seconds)
        for side, run in (("ours", ours), (called, theirs))
    )
    row = at_most(name, ours.seconds / theirs.seconds, "ratio", SHARE_OF_PEER)
    return replace(row, peer=called, sides=sides)


def _calls(records: list[dict[str, Any]], observations: list[dict[str, Any]]) -> list[Row]:
    """Network calls: of all attacks together, of each by itself, and of the hungriest."""
    made: Counter[str] = Counter()
    of_one_model: dict[str, int] = {}
    for facts in observations:
        made[facts["model"]] += facts["network_calls_made"]
        of_one_model[facts["attack"]] = max(of_one_model.get(facts["attack"], 0), facts["network_calls"])
    asked = {r["attack"]: r["network_calls"] for r in records if r["target_set"] == "shadow" and r["network_calls"]}
    hungriest, hungriest_of_one = (max(calls, key=lambda name: calls[name]) for calls in (asked, of_one_model))
    shared = max(made.values())
    over_all, over_one = shared / asked[hungriest], shared / of_one_model[hungriest_of_one]
    return [
        Row("network calls a candidate and model, all attacks", shared, "count", None, None, detail={"asked": asked}),
        Row("the same, were nothing shared", sum(of_one_model.values()), "count", None, None, detail=of_one_model),
        at_most(f"shared calls over those of {hungriest}, references and all", over_all, "ratio", SHARED),
        at_most(f"shared calls over those of {hungriest_of_one}, one model", over_one, "ratio", SHARED),
    ]


def _attacks(records: list[dict[str, Any]]) -> set[str]:
    return {r["attack"] for r in records if r["target_set"] == "shadow" and r["kind"] == "attack"}


def _observations(store: Path) -> Iterator[dict[str, Any]]:
    """The facts of every observation of a model."""
    for path in (store / "observation").glob("*/meta.json"):
        facts = json.loads(path.read_text(encoding="utf-8"))["facts"]
        if facts["network_calls"]:
            yield facts


BENCHMARK = Benchmark(
    "speed",
    "all_attacks",
    "attack=all on a finished store, and the network calls that attacks share",
    measure,
    options=(LUNG_SLICES, STORE, PEER, OVERRIDE),
    needs=(LUNG_SLICES,),
    quick={"override": TINY},
    quick_about=TINY_ABOUT,
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
