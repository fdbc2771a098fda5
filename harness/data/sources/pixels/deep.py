"""Images of signed bytes, deep integers and floats as greys, each told in a remark."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.pixels.greys import Depth, FloatRange, Grey, float_scale, grey_of_floats, grey_of_integers
from harness.data.sources.pixels.remarks import Remarks
from harness.data.sources.pixels.window import Window, refuse_unsigned

BITS, PHOTOMETRIC, SAMPLE_FORMAT = 258, 262, 339  # tags of TIFF 6.0
_SIGNED = 2


class Scale(NamedTuple):
    """What numbers beyond 8 bits mean. white: which float of a folder is white; window: goes before both."""

    white: Callable[[], float] | None = None
    window: Window | None = None


ALONE = Scale()  # of a file that has no others beside it


def grey_of_bytes(values: Grey, tags: dict[int, int], name: str, remarks: Remarks) -> Grey:
    """8-bit values [h, w]; signed ones by the range of their type, so that -128 is black."""
    if tags.get(SAMPLE_FORMAT) != _SIGNED:
        return values
    remarks.note("had signed bytes, whose range became 8-bit grey", name)
    return values ^ np.uint8(128)


def grey_of_deep_image(
    values: NDArray[np.generic], tags: dict[int, int], name: str, remarks: Remarks, window: Window | None
) -> Grey:
    """Integers of more than 8 bits [h, w] -> uint8, by a window, or by the range of their type."""
    bits, signed = tags.get(BITS, 16), tags.get(SAMPLE_FORMAT) == _SIGNED
    deep = values.astype(np.int64)
    if bits == 32 and not signed:
        deep &= 0xFFFFFFFF  # Pillow's widest integers are signed
    if window is not None:
        if not signed:
            refuse_unsigned(window, name)
        remarks.note(f"had {bits} bits a pixel and were converted to 8-bit grey by data.window", name)
        return window.grey(deep, tags.get(PHOTOMETRIC) == 0)
    remarks.note(f"had {bits} bits a pixel and were converted to 8-bit grey by the range of that type", name)
    return grey_of_integers(deep, Depth.of(bits, signed, tags.get(PHOTOMETRIC) == 0), name)


def grey_of_float_image(
    values: NDArray[np.floating], tags: dict[int, int], name: str, remarks: Remarks, scale: Scale
) -> Grey:
    """Floats [h, w] -> uint8, by a window, or by the one scale of their folder."""
    white_is_zero = tags.get(PHOTOMETRIC) == 0
    if scale.window is not None:
        remarks.note("held floats and were converted to 8-bit grey by data.window", name)
        return scale.window.grey(values, white_is_zero)
    white = float_scale([FloatRange.of(values, name)], name) if scale.white is None else scale.white()
    outside = values.min() < 0 or values.max() > white
    cut = ", values just outside their scale cut off" if outside else ""
    remarks.note(f"held floats and were rounded to 8-bit grey, {white:g} as white{cut}", name)
    return grey_of_floats(values, white, white_is_zero)
