"""From an image's own size to the working size: padded to a square, then averaged over areas."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.pixels.greys import Grey
from harness.data.sources.pixels.remarks import Remarks
from harness.errors import InputError


def fit(image: Grey, size: int, name: str, remarks: Remarks) -> Grey:
    """uint8 [h, w] -> uint8 [size, size]: zero-padded to a square about its middle, then averaged over areas.

    Whole factors are exact box means, rounded half up. Raises InputError for an image smaller than `size`.
    """
    height, width = image.shape
    remarks.note_size(height, width)
    side = max(height, width)
    if side < size:
        raise InputError(
            f"{name} has {width}x{height} pixels, less than the working size {size}x{size}; enlarging would "
            f"invent detail. Work at {side} pixels or less (data.size, --size), or remove the image."
        )
    if height != width:
        remarks.note("were not square and were padded with zeros", name)
        above, left = (side - height) // 2, (side - width) // 2
        image = np.pad(image, ((above, side - height - above), (left, side - width - left)))
    if side == size:
        return image
    factor, rest = divmod(side, size)
    if rest == 0:
        sums = image.reshape(size, factor, size, factor).sum(axis=(1, 3), dtype=np.uint32)
        means: Grey = ((sums + factor * factor // 2) // (factor * factor)).astype(np.uint8)
        return means
    shares = _area_shares(side, size)
    rounded: Grey = np.floor(shares @ image @ shares.T + 0.5).astype(np.uint8)
    return rounded


@lru_cache
def _area_shares(side: int, size: int) -> NDArray[np.float64]:
    """Share of each of `size` wide pixels that each of `side` narrow ones takes up, [size, side], rows sum to 1.

    Pillow's BOX filter is no area mean here: it takes a narrow pixel wholly or not at all, by its middle.
    """
    edges = np.arange(size + 1) * (side / size)
    left = np.maximum(edges[:-1, None], np.arange(side))
    right = np.minimum(edges[1:, None], np.arange(1, side + 1))
    shares: NDArray[np.float64] = np.maximum(right - left, 0) * (size / side)
    return shares
