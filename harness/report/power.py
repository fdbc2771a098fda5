"""Power: AUC against what the attacker has, say released images or shadows, with 95 % bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.report.content import PageContent, PowerSeries
from harness.report.featured import HOLDS
from harness.report.numbers import rounded
from harness.report.svg import COLOUR, Key, Panel, drawn

_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (2, 1.5), (7, 2, 1.5, 2))
_COLOURED = len(_DASHES)  # beside the chosen
_BANDS = 2  # more of them on one another are mud
_WIDE = 6  # largest over smallest x from which a logarithmic axis reads better


def power_panels(content: PageContent) -> list[Panel]:
    """One panel an x label and access, which is that of the attack's record: no access is ranked with another."""
    access_of = {record.label: record.access for record in content.records if record.kind == "attack"}
    order = [*HOLDS, ""]

    def place(series: PowerSeries) -> str:
        access = access_of.get(series.name, "")
        return access if access in order else ""

    labels = dict.fromkeys(series.x_label for series in content.power)
    panels: list[Panel] = []
    for label in labels:
        for access in order:
            lines = [series for series in content.power if series.x_label == label and place(series) == access]
            if lines:
                panels.append(_panel(f"power-{len(panels)}", label, HOLDS.get(access, ""), lines, content.chosen))
    return panels


def _panel(name: str, label: str, holds: str, lines: Sequence[PowerSeries], chosen: str | None) -> Panel:
    others = sorted((line for line in lines if line.name != chosen), key=lambda line: -_last(line))
    best, rest = others[:_COLOURED], others[_COLOURED:]
    looks: list[tuple[PowerSeries, str, tuple[float, ...]]] = [
        (line, "chosen", ()) for line in lines if line.name == chosen
    ]
    looks += [(line, f"s{i + 1}", _DASHES[i]) for i, line in enumerate(best)]
    keys = [Key(line.name, colour, " ".join(map(str, dash)), rounded(_last(line))) for line, colour, dash in looks]
    if rest:
        keys.append(Key(f"{len(rest)} more", "rest", "", f"{rounded(_last(rest[-1]))} to {rounded(_last(rest[0]))}"))
    hints = {f"line-{i}": f"{line.name}, AUC {rounded(_last(line))}" for i, line in enumerate(rest)}
    places = sorted({float(x) for line in lines for x in line.x})

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        if places and places[0] > 0 and places[-1] / places[0] >= _WIDE:
            axes.set_xscale("log")
        axes.set_xticks(places, [f"{x:g}" for x in places])
        axes.set_xticks([], minor=True)
        axes.axhline(0.5, color=COLOUR["soft"], lw=1.1, dashes=(3, 3))
        for i, line in enumerate(rest):
            axes.plot(line.x, line.auc, color=COLOUR["rest"], lw=0.9, gid=f"line-{i}")
        for line, colour, dashes in reversed(looks):
            if any(line is banded for banded, _, _ in looks[:_BANDS]):
                band = np.array([line.low, line.high], dtype=np.float64)  # None becomes NaN: no band there
                axes.fill_between(line.x, band[0], band[1], color=COLOUR[colour], alpha=0.16, lw=0)
            (drawn_line,) = axes.plot(line.x, line.auc, color=COLOUR[colour], marker="o", ms=4)
            if dashes:
                drawn_line.set_dashes(dashes)
        axes.set(ylim=(min(0.4, axes.get_ylim()[0]), 1.01), ylabel="AUC")
        axes.set_xlabel(label, parse_math=False)

    return Panel(
        f"AUC by {label}", drawn(name, f"AUC against {label}. {holds}", (4.4, 3.4), paint, hints), keys, holds
    )


def _last(line: PowerSeries) -> float:
    return line.auc[-1] if len(line.auc) else float("nan")
