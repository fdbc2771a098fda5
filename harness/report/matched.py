"""Recipes tried beside the test's release: each law of theirs and of its, as small pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from harness.evaluation.release_statistics import SHOWN
from harness.report.numbers import rounded
from harness.report.svg import COLOUR, Key, Panel, drawn

_COLOURS = ("s1", "s2", "s3", "s4", "s5", "s6")
_MEANING = {
    "within the release": "log distance of a released image to its nearest other",
    "candidates to release": "log distance of a candidate to its nearest released image",
    "near copies": "share of released images that nearly repeat another",
    "spectrum slope": "slope of an image's log power above half the Nyquist frequency",
    "fine structure": "an image's mean log power above half the Nyquist frequency",
    "greys": "grey, as a fraction of white",
}


class Tried(NamedTuple):
    """One recipe. label: its family and steps; distance: the mean that decided; taken: whether the shadows have it.

    distances, outlines: by statistic, as `experiment.matching.Match` has them.
    """

    label: str
    distance: float
    taken: bool
    distances: Mapping[str, float]
    outlines: Mapping[str, Sequence[float]]


class Matched(NamedTuple):
    """The test's outlines, by statistic, and every recipe tried, the nearest first."""

    test: Mapping[str, Sequence[float]]
    tried: Sequence[Tried]


def told(family: str, steps: int) -> str:
    """A recipe in a word or two: `flow, 800 steps`."""
    return f"{family}, {steps} steps" if steps else family


def matched_panels(matched: Matched | None) -> list[Panel]:
    """A picture a statistic: the quantiles of the test's law, and of each recipe's; none where nothing was tried."""
    if matched is None:
        return []
    named = [name for name in _MEANING if name in matched.test]
    return [_panel(number, name, matched) for number, name in enumerate(named)]


def _panel(number: int, name: str, matched: Matched) -> Panel:
    colours = {one.label: _COLOURS[place % len(_COLOURS)] for place, one in enumerate(matched.tried)}
    lines = [(one, one.outlines[name]) for one in matched.tried if name in one.outlines]
    keys = [Key("the test's release", "ink")]
    keys += [
        Key(one.label + (" *" if one.taken else ""), colours[one.label], "", rounded(one.distances[name]))
        for one, _ in lines
    ]
    test = list(matched.test[name])

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        if len(test) == 1:
            shares = [*(line[0] for _, line in lines), test[0]]
            shades = [*(COLOUR[colours[one.label]] for one, _ in lines), COLOUR["ink"]]
            axes.barh(np.arange(len(shares)), shares, 0.7, color=shades)
            axes.set(xlim=(0, 1), yticks=[])
        else:
            for one, line in lines:
                axes.plot(line, SHOWN, color=COLOUR[colours[one.label]])
            axes.plot(test, SHOWN, color=COLOUR["ink"], lw=2.4)
            axes.set(ylim=(0, 1), ylabel="share below")
        axes.set_xlabel(_MEANING[name], parse_math=False)

    svg = drawn(f"matched-{number}", f"{name}: {_MEANING[name]}, of the test and of recipes tried", (4.2, 2.9), paint)
    return Panel(name[0].upper() + name[1:], svg, keys)
