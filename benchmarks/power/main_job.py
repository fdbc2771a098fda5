"""What the attacks reach on the shadows: `python -m benchmarks.power.main_job [--lung-slices DIR]`.

Runs every attack on the default phantoms and, where DIR is given, on one real slice a patient, and sets the
held-out AUC, pooled over the shadows, against the figures that the project promises.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.rows import Row, at_least, command

REACH = {"loss": 0.75, "knn": 0.65, "knn_cal": 0.75}


def _records(folder: Path, store: Path, overrides: list[str]) -> list[dict[str, object]]:
    """The records of one run in an empty folder."""
    arguments = ["attack=all", f"store.root={store}", f"out={folder}", *overrides]
    subprocess.run([sys.executable, "-m", "harness.run", *arguments], check=True)
    records: list[dict[str, object]] = json.loads((folder / "results.json").read_text())["records"]
    return records


def measure(options: argparse.Namespace) -> list[Row]:
    """A row an attack and data set: the AUC, its interval, the shadows' own AUCs."""
    data = {"phantom": ["data=phantom"]}
    if options.lung_slices is not None:
        data["lung slices"] = ["data=folder", f"data.root={options.lung_slices.resolve()}", "data.per_patient=1"]
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        store = (options.store or Path(temporary) / "store").resolve()
        for name, overrides in data.items():
            records = _records(Path(temporary) / name.replace(" ", "_"), store, [*overrides, *options.override])
            rows += [
                _row(name, record)
                for record in records
                if record["target_set"] == "shadow" and record["kind"] == "attack"
            ]
    return rows


def _row(data: str, record: dict[str, object]) -> Row:
    auc, attack = record["auc"], str(record["attack"])
    assert isinstance(auc, dict)
    detail = {
        "low": auc["low"],
        "high": auc["high"],
        "per_target": record["auc_per_target"],
        "access": record["access"],
    }
    title = f"{data}: {attack}"
    if attack in REACH and auc["value"] is not None:
        return at_least(title, auc["value"], "AUC", REACH[attack], **detail)
    return Row(title, auc["value"], "AUC", None, None, detail=detail)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lung-slices", type=Path, metavar="DIR", help="real slices, an imagefolder")
    arguments.add_argument("--store", type=Path, metavar="DIR", help="keep the artefacts there")
    arguments.add_argument("override", nargs="*", help="options of harness.run")
    sys.exit(command("Held-out AUC of every attack on the shadows.", measure, arguments))
