"""The heat map, attack by setting, and the critical-difference diagram (Demšar 2006): on the page and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.compare.compared import ComparedRuns, ComparedTable
from harness.compare.ranks import MeanRanks
from harness.evaluation.estimate_text import number
from harness.places import check_file
from harness.plain import plain
from harness.report import pictures, svg
from harness.report.table import section_title

DEEPEST = 0.42  # of the colour of the best cell: ink has a contrast of 4.5 or more on it, light and dark
_PALEST = 0.12  # of the deepest: a cell that holds a value is no empty one
_PX_OF_POINT = 1.6  # on a page: text of 8 points is 13 pixels high, however narrow the screen
_ENDINGS = ("png", "svg")
_MOST_LETTERS = 34  # of a setting's name below its column


class _Colours(NamedTuple):
    ink: str
    soft: str
    chosen: str


class Cells(NamedTuple):
    """A heat map's values, NaN where an attack is not in a setting: float64 [attacks, settings]."""

    title: str
    attacks: list[str]
    settings: list[str]
    values: np.ndarray


class _Drawing(NamedTuple):
    name: str
    title: str
    size: tuple[float, float]
    paint: Callable[[Any, _Colours], None]
    remark: str = ""


def panels(found: ComparedRuns) -> list[svg.Panel]:
    """The pictures for a page, in its colours."""
    colours = _Colours(*(svg.COLOUR[name] for name in _Colours._fields))

    def panel(one: _Drawing) -> svg.Panel:
        picture = svg.drawn(one.name, one.title, one.size, lambda at: one.paint(at, colours))
        return svg.Panel(one.title, picture, [], one.remark, round(_PX_OF_POINT * 72 * one.size[0]))

    return [panel(one) for one in _drawings(found)]


def picture_files(found: ComparedRuns, folder: Path) -> list[Path]:
    """What `write_pictures` writes."""
    return [folder / f"{one.name}.{ending}" for one in _drawings(found) for ending in _ENDINGS]


def write_pictures(found: ComparedRuns, folder: Path) -> list[Path]:
    """Write each as PNG and as SVG; returns the files. A regular file of such a name is replaced.

    InputError where anything else has the name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    colours, written = _Colours(pictures.INK, pictures.SOFT, pictures.CHOSEN), []
    for one in _drawings(found):
        for ending in _ENDINGS:
            path = folder / f"{one.name}.{ending}"
            check_file("--pictures", path)
            figure = pictures.new_figure(*one.size)
            one.paint(figure, colours)
            figure.suptitle(plain(f"{one.title}. {one.remark}".rstrip(". ")), fontsize=9, wrap=True, parse_math=False)
            pictures.write_figure(figure, path)
            written.append(path)
    return written


def cells_of(found: ComparedRuns, access: str, tables: Sequence[ComparedTable]) -> Cells:
    """Attack by setting, or by seed where there is one setting alone; the best attacks first."""
    columns: dict[str, dict[str, float]] = {}
    several = len({row.setting for table in tables for row in table.rows}) > 1
    for table in tables:
        for row in table.rows:
            if several and row.estimate.value is not None:
                columns.setdefault(row.setting, {})[row.attack] = row.estimate.value
            for one in () if several else row.each:
                columns.setdefault(f"seed {'not told' if one.seed is None else one.seed}", {})[row.attack] = one.value
    attacks = list(dict.fromkeys(row.attack for table in tables for row in table.rows))
    values = np.array([[of.get(attack, np.nan) for of in columns.values()] for attack in attacks])
    falling = -1 if found.metric.larger_is_better else 1
    best = [falling * float(np.nanmean(row)) if np.isfinite(row).any() else np.inf for row in values]
    order = sorted(range(len(attacks)), key=lambda at: (best[at], attacks[at]))
    title = f"{found.metric.shown}. {section_title(found.on, access)}"
    return Cells(title, [attacks[at] for at in order], list(columns), values[order])


def _drawings(found: ComparedRuns) -> Iterator[_Drawing]:
    for access in dict.fromkeys(table.access for table in found.settings):
        cells = cells_of(found, access, [table for table in found.settings if table.access == access])
        if np.isfinite(cells.values).any():
            size = (2.6 + 1.0 * len(cells.settings), 1.5 + 0.27 * len(cells.attacks))
            known = cells.values[np.isfinite(cells.values)]
            spans = (
                f"The colours span {number(float(known.min()))} to {number(float(known.max()))}, the best deepest."
            )
            yield _Drawing(f"heat-map-{access}", cells.title, size, _heat(cells, found), spans)
    for one in found.ranks:
        title = f"Mean ranks over {len(one.settings)} settings, by {found.metric.shown}. "
        size = (6.4, 1.0 + 0.12 * len(one.alike) + 0.24 * ((len(one.ranks) + 1) // 2))
        painted = _differences(one)
        yield _Drawing(f"mean-ranks-{one.access}", title + section_title(found.on, one.access), size, painted)


def depths_of(values: np.ndarray, *, larger_is_better: bool) -> np.ndarray:
    """How deep each cell's colour is, 1 the best value that is shown and 0 the worst; 0.5 where all are equal."""
    least, span = float(np.nanmin(values)), float(np.nanmax(values) - np.nanmin(values))
    if not span:
        return np.full(values.shape, 0.5)
    depths = (values - least) / span
    return depths if larger_is_better else 1.0 - depths


