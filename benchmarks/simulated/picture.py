"""The picture of the simulated scaling: makespan above, efficiency below, a column a length of trainings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.simulated.grid import ENOUGH, Curve
from harness.jobs.pace import told
from harness.report.pictures import CHOSEN, INK, PAPER, SOFT, new_figure, write_figure

_WIDTH, _HEIGHT = 4.2, 5.8  # inches a column, and of both rows
_COLOURS = ("#c9a227", "#a0475f", CHOSEN, "#5f4b8b", "#c2703d")


def draw(path: Path, curves: Sequence[Curve]) -> None:
    """Write the picture, a PNG or an SVG; dashed is what GPUs without any loss would need."""
    lengths = list(dict.fromkeys(one.longer for one in curves))
    figure = new_figure(_WIDTH * len(lengths), _HEIGHT)
    above, below = np.reshape(figure.subplots(2, len(lengths), sharex=True, sharey="row"), (2, len(lengths)))
    for upper, lower, longer in zip(above, below, lengths, strict=True):
        of_length = [one for one in curves if one.longer == longer]
        for number, one in enumerate(of_length):
            colour = _COLOURS[number % len(_COLOURS)]
            hours = np.array([cell.makespan_sec for cell in one.cells]) / 3600
            useful = one.cells[0].efficiency * hours[0] * one.gpus[0]
            upper.plot(one.gpus, useful / np.array(one.gpus), color=colour, lw=1, alpha=0.6, dashes=(3, 3))
            upper.plot(one.gpus, hours, "o-", color=colour, ms=4, lw=1.4, label=f"{one.shadows:,}")
            lower.plot(one.gpus, [cell.efficiency for cell in one.cells], "o-", color=colour, ms=4, lw=1.4)
            _name_the_limit(lower, one, colour, len(of_length) - 1 - number)
        upper.set(title=f"trainings of {told(of_length[0].train_sec)} each", yscale="log")
        lower.axhline(ENOUGH, color=SOFT, lw=1, dashes=(3, 3))
        lower.set(xlabel="GPUs", ylim=(0, 1.03))
        for panel in (upper, lower):
            panel.set(xscale="log", facecolor=PAPER)
            panel.set_xticks(of_length[0].gpus, [str(n) for n in of_length[0].gpus])
            panel.set_xticks([], minor=True)
    above[0].set_ylabel("hours until all are made")
    below[0].set_ylabel("efficiency")
    above[0].legend(title="shadows", frameon=False, labelcolor=INK, loc="lower left")
    write_figure(figure, path)


def _name_the_limit(panel: Any, one: Curve, colour: str, line: int) -> None:
    """In the corner that curves leave free: what takes most of the rest once efficiency is below what is enough."""
    if min(cell.efficiency for cell in one.cells) < ENOUGH:
        text = f"{one.shadows:,}: {one.why}"
        panel.text(0.03, 0.04 + 0.07 * line, text, transform=panel.transAxes, color=colour, fontsize=8)
