"""The contact sheet: candidates beside the released images that match them best, as pictures inside the page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.png import grey_png
from harness.report.content import MatchedPair
from harness.report.numbers import rounded

_LARGEST = 128  # pixels a side: two dozen pairs of larger pictures would make the file heavy


class Shown(NamedTuple):
    """A pair as the page shows it; the pictures are data addresses."""

    candidate: str
    released: str
    candidate_id: str
    score: str
    probability: str
    truth: str


def shown_pairs(sheet: Sequence[MatchedPair]) -> list[Shown]:
    """The pairs in the order given."""
    truth = {True: "used", False: "not used", None: ""}
    return [
        Shown(
            picture(pair.candidate),
            picture(pair.released),
            pair.candidate_id,
            rounded(pair.score),
            rounded(pair.probability),
            truth[pair.member],
        )
        for pair in sheet
    ]


def picture(image: NDArray[np.uint8]) -> str:
    """uint8 [h, w] as a PNG in a data address; larger images are made smaller, no grey level is stretched."""
    from PIL import Image  # start-up: only a finished run pays

    picture = Image.fromarray(np.ascontiguousarray(image))
    picture.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
    return f"data:image/png;base64,{b64encode(grey_png(np.asarray(picture))).decode('ascii')}"