def _heat(cells: Cells, found: ComparedRuns) -> Callable[[Any, _Colours], None]:
    depths = depths_of(cells.values, larger_is_better=found.metric.larger_is_better)

    def paint(figure: Any, colours: _Colours) -> None:
        from matplotlib.patches import Rectangle

        axes = figure.subplots()
        for (row, column), value in np.ndenumerate(cells.values):
            if not np.isfinite(value):
                continue
            place = (column - 0.5, row - 0.5)
            alpha, middle = (
                DEEPEST * (_PALEST + (1 - _PALEST) * float(depths[row, column])),
                {"ha": "center", "va": "center"},
            )
            axes.add_patch(Rectangle(place, 1, 1, facecolor=colours.chosen, alpha=alpha, linewidth=0))
            axes.text(column, row, number(float(value)), color=colours.ink, fontsize=8, **middle)
        axes.set(xlim=(-0.5, len(cells.settings) - 0.5), ylim=(len(cells.attacks) - 0.5, -0.5))
        axes.set_yticks(range(len(cells.attacks)), map(plain, cells.attacks), parse_math=False, color=colours.ink)
        short = [
            one if len(one) <= _MOST_LETTERS else f"{one[: _MOST_LETTERS - 3]}..."
            for one in map(plain, cells.settings)
        ]
        axes.set_xticks(range(len(short)), short, rotation=35, ha="right", rotation_mode="anchor", parse_math=False)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return paint


def _differences(ranks: MeanRanks) -> Callable[[Any, _Colours], None]:
    """The diagram: attacks on a line of mean ranks, the best on the left, a bar below those not told apart."""

    def paint(figure: Any, colours: _Colours) -> None:
        axes = figure.subplots()
        n, half = len(ranks.ranks), (len(ranks.ranks) + 1) // 2
        below = 0.5 * len(ranks.alike) + 0.6
        places = list(ranks.ranks.items())
        margin = 0.45 * n
        axes.set(xlim=(1 - margin, n + margin), ylim=(below + half, -1.6))
        axes.axis("off")
        axes.plot([1, n], [0, 0], color=colours.soft, lw=1)
        for tick in range(1, n + 1):
            axes.plot([tick, tick], [0, -0.15], color=colours.soft, lw=1)
            axes.text(tick, -0.25, str(tick), ha="center", va="bottom", fontsize=8, color=colours.soft)
        if ranks.critical_difference is not None:
            width = min(ranks.critical_difference, n - 1)
            axes.plot([1, 1 + width], [-1.05, -1.05], color=colours.ink, lw=2)
            told = f"critical difference {number(ranks.critical_difference, 2)}"
            axes.text(1, -1.15, told, va="bottom", fontsize=8, color=colours.ink)
        for at, (attack, rank) in enumerate(places):
            left = at < half
            height = below + (at if left else n - 1 - at)
            edge = 1 - 0.06 * n if left else n + 0.06 * n
            axes.plot([rank, rank, edge], [0, height, height], color=colours.soft, lw=0.8)
            text = f"{plain(attack)} {number(rank, 2)}" if left else f"{number(rank, 2)} {plain(attack)}"
            axes.text(
                edge + (-0.03 * n if left else 0.03 * n), height, text, ha="right" if left else "left", va="center",
                fontsize=8, color=colours.ink, parse_math=False,
            )  # fmt: skip
        for number_, stretch in enumerate(ranks.alike):
            height = 0.35 + 0.5 * number_
            first, last = ranks.ranks[stretch[0]], ranks.ranks[stretch[-1]]
            axes.plot([first - 0.05, last + 0.05], [height, height], color=colours.chosen, lw=3)

    return paint
