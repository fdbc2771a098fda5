"""The leak curve: what every attack finds against what plain `knn` finds, a panel a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.suite.definition import Suite
from benchmarks.suite.results import PLAIN, Board, by_level, families_of, leads, points_of
from harness.report.pictures import CHOSEN, INK, PAPER, SOFT, new_figure, write_figure

_COLOURS = (CHOSEN, "#b4552d", "#6b4c9a", "#3f7d3a", "#a3791f")
_WIDTH, _HEIGHT = 4.6, 4.2  # inches a panel


def draw_curve(path: Path, suite: Suite, board: Board) -> None:
    """Write the picture, a PNG or an SVG: the attacks that lead `knn` most, by the mean over families, are named,
    all others grey."""
    families = families_of(suite, board)
    figure = new_figure(_WIDTH * len(families), _HEIGHT)
    named = list(leads(suite, board))[: len(_COLOURS)]
    for panel, family in zip(np.atleast_1d(figure.subplots(1, len(families))), families, strict=True):
        _panel(panel, board, by_level(suite, board, family), named)
        panel.set_title(f"{suite.name}, {family}")
    figure.axes[0].set_ylabel("AUC of the attack")
    write_figure(figure, path)


def _panel(panel: Any, board: Board, levels: Mapping[str, Sequence[str]], named: list[str]) -> None:
    attacks = dict.fromkeys(attack for names in levels.values() for name in names for attack in board[name])
    panel.set(facecolor=PAPER, xlabel=f"AUC of plain {PLAIN}")
    panel.plot([0.5, 1], [0.5, 1], color=SOFT, lw=1, dashes=(3, 3))
    for attack in [*(one for one in attacks if one not in named), *named]:
        points = points_of(board, levels, attack)
        if not points or attack == PLAIN:
            continue
        x, y = np.array(points).T
        if attack in named:
            panel.plot(x, y, "o-", color=_COLOURS[named.index(attack)], ms=4, lw=1.6, label=attack)
        else:
            panel.plot(x, y, color=SOFT, lw=0.9, alpha=0.35)
    if named:
        panel.legend(frameon=False, labelcolor=INK, loc="lower right")
