"""The picture of how cost grows: a small panel an axis, both of its scales logarithmic, in the report's colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

INK, SOFT, GRID, CHOSEN, PAPER = "#1d2227", "#5b646d", "#ebe8e1", "#00717a", "#fcfbf8"  # as harness/report's page.css
_STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "growth",
}
_WIDTH, _HEIGHT, _DPI = 2.7, 2.6, 150  # inches a panel
Drawn = tuple[str, str, Sequence[int], Sequence[float], tuple[float, float, float]]


def draw(path: Path, axes: Sequence[Drawn]) -> None:
    """Write the picture. axes: of each its name, what is held, its points, their seconds, and its three slopes."""
    import matplotlib  # here, for half a second that only a picture pays
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(_WIDTH * len(axes), _HEIGHT), layout="constrained", facecolor=PAPER)
        for panel, axis in zip(np.atleast_1d(figure.subplots(1, len(axes))), axes, strict=True):
            _panel(panel, *axis)
        figure.axes[0].set_ylabel("seconds")
        figure.savefig(path, dpi=_DPI, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})


def _panel(
    panel: Any,
    name: str,
    held: str,
    points: Sequence[int],
    seconds: Sequence[float],
    slopes: tuple[float, float, float],
) -> None:
    x, y = np.log(points), np.log(seconds)
    line = np.exp(np.polyval(np.polyfit(x, y, 1), x))
    panel.set(xscale="log", yscale="log", title=held, xlabel=name, facecolor=PAPER)
    panel.plot(points, line, color=SOFT, lw=1.1, dashes=(3, 3))
    panel.plot(points, seconds, "o", color=CHOSEN, ms=5)
    panel.set_xticks(points, [_short(point) for point in points])
    panel.set_xticks([], minor=True)
    exponent, least, largest = slopes
    told = f"exponent {exponent:.2f}\n({least:.2f} to {largest:.2f})"
    panel.text(0.05, 0.95, told, transform=panel.transAxes, va="top", color=INK)


def _short(point: int) -> str:
    """1000 as 1k, a million as 1M."""
    for unit, size in (("M", 10**6), ("k", 10**3)):
        if point >= size and point % size == 0:
            return f"{point // size}{unit}"
    return str(point)
