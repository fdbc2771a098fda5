"""Read the `results.json` of a run into a table, markdown or CSV.

python examples/results_to_table.py runs/NAME/results.json --targets test --format csv
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

METRICS = ("auc", "f1", "accuracy", "brier")


def shown(estimate: dict[str, Any] | None) -> str:
    """A value and its 95 % interval; empty where truth or the sample allows no number."""
    if estimate is None or estimate["value"] is None:
        return ""
    interval = "" if estimate["low"] is None else f" [{estimate['low']:.3f}, {estimate['high']:.3f}]"
    return f"{estimate['value']:.3f}{interval}"


def main() -> None:
    """Print the attacks on one set of targets, best AUC first; `via` is the road: release, model or surrogate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--targets", choices=("shadow", "dev", "test"), default="shadow")
    parser.add_argument("--format", choices=("markdown", "csv"), default="markdown")
    given = parser.parse_args()
    records = json.loads(given.results.read_text(encoding="utf-8"))["records"]
    asked = [one for one in records if one["kind"] == "attack" and one["target_set"] == given.targets]
    asked.sort(key=lambda one: -((one["auc"] or {}).get("value") or 0.0))
    table = [["attack", "via", *METRICS, "skipped"]]
    table += [[one["attack"], one["via"], *(shown(one[m]) for m in METRICS), one["skipped"] or ""] for one in asked]
    if given.format == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows(table)
        return
    for row in [table[0], ["---"] * len(table[0]), *table[1:]]:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
