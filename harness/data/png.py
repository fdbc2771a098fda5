"""How every picture is written: 8-bit grey PNG from pixels alone, without text, profile, alpha or date."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray


def grey_png(pixels: NDArray[np.uint8]) -> bytes:
    """The file of uint8 [h, w]; the same pixels give the same bytes."""
    from PIL import Image  # start-up: only who writes pictures pays

    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, format="PNG", compress_level=6)
    return file.getvalue()
