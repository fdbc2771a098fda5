"""Images as a program has them: arrays or a folder, brought to what attacks and audits take."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.errors import InputError

SIZE = 64  # working size of folders where nothing says another, pixels
Given: TypeAlias = "ArrayLike | str | os.PathLike[str]"
"""Images: uint8 [n, h, w], floats [n, h, w] of 0 to 1, or the path of a folder of image files."""


_SIZE_OPTIONS = "(data.size, --size)"


@contextmanager
def in_python() -> Iterator[None]:
    """Names the argument where a message of the readers names options of commands."""
    try:
        yield
    except InputError as error:
        if _SIZE_OPTIONS not in str(error):
            raise
        raise InputError(str(error).replace(_SIZE_OPTIONS, "(size)")) from None


class Images(NamedTuple):
    """pixels: uint8 [n, size, size]; ids: n names, of files, or numbers in the order of an array."""

    pixels: NDArray[np.uint8]
    ids: tuple[str, ...]


def is_folder(given: object) -> bool:
    """Whether this names a folder, and is no array."""
    return isinstance(given, str | os.PathLike)


def side_of(given: Sequence[Given | None], size: int | None) -> int:
    """The working size, pixels: the one asked for, else that of the first array, else 64."""
    if size is not None:
        return size
    for one in given:
        if one is not None and not is_folder(one):
            return max(np.asarray(one).shape[1:3], default=SIZE)
    return SIZE


def images_of(given: Given, size: int, called: str) -> Images:
    """The images at the working size, from a folder as the commands read one, or from an array.

    An image that is larger is padded to a square and averaged over areas. called: the argument, for messages. Raises
    InputError for what is no such images, with what was expected.
    """
    # Start-up: Pillow, and who has arrays need not wait for it.
    from harness.data.sources.folder.read import read_images

    if isinstance(given, str | os.PathLike):
        slices = read_images(Path(given), size, called)
        return Images(slices.pixels, slices.ids)
    pixels = fitted(greys(given, called), size, called)
    return Images(pixels, tuple(f"{place:0{len(str(len(pixels)))}d}" for place in range(len(pixels))))


def greys(given: Any, called: str) -> NDArray[np.uint8]:
    """An array as 8-bit grey, uint8 [n, h, w]; floats go by 1 as white (or 255, where they reach above 1)."""
    from harness.data.sources.pixels.greys import FloatRange, float_scale, grey_of_floats

    array = np.asarray(given)
    if array.ndim != 3 or 0 in array.shape:
        raise InputError(
            f"{called} has the shape {list(array.shape)}; give grey images as [n, height, width], or the "
            "path of a folder."
        )
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise InputError(
            f"{called} holds {array.dtype}, whose scale is unclear; give uint8 of 0 to 255, or floats of 0 to 1."
        )
    return grey_of_floats(array, float_scale([FloatRange.of(array, called)], called), white_is_zero=False)


def fitted(pixels: NDArray[np.uint8], size: int, called: str) -> NDArray[np.uint8]:
    """uint8 [n, h, w] -> uint8 [n, size, size], as files of these pixels would be read."""
    from harness.data.sources.pixels.fit import fit
    from harness.data.sources.pixels.remarks import Remarks

    if pixels.shape[1:] == (size, size):
        return pixels
    remarks = Remarks()
    images = np.stack([fit(one, size, f"{called}[{place}]", remarks) for place, one in enumerate(pixels)])
    remarks.warn(len(images), called, size)
    return images


def flags(given: ArrayLike, n: int, called: str) -> NDArray[np.bool_]:
    """Yes or no for each of n, bool [n], of booleans or of 0 and 1. Raises InputError for anything else."""
    array = np.asarray(given)
    if array.shape != (n,) or not np.isin(array, (0, 1)).all():
        raise InputError(
            f"{called} must be {n} times True or False (or 1 and 0); it is {array.dtype} {list(array.shape)}."
        )
    return array.astype(np.bool_)


def people(patients: Sequence[object] | NDArray[Any] | None, n: int, called: str) -> tuple[str, ...]:
    """Who each of n slices is of, as text; each of somebody else where nobody says."""
    if patients is None:
        return tuple(map(str, range(n)))
    names = tuple(str(one) for one in patients)
    if len(names) != n:
        raise InputError(f"{called} names {len(names)} patients for {n} slices; give one a slice.")
    return names


def numbers(patients: Sequence[object] | NDArray[Any] | None, n: int, called: str) -> NDArray[np.intp]:
    """Who each of n slices is of, as numbers from 0 in the order of the names, or of numbers that were given."""
    given = np.asarray(people(patients, n, called))
    if patients is not None and np.issubdtype(np.asarray(patients).dtype, np.integer):
        given = np.asarray(patients)
    return np.unique(given, return_inverse=True)[1].astype(np.intp)
