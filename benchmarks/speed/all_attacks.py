"""Every attack on a finished store: `python -m benchmarks.speed.all_attacks --lung-slices DIR [--store DIR]`.

Generators and releases are there already (or are made first, untimed); every observation and score is made anew.
The network calls are then counted: what each model attack asks for by itself, what all together had to make.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark
from benchmarks.command import run_one
from benchmarks.measured import TINY, TINY_ABOUT, run_harness
from benchmarks.rows import Row, at_most

ALL_SEC = 180.0
SHARED = 1.2  # times the hungriest single attack
FINISHED = ("pool", "generator", "release")


def measure(options: argparse.Namespace) -> list[Row]:
    """Wall seconds of attack=all, and its network calls beside those of the hungriest attack alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = (options.store or folder / "kept").resolve()
        data = ["data=folder", f"data.root={options.lung_slices.resolve()}", "data.per_patient=1", "shadow.count=8"]
        run_harness(folder, [*data, "attack=knn", f"store.root={kept}", f"out={folder / 'first'}", *options.override])
        store = folder / "store"
        for kind in FINISHED:
            shutil.copytree(kept / kind, store / kind)
        run = run_harness(
            folder, [*data, "attack=all", f"store.root={store}", f"out={folder / 'all'}", *options.override]
        )
        records = json.loads((folder / "all" / "results.json").read_text())["records"]
        observations = list(_observations(store))
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
        at_most("attack=all on a finished store", run.seconds, "s", ALL_SEC, attacks=len(_attacks(records))),
        Row("its peak memory, all processes", run.peak_gib, "GiB", None, None),
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
    options=(LUNG_SLICES, STORE, OVERRIDE),
    needs=(LUNG_SLICES,),
    quick={"override": TINY},
    quick_about=TINY_ABOUT,
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
