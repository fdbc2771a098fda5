"""A contact sheet: small grey pictures in rows, a title above each group; the file holds pixels alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.png import grey_png

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE, _GAP = 128, 8  # pixels: of a picture, and between two
_CAPTION, _TITLE = 14, 34  # pixels: the heights of what is written
_CAPTION_SIZE, _TITLE_SIZE = 12, 16


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
    from PIL import Image, ImageDraw, ImageFont  # start-up: drawn once a release

    title, caption = (ImageFont.load_default(size) for size in (_TITLE_SIZE, _CAPTION_SIZE))
    across, down = _SIDE + _GAP, _CAPTION + _SIDE + _GAP
    heights = [_TITLE + down * -(-len(group.panels) // columns) for group in groups]
    sheet = Image.new("L", (_GAP + columns * across, sum(heights)), "white")
    write = ImageDraw.Draw(sheet).text
    for group, top in zip(groups, np.cumsum([0, *heights]).tolist(), strict=False):
        write((sheet.width / 2, top + _TITLE / 2), group.title, "black", title, anchor="mm")
        for number, panel in enumerate(group.panels):
            row, column = divmod(number, columns)
            x, y = _GAP + column * across + _SIDE // 2, top + _TITLE + row * down
            write((x, y + _CAPTION / 2), panel.caption, "black", caption, anchor="mm")
            picture = _shown(panel.image)
            sheet.paste(picture, (x - picture.width // 2, y + _CAPTION + (_SIDE - picture.height) // 2))
    return grey_png(np.asarray(sheet))


def _shown(image: NDArray[np.uint8]) -> Image:
    """As large as there is room: a small one by whole pixels, a large one averaged."""
    from PIL import Image, ImageOps

    picture, longest = Image.fromarray(image), max(image.shape)
    if longest > _SIDE:
        return ImageOps.contain(picture, (_SIDE, _SIDE), Image.Resampling.BOX)
    times = _SIDE // longest
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)
