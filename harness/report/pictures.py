"""How pictures of figures in files look: the report's colours, no frame, and the same bytes for the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SOFT, GRID, CHOSEN, PAPER = "#1d2227", "#5b646d", "#ebe8e1", "#00717a", "#fcfbf8"  # as page.css has them
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
    "svg.hashsalt": "benchmarks",
}
_DPI = 150


def new_figure(width: float, height: float) -> Figure:
    """An empty one of so many inches, in the style of all; call `write_figure` with it."""
    from matplotlib.figure import Figure  # here, for half a second that only a picture pays

    _styled()
    return Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)


def write_figure(figure: Figure, path: Path) -> None:
    """Write it, a PNG or an SVG."""
    figure.savefig(path, dpi=_DPI, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})


def _styled() -> None:
    import matplotlib

    matplotlib.rcdefaults()
    style: dict[str, Any] = _STYLE
    matplotlib.rcParams.update(style)
