"""What every benchmark command prints and writes: rows with the figure reached and the figure asked for."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SCHEMA = 1


@dataclass(frozen=True)
class Row:
    """One measured figure. reach: the figure asked for; holds: whether it was met; peer: what it is set against."""

    name: str
    value: float
    unit: str
    reach: float | None
    holds: bool | None
    peer: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def at_most(name: str, value: float, unit: str, reach: float, **detail: Any) -> Row:
    """A row whose value must not exceed `reach`."""
    return Row(name, value, unit, reach, value <= reach, detail=detail)


def at_least(name: str, value: float, unit: str, reach: float, **detail: Any) -> Row:
    """A row whose value must reach `reach`."""
    return Row(name, value, unit, reach, value >= reach, detail=detail)


def machine() -> dict[str, Any]:
    """Where the rows were measured."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "diffusers", "numpy", "scikit-learn")},
    }


def command(
    description: str, measure: Callable[[argparse.Namespace], Sequence[Row]], parser: argparse.ArgumentParser
) -> int:
    """Measure, print the rows, write them to `--json FILE`; exit code 1 where a figure was not reached."""
    parser.description = description
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows there")
    options = parser.parse_args()
    rows = list(measure(options))
    table = Table("figure", "value", "unit", "asked for", "holds", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        wanted = "" if row.reach is None else f"{row.reach:g}"
        holds = "" if row.holds is None else ("yes" if row.holds else "[red]no[/red]")
        table.add_row(row.name, f"{row.value:.3f}", row.unit, wanted, holds)
    Console().print(table)
    if options.json is not None:
        found = {"schema": SCHEMA, "machine": machine(), "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.holds is not False for row in rows) else 1


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
