"""The picture of how cost grows: a small panel an axis, both of its scales logarithmic, in the report's colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

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


class Axis(NamedTuple):
    """One size of the problem: what it counts, what is held, and the seconds of the work at each of its points."""

    name: str
    held: str
    points: Sequence[int]
    seconds: list[float]

    @property
    def slopes(self) -> tuple[float, float, float]:
        """The fitted exponent, and the least and the largest from one point to the next."""
        x, y = np.log(self.points), np.log(self.seconds)
        between = np.diff(y) / np.diff(x)
        return float(np.polyfit(x, y, 1)[0]), float(between.min()), float(between.max())


def draw(path: Path, axes: Sequence[Axis]) -> None:
    """Write the picture, a PNG or an SVG."""
    import matplotlib  # here, for half a second that only a picture pays
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(_WIDTH * len(axes), _HEIGHT), layout="constrained", facecolor=PAPER)
        for panel, axis in zip(np.atleast_1d(figure.subplots(1, len(axes))), axes, strict=True):
            _panel(panel, axis)
        figure.axes[0].set_ylabel("seconds")
        figure.savefig(path, dpi=_DPI, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})


def _panel(panel: Any, axis: Axis) -> None:
    x, y = np.log(axis.points), np.log(axis.seconds)
    line = np.exp(np.polyval(np.polyfit(x, y, 1), x))
    panel.set(xscale="log", yscale="log", title=axis.held, xlabel=axis.name, facecolor=PAPER)
    panel.plot(axis.points, line, color=SOFT, lw=1.1, dashes=(3, 3))
    panel.plot(axis.points, axis.seconds, "o", color=CHOSEN, ms=5)
    panel.set_xticks(axis.points, [_short(point) for point in axis.points])
    panel.set_xticks([], minor=True)
    exponent, least, largest = axis.slopes
    told = f"exponent {exponent:.2f}\n({least:.2f} to {largest:.2f})"
    panel.text(0.05, 0.95, told, transform=panel.transAxes, va="top", color=INK)


def _short(point: int) -> str:
    """1000 as 1k, a million as 1M."""
    for unit, size in (("M", 10**6), ("k", 10**3)):
        if point >= size and point % size == 0:
            return f"{point // size}{unit}"
    return str(point)
