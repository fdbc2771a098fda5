"""From a cell of a data set to greys: an encoded image, a file, or an array of numbers, as in image folders.

Arrays go by the rules of files: 8 bits as they are, deep integers by the range of their type, floats by one scale of
all. Lists have no type of their own: whole numbers of 0 to 255 in all of them are 8-bit greys. A window goes before
all of this, but for 8-bit greys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.bounded import read_bytes
from harness.data.sources.pixels.decode import decode
from harness.data.sources.pixels.deep import Scale as ScaleOfFiles
from harness.data.sources.pixels.greys import Depth, FloatRange, Grey, float_scale, grey_of_floats, grey_of_integers
from harness.data.sources.pixels.opened import MOST_BYTES, MOST_PIXELS, opened
from harness.data.sources.pixels.remarks import Remarks
from harness.data.sources.pixels.window import Window, refuse_unsigned
from harness.errors import InputError

if TYPE_CHECKING:
    import pyarrow

Array = NDArray[np.generic]
Cell = bytes | Path | Array
_BRIGHT = 64  # whole numbers of which none reaches it are dark beyond belief as 0 to 255
_DEEP = (16, 32)  # bits of integers whose type has a range that a scanner may fill


class Seen(NamedTuple):
    """What is known of a cell before it is read: the sha256 of what it holds; of an array also its range."""

    digest: bytes
    range: FloatRange | None = None
    is_float: bool = False


class Scale(NamedTuple):
    """What the numbers of all arrays mean. as_bytes: whole numbers are 0 to 255; white: of floats, None of others;
    window: goes before both."""

    as_bytes: bool = False
    white: float | None = None
    window: Window | None = None


def look(cell: Cell, name: str) -> Seen:
    """Digest and range; name: how messages call it. Raises InputError for a file that cannot be read, and NaN."""
    cell = _held(cell, name)
    if isinstance(cell, bytes):
        return Seen(hashlib.sha256(cell).digest())
    head = f"{cell.dtype.str} {cell.shape}".encode()
    digest = hashlib.sha256(head + np.ascontiguousarray(cell).tobytes()).digest()
    numbers = cell.astype(np.uint8) if cell.dtype == np.bool_ else cell
    return Seen(digest, FloatRange.of(numbers, name), np.issubdtype(cell.dtype, np.floating))  # type: ignore[arg-type]


@overload
def _held(cell: bytes | Path, name: str) -> bytes: ...


@overload
def _held(cell: Cell, name: str) -> bytes | Array: ...


def _held(cell: Cell, name: str) -> bytes | Array:
    """A cell, the bytes of a file in place of its path, which no message may tell. InputError as `look`."""
    if isinstance(cell, bytes) and len(cell) > MOST_BYTES:
        raise InputError(f"{name} holds a file of more than {MOST_BYTES / 2**30:g} GiB, the most that is read.")
    if not isinstance(cell, Path):
        return cell
    try:
        return read_bytes(cell, MOST_BYTES, name, links=True)
    except InputError:
        raise InputError(
            f"{name} names a file that {'cannot be read or is too large' if cell.is_file() else 'does not exist'}."
        ) from None


def scale_of(seen: Sequence[Seen], called: str, window: Window | None) -> Scale:
    """One scale for the arrays of all rows. Raises InputError where floats without a window have another range than 0
    to 1 or 255."""
    if window is not None:
        return Scale(window=window)
    ranges = [one.range for one in seen if one.range is not None]
    if not ranges:
        return Scale()
    if any(one.is_float for one in seen):
        return Scale(white=float_scale(ranges, called))
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    return Scale(as_bytes=low >= 0 and _BRIGHT <= high <= 255)


def white_of(cells: Sequence[tuple[Cell, str]]) -> list[FloatRange]:
    """The ranges of those encoded images that hold floats."""
    found = []
    for cell, name in cells:
        if isinstance(cell, bytes | Path):
            with opened(_held(cell, name), name) as image:
                if image.mode == "F":
                    image.load()
                    found.append(FloatRange.of(np.asarray(image), name))
    return found


def grey_of(cell: Cell, name: str, scale: Scale, white: Callable[[], float], remarks: Remarks) -> Grey:
    """A cell -> uint8 [h, w]; white: of encoded floats, asked where one is met. InputError for what has no grey."""
    if isinstance(cell, bytes | Path):
        return decode(_held(cell, name), name, remarks, ScaleOfFiles(white, scale.window))
    return _of_array(_grey_plane(cell, name), name, scale, remarks)


def _grey_plane(array: Array, name: str) -> Array:
    """[h, w], or [h, w, 3] of 8-bit colours. InputError for another shape."""
    shape = array.shape
    _check_size(shape, name)
    if array.ndim == 2:
        return array
    first, last = shape[0] in (1, 3, 4), shape[-1] in (1, 3, 4)
    if first == last:
        raise InputError(
            f"{name} is an array of {_by(shape)}; one of height x width is read, or with 1, 3 or 4 channels before "
            "or behind them."
        )
    planes = np.moveaxis(array, 0, -1) if first else array
    if planes.shape[-1] == 1:
        return planes[..., 0]
    colours = planes[..., :3]
    equal = bool((colours == colours[..., :1]).all())
    return colours[..., 0] if equal else colours


def _check_size(shape: Sequence[int], name: str) -> None:
    if not 0 < prod(shape) <= MOST_PIXELS or max(shape) ** 2 > MOST_PIXELS:
        raise InputError(f"{name} is an array of {_by(shape)}, which is empty or too large.")


def _of_array(array: Array, name: str, scale: Scale, remarks: Remarks) -> Grey:
    kind = str(array.dtype)
    if array.dtype == np.bool_:
        remarks.note("are arrays of true and false and became black and white", name)
        return array.astype(np.uint8) * np.uint8(255)
    if scale.window is not None and array.dtype != np.uint8:
        _refuse_colours(array, name, kind)
        if np.issubdtype(array.dtype, np.unsignedinteger):
            refuse_unsigned(scale.window, name)
        remarks.note(f"are arrays of {kind} and were converted to 8-bit grey by data.window", name)
        return scale.window.grey(array)
    if scale.white is not None:
        _refuse_colours(array, name, kind)
        remarks.note(f"are arrays of floats and were rounded to 8-bit grey, {scale.white:g} as white", name)
        return grey_of_floats(array.astype(np.float64), scale.white, white_is_zero=False)
    if array.dtype == np.uint8 or scale.as_bytes:
        if array.dtype != np.uint8:
            remarks.note(f"are arrays of {kind} that hold 0 to 255 and were taken for 8-bit grey", name)
        return _luma(array.astype(np.uint8), name, remarks)
    _refuse_colours(array, name, kind)
    bits, signed = 8 * array.dtype.itemsize, np.issubdtype(array.dtype, np.signedinteger)
    if bits not in _DEEP:
        raise InputError(
            f"{name} is an array of {kind} from {int(array.min())} to {int(array.max())}, whose scale nobody tells; "
            "give data.window=[centre,width], or store 8-bit grey, 0 to 255, or 16-bit grey over the full range of "
            "its type."
        )
    remarks.note(f"are arrays of {kind} and were converted to 8-bit grey by the range of that type", name)
    return grey_of_integers(array, Depth.of(bits, signed), name)  # type: ignore[arg-type]


def _luma(array: NDArray[np.uint8], name: str, remarks: Remarks) -> Grey:
    """Colours by ITU-R 601, as Pillow does for files."""
    if array.ndim == 2:
        return np.ascontiguousarray(array)
    remarks.note("are arrays of real colours and were converted to 8-bit grey by luma", name)
    return np.asarray(Image.fromarray(np.ascontiguousarray(array)).convert("L"))


def _refuse_colours(array: Array, name: str, kind: str) -> None:
    if array.ndim != 2:
        raise InputError(f"{name} is an array of colours of {kind}; colours are read of 8 bits: store 8-bit grey.")


def array_of(scalar: pyarrow.Scalar, name: str) -> Array:
    """An array of numbers from nested lists of Arrow. InputError for rows of several lengths and for gaps."""
    from pyarrow import types

    values = getattr(scalar, "value", scalar).values
    shape = [len(values)]
    while types.is_list(values.type) or types.is_large_list(values.type) or types.is_fixed_size_list(values.type):
        lengths = values.value_lengths().unique().to_pylist() or [0]
        if len(lengths) > 1 or lengths[0] is None:
            raise InputError(f"{name} holds rows of several lengths, which is no image.")
        shape.append(lengths[0])
        _check_size(shape, name)  # before numbers are made of what may be stored in a few bytes
        values = values.flatten()
    if values.null_count:
        raise InputError(f"{name} has gaps, pixels without a number.")
    return values.to_numpy(zero_copy_only=False).reshape(shape)


def _by(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
