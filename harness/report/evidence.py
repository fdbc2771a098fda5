"""Reliability diagrams and score histograms of the chosen attack and a few beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.report.content import ScoredAttack
from harness.report.featured import HOLDS, Ranked, featured
from harness.report.numbers import rounded
from harness.report.svg import COLOUR, Key, Panel, drawn

_BINS = 10  # as the ECE counts
_SCORE_BINS = 32
_CLASSES = [Key("used", "member"), Key("not used", "nonmember")]


def reliability_panels(curves: Sequence[ScoredAttack]) -> list[Panel]:
    """Stated probability against the fraction that was used, with the counts below."""
    return [_reliability(number, one) for number, one in enumerate(featured(curves))]


def histogram_panels(curves: Sequence[ScoredAttack]) -> list[Panel]:
    """Scores of used and unused slices, each class as fractions of itself."""
    return [_histogram(number, one) for number, one in enumerate(featured(curves))]


def _reliability(number: int, one: Ranked) -> Panel:
    curve = one.curve
    place = np.minimum((curve.probability * _BINS).astype(int), _BINS - 1)
    count = np.bincount(place, minlength=_BINS)
    used = np.bincount(place, weights=curve.member, minlength=_BINS)
    filled = count > 0
    stated = np.bincount(place, weights=curve.probability, minlength=_BINS)[filled] / count[filled]
    happened = used[filled] / count[filled]
    colour = COLOUR["chosen" if curve.chosen else "s3"]
    middles = (np.arange(_BINS) + 0.5) / _BINS

    def paint(figure: Any) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
        upper.plot([0, 1], [0, 1], color=COLOUR["soft"], lw=1.1, dashes=(3, 3))
        upper.plot(stated, happened, color=colour, lw=1.6)
        upper.scatter(stated, happened, s=14 + 120 * count[filled] / count.max(), color=colour, zorder=3)
        upper.set(xlim=(0, 1), ylim=(-0.03, 1.03), ylabel="fraction that was used")
        lower.bar(middles, used, 0.085, color=COLOUR["member"])
        lower.bar(middles, count - used, 0.085, bottom=used, color=COLOUR["nonmember"])
        for middle, n in zip(middles, count, strict=True):
            lower.text(middle, n, f"{n}", ha="center", va="bottom", fontsize=7.5)
        lower.set(ylim=(0, 1.25 * count.max()), xlabel="stated probability", ylabel="slices", yticks=[])
        lower.grid(visible=False)

    label = f"Reliability diagram of {curve.name}: {len(curve.member)} judged slices in {_BINS} bins."
    svg = drawn(f"reliability-{number}", label, (4.2, 4.6), paint)
    return Panel(_title(curve), svg, _CLASSES, HOLDS.get(curve.access, curve.access))


def _histogram(number: int, one: Ranked) -> Panel:
    curve = one.curve
    low, high = np.quantile(curve.score, [0.005, 0.995])  # a few far scores must not squeeze the rest
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _SCORE_BINS + 1)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for rows, name in ((~curve.member, "nonmember"), (curve.member, "member")):
            counts, _ = np.histogram(np.clip(curve.score[rows], low, high), edges)
            share = counts / max(int(rows.sum()), 1)
            axes.stairs(share, edges, fill=True, color=COLOUR[name], alpha=0.35)
            axes.stairs(share, edges, color=COLOUR[name], lw=1.5)
        axes.set(xlabel="score (larger = more likely used)", ylabel="fraction of slices", ylim=(0, None))

    label = f"Histograms of the scores of {curve.name} for used and unused slices."
    svg = drawn(f"histogram-{number}", label, (4.2, 2.9), paint)
    return Panel(_title(curve), svg, _CLASSES, f"AUC {rounded(one.auc)}")


def _title(curve: ScoredAttack) -> str:
    return f"{curve.name} (chosen)" if curve.chosen else curve.name
