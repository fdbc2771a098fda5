"""What a stored number means as a grey: integers by the range of their type, floats by one scale a folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import InputError

Grey = NDArray[np.uint8]
_FULL_SCALE_SHARE = 4  # deep integers that stay within 1/4 of their type's range (14 bits in 16) have another scale
_FEW = 50  # values that are fewer than one in so many pixels say nothing of the scale
_TOLERANCE = 0.01  # of the range: what resampling and denoising overshoot
_LEAST_OF_255 = 64.0  # a folder whose largest float is below this is dark beyond belief as 0 to 255


class Depth(NamedTuple):
    """How integers are stored: the least and the largest their type can hold, and whether zero is white."""

    low: int
    high: int
    white_is_zero: bool = False

    @classmethod
    def of(cls, bits: int, signed: bool, white_is_zero: bool = False) -> Depth:
        """Of so many bits."""
        low = -(2 ** (bits - 1)) if signed else 0
        return cls(low, low + 2**bits - 1, white_is_zero)


def grey_of_integers(values: NDArray[np.integer[Any]], depth: Depth, name: str) -> Grey:
    """Integers [h, w] -> uint8 by the range of their type, the least black, rounded to the nearest grey.

    Raises InputError for values that use at most 1/4 of that range (unsigned: that reach no higher). The least and
    the largest value alone do not count as use: they may stand for what lies outside the picture. Hounsfield units
    are such values; their window is for their owner to choose.
    """
    least, largest = int(values.min()), int(values.max())
    if not (least == largest and least in (depth.low, depth.high)):
        inner = values[(values > least) & (values < largest)]
        used = [(least, largest)]
        if inner.size * _FEW > values.size:
            used.append((int(inner.min()), int(inner.max())))
        span = min(high - (low if depth.low else 0) for low, high in used)
        if span * _FULL_SCALE_SHARE <= depth.high - depth.low:
            raise InputError(
                f"{name} holds integers from {least} to {largest} of {depth.low} to {depth.high} that "
                "their type has, so their scale is unclear; give data.window=[centre,width] to a run, or apply the "
                "lung window yourself and store 8-bit grey, or 16-bit grey over the full 0 to 65535."
            )
    span = depth.high - depth.low
    above = values.astype(np.int64) - depth.low
    above = span - above if depth.white_is_zero else above
    return ((above * 510 + span) // (2 * span)).astype(np.uint8)


class FloatRange(NamedTuple):
    """The floats of one file: the least, the largest, and whether all are whole numbers. NaN stays NaN."""

    name: str
    low: float
    high: float
    whole: bool

    @classmethod
    def of(cls, values: NDArray[np.floating[Any]], name: str) -> FloatRange:
        """Of floats [h, w]."""
        return cls(name, float(values.min()), float(values.max()), bool((values == np.rint(values)).all()))


def float_scale(files: Sequence[FloatRange], called: str) -> float:
    """The value that is white in all files of a folder: 1.0 or 255.0.

    A hundredth more on either side is forgiven, and cut off. Raises InputError for any other range, NaN too, and for
    files of 0 to 1 among files of 0 to 255, which would be read as black.
    """
    low, high = float(np.min([one.low for one in files])), float(np.max([one.high for one in files]))
    for white in (1.0, 255.0):
        slack = white * _TOLERANCE
        enough = white == 1.0 or high >= _LEAST_OF_255
        if enough and low >= -slack and high <= white + slack:  # false for NaN, too
            small = [one.name for one in files if white > 1 and 0 < one.high <= 1 + _TOLERANCE and not one.whole]
            if small:
                raise InputError(
                    f"{len(small)} of {len(files)} float images in {called} end at 1 (first: {small[0]}) and others "
                    f"at {high:g}; give one scale for all files of a folder, 0 to 1 or 0 to 255."
                )
            return white
    raise InputError(
        f"The floats of {called} go from {low:g} to {high:g} (first file: {files[0].name}); give 0 to 1 or 0 to 255, "
        "one scale for all files of a folder, or data.window=[centre,width] to a run."
    )


def grey_of_floats(values: NDArray[np.floating[Any]], white: float, white_is_zero: bool) -> Grey:
    """Floats [h, w] from 0 to `white` -> uint8, what lies outside cut off."""
    share = np.clip(values.astype(np.float32) * np.float32(255.0 / white), 0.0, 255.0)
    grey: Grey = np.rint(share).astype(np.uint8)
    return 255 - grey if white_is_zero else grey
