"""What the attacks reach on shadows: `python -m benchmarks.power.attacks [--lung-slices DIR]`.

Runs every attack on the default phantoms and, where DIR is given, on one real slice a patient with 8 shadows, and
sets what is held out and pooled over the shadows against the figures that the project promises.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.benchmark import LUNG_SLICES, OVERRIDE, STORE, Benchmark, Option
from benchmarks.command import run_one
from benchmarks.measured import TINY, TINY_ABOUT, run_harness
from benchmarks.rows import Row, at_least, at_most, skipped
from harness.finished.reading import read_run

PHANTOM_AUC = {"loss": 0.75, "knn": 0.65, "knn_cal": 0.75}
REFERENCE_AUC, REFERENCE_TPR, LOSS_CAL_AUC = 0.88, 0.62, 0.97
ECE, REALISED_FPR = 0.06, (0.07, 0.13)


class Found(NamedTuple):
    """What one run wrote: its rows on the shadows, by attack, and the attack it chose.

    skipped: why an attack did not run, by its name.
    """

    records: dict[str, dict[str, Any]]
    skipped: dict[str, str]
    controls: list[dict[str, Any]]
    choosers: list[dict[str, Any]]
    chosen: str


def measure(options: argparse.Namespace) -> list[Row]:
    """A row an attack and data set: the AUC, with its interval; and the promised figures of the real slices."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = (options.store or folder / "store").resolve()
        common = [f"attack={options.attacks}", f"store.root={store}", *options.override]
        phantom = _run(folder / "phantom", common)
        rows += _aucs("phantom", phantom, PHANTOM_AUC)
        if options.lung_slices is None:
            rows.append(skipped("lung slices: every attack", f"needs {LUNG_SLICES.need}"))
        else:
            data = ["data=folder", f"data.root={options.lung_slices.resolve()}", "data.per_patient=1"]
            slices = _run(folder / "slices", [*data, "shadow.count=8", *common])
            rows += _aucs("lung slices", slices, {})
            rows += list(_promised(slices))
    return rows


def _run(folder: Path, overrides: list[str]) -> Found:
    folder.mkdir()
    run_harness(folder, [*overrides, f"out={folder / 'run'}"])
    results = read_run(folder / "run").results
    shadow = [asdict(record) for record in results.records if record.target_set == "shadow"]
    attacks = {r["attack"]: r for r in shadow if r["kind"] == "attack"}
    return Found(
        {name: r for name, r in attacks.items() if r["skipped"] is None},
        {name: r["skipped"] for name, r in attacks.items() if r["skipped"] is not None},
        [r for r in shadow if r["kind"] == "control" and r["skipped"] is None],
        [r for r in shadow if r["kind"] == "oracle"],
        "nothing" if results.chosen is None else results.chosen.attack,
    )


def _aucs(data: str, found: Found, reach: dict[str, float]) -> Iterator[Row]:
    for attack, record in found.records.items():
        auc = record["auc"]
        facts = {"low": auc["low"], "high": auc["high"], "per_target": record["auc_per_target"]}
        detail = {**facts, "access": record["access"], "tpr_at_fpr": record["tpr_at_fpr"]["0.1"]}
        if attack in reach:
            yield at_least(f"{data}: {attack}", auc["value"], "AUC", reach[attack], **detail)
        else:
            yield Row(f"{data}: {attack}", auc["value"], "AUC", None, None, detail=detail)


def _promised(found: Found) -> Iterator[Row]:
    """The figures of the issue that brought the attacks, on one real slice a patient and 8 shadows."""
    records = found.records
    of_references = {name: _value(r, "auc") for name, r in records.items() if r["access"] == "references"}
    if of_references:
        best = max(of_references, key=lambda name: of_references[name])
        yield at_least(f"best reference attack ({best})", of_references[best], "AUC", REFERENCE_AUC)
        tpr = records[best]["tpr_at_fpr"]["0.1"]["value"]
        yield at_least(f"best reference attack ({best})", tpr, "TPR at FPR 0.1", REFERENCE_TPR)
    else:
        yield skipped("best reference attack", "none was asked for")
    for row in found.choosers:  # the best of all, looked up afterwards, beside a choice that never saw the pair
        yield Row(row["attack"], _value(row, "auc"), "AUC", None, None, detail={"interval": row["auc"]})
    if "loss_cal" in records:
        yield at_least("loss_cal", _value(records["loss_cal"], "auc"), "AUC", LOSS_CAL_AUC)
    else:
        yield _missing(found, "loss_cal")
    yield _stack(found, "stack", {"release", "references"})
    yield _stack(found, "stack_model", {r["access"] for r in records.values()})
    yield from _calibrated(found)


def _stack(found: Found, name: str, accesses: set[str]) -> Row:
    """The stack's interval must reach the best single attack of the accesses that it has."""
    if name not in found.records:
        return _missing(found, name)
    rivals = {rival: r for rival, r in found.records.items() if r["access"] in accesses and "stack" not in rival}
    single = max(_value(r, "auc") for r in rivals.values())
    return at_least(f"{name}: upper end of its interval", found.records[name]["auc"]["high"], "AUC", single)


def _missing(found: Found, name: str) -> Row:
    return skipped(name, found.skipped.get(name, "was not asked for"))


def _calibrated(found: Found) -> Iterator[Row]:
    """The chosen attack's probabilities and threshold, and the controls, which must be at chance."""
    chosen = found.records[found.chosen]
    yield at_most(f"chosen attack ({found.chosen}): ECE", _value(chosen, "ece"), "fraction", ECE)
    realised = chosen["realised_fpr"]["0.1"]["value"]
    low, high = REALISED_FPR
    yield Row(
        f"chosen attack ({found.chosen}): realised FPR at nominal 0.1",
        realised,
        "fraction",
        None,
        low <= realised <= high,
        detail={"asked": [low, high]},
    )
    outside = [r["attack"] for r in found.controls if not r["auc"]["low"] <= 0.5 <= r["auc"]["high"]]
    yield at_most("controls outside chance", len(outside), "count", 0, of=len(found.controls), which=outside)


def _value(record: dict[str, Any], metric: str) -> float:
    return float(record[metric]["value"])


BENCHMARK = Benchmark(
    "power",
    "attacks",
    "what every attack reaches on shadows, held out: phantoms, and real slices where given",
    measure,
    options=(
        LUNG_SLICES,
        STORE,
        Option("--attacks", "all", {"metavar": "NAMES", "help": "one, all, or some as in [knn,loss]"}),
        OVERRIDE,
    ),
    quick={"attacks": "[knn,knn_cal,ssim,loss,loss_cal]", "override": TINY},
    quick_about=f"{TINY_ABOUT}, five attacks",
)


if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
