"""The rule of thumb that an audit quotes: what steps a member showed anything, as a file of figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.power.memorising.cell import ATTACKS, FALSE_COPIES
from benchmarks.power.memorising.curves import Cells
from benchmarks.power.memorising.grid import Grid
from benchmarks.rows import machine
from harness.config.settings import Settings
from harness.evaluation.intervals import percentiles
from harness.run.source_commit import commit
from harness.writing import replace_file

SCHEMA = 1
_DIGITS = 3


def write_rule(path: Path, settings: Settings, grid: Grid, cells: Mapping[str, Cells]) -> None:
    """Write it: what was measured, where, and a point for each number of members."""
    found = {
        "schema": SCHEMA,
        "date": date.today().isoformat(),
        "commit": commit(),
        "machine": machine(),
        "family": settings.recipe.name,
        "size": settings.recipe.size,
        "start": settings.start.name,
        "batch": getattr(settings.recipe, "batch", None),
        "data": "phantom",
        "released": grid.images,
        "attacks": list(ATTACKS),
        "false_copies": FALSE_COPIES,
        "points": [_point(n, cells) for n in sorted(grid.members)],
    }
    replace_file(path, json.dumps(found, indent=1) + "\n")


def _point(n: int, cells: Mapping[str, Cells]) -> dict[str, Any]:
    """tried: steps a member; shows_from: the fewest of these at which something shows, whatever more of them do, None
    where nothing ever does; auc: of each attack at each of them; low: the lower end of its interval."""
    of_n = {name: cells[name].of(n) for name in (*ATTACKS, "copies")}
    tried = of_n[ATTACKS[0]].steps / n
    shows = np.any([_above(one) for one in of_n.values()], axis=0)
    return {
        "members": n,
        "tried": [_rounded(one) for one in tried],
        "shows_from": _rounded(float(tried[np.argmax(shows)])) if shows.any() else None,
        "auc": {name: [_rounded(one) for one in of_n[name].value] for name in ATTACKS},
        "low": {name: [_rounded(percentiles(one)[0]) for one in of_n[name].drawn.T] for name in ATTACKS},
    }


def _above(cells: Cells) -> Any:
    """Where the whole interval lies above what it is with nothing memorised, bool [k]."""
    return np.array([percentiles(one)[0] > cells.floor for one in cells.drawn.T])


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
