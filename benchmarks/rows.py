"""What every benchmark command prints and writes: rows with the figure reached and the figure asked for."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from harness.evaluation.estimate_text import number
from harness.writing import replace_file

SCHEMA: Literal[1] = 1


@dataclass(frozen=True)
class SideFigures:
    """One way of doing a job beside others (see `benchmarks.sides`).

    name: of the program; seconds: of the whole job, wall clock; peak_mib: memory beyond what was held before;
    times_ours: seconds over ours; share: the part of the job that was measured; apart: how far its result is from
    ours, None where that was not asked.
    """

    name: str
    seconds: float
    peak_mib: float
    times_ours: float
    share: float = 1.0
    apart: float | None = None


@dataclass(frozen=True)
class Row:
    """One measured figure.

    name: of the figure; value: reached; unit: of the value; detail: what belongs to it; reach: the figure asked for;
    holds: whether it was met; peer: what it is set against;
    skipped: why nothing was measured, in which case there is no value; benchmark: whose row it is, as `python -m`
    takes it; sides: of a job done side by side, ours first.
    """

    name: str
    value: float | None
    unit: str
    reach: float | None = None
    holds: bool | None = None
    peer: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    skipped: str | None = None
    benchmark: str | None = None
    sides: tuple[SideFigures, ...] = ()


@dataclass(frozen=True)
class Measured:
    """What `--json FILE` of a benchmark writes.

    schema: version of this shape. quick: whether no figure is judged. size: `quick`, `usual` or `full`. machine:
    where it was measured: processor, cores, memory in GiB, versions. rows: the figures. seconds: wall clock of each
    benchmark, by the name `python -m` takes.
    """

    schema: Literal[1]
    quick: bool
    size: str
    machine: dict[str, Any]
    rows: list[Row]
    seconds: dict[str, float] = field(default_factory=dict)


def at_most(name: str, value: float, unit: str, reach: float, **detail: Any) -> Row:
    """A row whose value must not exceed `reach`."""
    return Row(name, value, unit, reach, value <= reach, detail=detail)


def at_least(name: str, value: float, unit: str, reach: float, **detail: Any) -> Row:
    """A row whose value must reach `reach`."""
    return Row(name, value, unit, reach, value >= reach, detail=detail)


def skipped(name: str, reason: str) -> Row:
    """A row of what was not measured, and why."""
    return Row(name, None, "", skipped=reason)


def machine() -> dict[str, Any]:
    """Where the rows were measured."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "diffusers", "numpy", "scikit-learn")},
    }


HEAD = ("figure", "value", "unit", "asked for", "holds")


def cells(row: Row, quick: bool) -> list[str]:
    """A row as the columns of `HEAD` have it; a quick one is not judged."""
    if row.skipped is not None:
        return [row.name, "skipped", "", "", row.skipped]
    wanted = "" if row.reach is None else f"{row.reach:g}"
    holds = {None: "quick" if quick else "", True: "yes", False: "no"}[row.holds]
    return [row.name, number(row.value), row.unit, wanted, holds]


def lines_of(rows: Sequence[Row], quick: bool) -> tuple[list[str], list[list[str]]]:
    """The head and the lines of a table of the rows: where one is about a curve, `each` in its detail, its points
    have a column of their own."""
    head, lines = [*HEAD], [cells(row, quick) for row in rows]
    if any("each" in row.detail for row in rows):
        head.append("each")
        for row, line in zip(rows, lines, strict=True):
            line.append(" ".join(number(point) for point in row.detail.get("each", ())))
    return head, lines


def caption(size: str) -> str:
    """What stands beside the rows of a quick run. size: that it has."""
    return f"Quick, {size}: no figure is judged."


def shown(rows: Sequence[Row], title: str | None, size: str | None) -> Table:
    """The rows as a table. size: that of a quick run, whose figures are not judged."""
    head, lines = lines_of(rows, quick=size is not None)
    table = Table(*head, box=None, padding=(0, 2, 0, 0))
    table.title, table.title_justify, table.caption_justify = title, "left", "left"
    if size is not None:
        table.caption = caption(size)
    holds = HEAD.index("holds")
    for row, line in zip(rows, lines, strict=True):
        told = Text(line[holds], style="red" if row.holds is False else "")
        table.add_row(*line[:holds], told, *line[holds + 1 :])
    return table


def write(path: Path, rows: Sequence[Row], size: str, took: Mapping[str, float]) -> None:
    """The rows as JSON, and where they were measured. size: `quick`, `usual` or `full`. took: seconds of each."""
    found = Measured(SCHEMA, size == "quick", size, machine(), list(rows), dict(took))
    replace_file(path, json.dumps(asdict(found), indent=1) + "\n")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
