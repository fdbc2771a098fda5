"""The picture of how cost grows: a small panel an axis, both of its scales logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.report.pictures import CHOSEN, INK, PAPER, SOFT, new_figure, write_figure

_WIDTH, _HEIGHT = 2.7, 2.6  # inches a panel


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
    figure = new_figure(_WIDTH * len(axes), _HEIGHT)
    for panel, axis in zip(np.atleast_1d(figure.subplots(1, len(axes))), axes, strict=True):
        _panel(panel, axis)
    figure.axes[0].set_ylabel("seconds")
    write_figure(figure, path)


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
