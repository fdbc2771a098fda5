"""ROC curves on logarithmic axes, a panel an access: the chosen and the best in colour, the rest in grey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.report.content import ScoredAttack
from harness.report.featured import HOLDS, Ranked, ranked
from harness.report.numbers import rounded
from harness.report.svg import COLOUR, Key, Panel, drawn

_COLOURED = 4  # beside the chosen
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (2, 1.5), (7, 2, 1.5, 2))


def roc_panels(curves: Sequence[ScoredAttack]) -> list[Panel]:
    """One panel an access, in the order of the leaderboard."""
    return [_panel(access, tier) for access, tier in ranked(curves).items()]


def _panel(access: str, tier: list[Ranked]) -> Panel:
    chosen = [one for one in tier if one.curve.chosen]
    others = [one for one in tier if not one.curve.chosen]
    best, rest = others[:_COLOURED], others[_COLOURED:]
    keys = [Key(one.curve.name, "chosen", "", rounded(one.auc)) for one in chosen]
    keys += [
        Key(one.curve.name, f"s{i + 1}", " ".join(map(str, _DASHES[i])), rounded(one.auc))
        for i, one in enumerate(best)
    ]
    if rest:
        keys.append(Key(f"{len(rest)} more", "rest", "", f"{rounded(rest[-1].auc)} to {rounded(rest[0].auc)}"))
    title = HOLDS.get(access, access)
    n_unused = max(int((~one.curve.member).sum()) for one in tier)
    least = 0.5 / n_unused  # half a false alarm: the left edge stands for none
    hints = {f"curve-{i}": f"{one.curve.name}, AUC {rounded(one.auc)}" for i, one in enumerate(tier)}
    gids = {id(one): gid for one, gid in zip(tier, hints, strict=True)}

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        axes.set(xscale="log", yscale="log", xlim=(least, 1.08), ylim=(least, 1.08), box_aspect=1)
        ticks = [tick for tick in (0.001, 0.01, 0.1, 1.0) if tick >= least]
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
            axis.set_ticks([], minor=True)
        axes.set(xlabel="unused slices accused (FPR)", ylabel="used slices found (TPR)")
        axes.plot([least, 1], [least, 1], color=COLOUR["soft"], lw=1.1, dashes=(3, 3))
        axes.text(0.028, 0.021, "guessing", rotation=45, rotation_mode="anchor", fontsize=8, va="top")
        for one in reversed(rest):
            _line(axes, one, least, gids[id(one)], color=COLOUR["rest"], lw=0.9)
        for i, one in reversed(list(enumerate(best))):
            line = _line(axes, one, least, gids[id(one)], color=COLOUR[f"s{i + 1}"], lw=1.4)
            if _DASHES[i]:
                line.set_dashes(_DASHES[i])
        for one in chosen:
            _line(axes, one, least, gids[id(one)], color=COLOUR["chosen"], lw=2.8)

    label = f"ROC curves. {title}. Best AUC {rounded(max(one.auc for one in tier))}."
    return Panel(title, drawn(f"roc-{access}", label, (4.2, 4.1), paint, hints), keys)


def _line(axes: Any, one: Ranked, least: float, gid: str, **look: Any) -> Any:
    fpr, tpr = step_points(one.curve)
    # As the TPR at an FPR is read: the best point at or left of it, so steps, and nothing between two points.
    (line,) = axes.plot(np.maximum(fpr, least), np.maximum(tpr, least), drawstyle="steps-post", gid=gid, **look)
    return line


def step_points(curve: ScoredAttack) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The corners of the step ROC, float64 [points] each: a point where the FPR moves on, with the best TPR there."""
    from sklearn.metrics import roc_curve  # start-up: only a finished run pays

    fpr, tpr, _ = roc_curve(curve.member, curve.score, drop_intermediate=False)
    last = np.append(np.diff(fpr) > 0, True)
    fpr, tpr = fpr[last], tpr[last]
    rises = np.append(True, np.diff(tpr) > 0)
    rises[-1] = True
    return fpr[rises], tpr[rises]
