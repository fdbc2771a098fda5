"""The picture: figures against steps a member, and below them against steps / n^p with the p that fits best."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.power.memorising.curves import Cells, OneCurve, curve_at
from harness.evaluation.intervals import percentiles
from harness.report.pictures import CHOSEN, INK, PAPER, SOFT, new_figure, write_figure

_WIDTH, _HEIGHT = 3.1, 5.6  # inches a column, and of both rows
_TICKS = ((0.25, 0.5, 1, 2, 4, 8, 16, 32), (0.01, 0.1, 1, 10, 100, 1000))
_WIDE = np.log(100)  # between the ends of a scale: ticks are then ten times apart, else twice
_COLOURS = ("#c9a227", "#c2703d", "#a0475f", "#5f4b8b", CHOSEN)


def draw(path: Path, found: Mapping[str, tuple[str, Cells, OneCurve]]) -> None:
    """Write the picture, a PNG or an SVG. found: by measure, its title, its cells and the curve that fits them."""
    figure = new_figure(_WIDTH * len(found), _HEIGHT)
    above, below = np.reshape(figure.subplots(2, len(found)), (2, len(found)))
    for upper, lower, (title, cells, curve) in zip(above, below, found.values(), strict=True):
        middle = float(np.median(cells.n))
        power = curve.power.value or 1.0
        _panel(upper, cells, cells.steps / cells.n)
        upper.set(title=title, xlabel="steps a member")
        scaled = cells.steps / cells.n * (middle / cells.n) ** (power - 1.0)
        line = np.geomspace(scaled.min(), scaled.max(), 100)
        lower.plot(line, curve_at(curve, cells.floor, np.log(line) + (1 - power) * np.log(middle)), color=SOFT, lw=1)
        _panel(lower, cells, scaled)
        of_power = f"[{curve.power.low:.2f}, {curve.power.high:.2f}]"
        lower.set(title=f"p = {power:.2f} {of_power}", xlabel=f"steps / n$^p$, as steps a member at n = {middle:.0f}")
    figure.axes[0].legend(title="members", frameon=False, labelcolor=INK, loc="upper left")
    write_figure(figure, path)


def _panel(panel: Any, cells: Cells, x: Any) -> None:
    panel.set(xscale="log", facecolor=PAPER)
    for number, n in enumerate(np.unique(cells.n)):
        which = cells.n == n
        low, high = np.array([percentiles(one) for one in cells.drawn[:, which].T]).T
        colour = _COLOURS[number % len(_COLOURS)]
        panel.vlines(x[which], low, high, color=colour, lw=1, alpha=0.5)
        panel.plot(x[which], cells.value[which], "o-", color=colour, ms=4, lw=1.3, label=f"{n:.0f}")
    panel.axhline(cells.floor, color=SOFT, lw=1, dashes=(3, 3))
    ticks = [tick for tick in _TICKS[int(np.ptp(np.log(x)) > _WIDE)] if x.min() <= tick <= x.max()]
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.set_xticks([], minor=True)
