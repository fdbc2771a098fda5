"""A contact sheet: small grey pictures in rows, a title above each group; the file holds pixels alone."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.png import grey_png

_PANEL, _TITLE = 1.3, 0.6  # inches: the height of a row, and of a title
_DPI = 110


class Panel(NamedTuple):
    """One picture, uint8 [h, w], and the few characters above it."""

    image: NDArray[np.uint8]
    caption: str = ""


class Group(NamedTuple):
    """Pictures under one title."""

    title: str
    panels: Sequence[Panel]


def sheet_png(groups: Sequence[Group], columns: int) -> bytes:
    """The PNG of groups below one another, so many pictures a row."""
    from matplotlib.figure import Figure  # start-up: drawn once a release
    from PIL import Image

    rows = [-(-len(group.panels) // columns) for group in groups]
    heights = [_PANEL * n + _TITLE for n in rows]
    figure = Figure(figsize=(columns, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(groups), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, group, n in zip(parts, groups, rows, strict=True):
        part.suptitle(group.title, fontsize=10)
        places = part.subplots(n, columns, squeeze=False)
        for place in places.flat:
            place.axis("off")
        for place, panel in zip(places.flat, group.panels, strict=False):
            place.imshow(panel.image, cmap="gray", vmin=0, vmax=255)
            place.set_title(panel.caption, fontsize=8)
    drawn = BytesIO()
    figure.savefig(drawn, dpi=_DPI)
    return grey_png(np.asarray(Image.open(drawn).convert("L")))
