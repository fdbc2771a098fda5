"""One way from an image file to its greys, for members, candidates and releases alike.

A file that would have to be guessed at is refused by name. What can be converted is, and the load says so in
one warning a kind, with the count and the first file.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.data.in_threads import in_order
from harness.data.sources.pixels.deep import (
    ALONE,
    BITS,
    PHOTOMETRIC,
    SAMPLE_FORMAT,
    Scale,
    grey_of_bytes,
    grey_of_deep_image,
    grey_of_float_image,
)
from harness.data.sources.pixels.fit import fit
from harness.data.sources.pixels.greys import FloatRange, Grey, float_scale
from harness.data.sources.pixels.opened import opened, opened_in_thread, pixels_taken, quiet
from harness.data.sources.pixels.remarks import Remarks
from harness.data.sources.pixels.window import Window
from harness.errors import InputError

_ORIENTATION = 274  # a tag of TIFF 6.0 and of EXIF
_QUARTER = 63
_SMALL = 2**20  # pixels as padded to a square: what has more is decoded alone, whatever else is
_ONE_LARGE = Lock()
_COLOURS = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr"})
# What turns a picture as stored into the picture as shown (EXIF 2.3, tag Orientation).
_TURNS: dict[int, Callable[[NDArray[np.generic]], NDArray[np.generic]]] = {
    2: np.fliplr,
    3: lambda one: np.rot90(one, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda one: np.rot90(one, -1),
    7: lambda one: np.rot90(np.transpose(one), 2),
    8: np.rot90,
}


def load_images(
    paths: Sequence[Path],
    names: Sequence[str],
    size: int,
    where: str,
    *,
    window: Window | None = None,
    pages: Sequence[int] | None = None,
) -> Grey:
    """Read every file into uint8 [n, size, size], 0 to 255, on all cores, and warn of what was converted.

    names, where: how to call each file and their folder in messages; window: for what has more than 8 bits; pages:
    which page of each file is read, where files have several. The array is allocated once, so the peak is
    n * size^2 bytes, one large image, and of those up to 2^20 pixels one a thread. Raises InputError, with its name,
    for the first that cannot be read.
    """
    pixels, remarks = np.empty((len(paths), size, size), np.uint8), Remarks()
    scale = Scale(_white(paths, names, where), window)

    def read(place: int) -> Remarks:
        name, noted = names[place], Remarks()
        with ExitStack() as held:
            with _told(where), opened_in_thread(paths[place], name, None if pages is None else pages[place]) as image:
                if pixels_taken(image) > _SMALL:
                    held.enter_context(_ONE_LARGE)
                grey = _shown(image, name, noted, scale)
            pixels[place] = fit(grey, size, name, noted)
        return noted

    with quiet():
        for noted in in_order(read, range(len(paths))):
            remarks.add(noted)
    remarks.warn(len(paths), where, size)
    return pixels


def each_grey(paths: Sequence[Path], names: Sequence[str], where: str, remarks: Remarks) -> Iterator[Grey]:
    """Every file of one folder at its own resolution, uint8 [h, w], 0 to 255, one after the other."""
    scale = Scale(_white(paths, names, where))
    for path, name in zip(paths, names, strict=True):
        with _told(where):
            grey = decode(path, name, remarks, scale)
        yield grey


@contextmanager
def _told(where: str) -> Iterator[None]:
    """What is wrong with a file names its folder first."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _white(paths: Sequence[Path], names: Sequence[str], where: str) -> Callable[[], float]:
    """What floats of these files have one scale by, which is looked for once the first of them is met.

    A file in which that fails is looked for once, too: every thread that asks is told of it.
    """
    one_looks = Lock()

    @cache
    def found() -> float | InputError:
        ranges = (_range(path, name) for path, name in zip(paths, names, strict=True))
        try:
            return float_scale([one for one in ranges if one is not None], where)
        except InputError as error:
            return error

    def white() -> float:
        with one_looks:
            scale = found()
        if isinstance(scale, InputError):
            raise InputError(str(scale)) from scale
        return scale

    return white


def decode(source: Path | bytes, name: str, remarks: Remarks, scale: Scale = ALONE) -> Grey:
    """One image file -> uint8 [h, w], 0 to 255, as it is shown: turned as its EXIF orientation says, zero black.

    Palette and colour become luma (ITU-R 601), deep integers go by the range of their type, floats by the one
    scale of their folder (by default of this file alone), both by a window where there is one; alpha, ICC profile and
    gamma are left alone; each is noted. Raises InputError, with `name`, for what cannot be read or scaled.
    """
    with opened(source, name) as image:
        return _shown(image, name, remarks, scale)


def _shown(image: Image.Image, name: str, remarks: Remarks, scale: Scale) -> Grey:
    """An opened image as it is shown (see `decode`)."""
    tags = _tags(image)
    deep = _is_deep(image, tags)
    image.load()
    grey = _to_grey(image, tags, name, remarks, scale)
    if deep and image.mode not in ("I", "F") and scale.window is not None:
        raise InputError(f"{name} has 16 bits a channel and several channels, of which data.window takes one alone.")
    if deep and image.mode not in ("I", "F") and 0 < int(grey.max()) <= _QUARTER:
        raise InputError(
            f"{name} has 16 bits a channel and uses less than a quarter of their range, so its scale is unclear; "
            "apply the lung window yourself and store 8-bit grey."
        )
    turn = _TURNS.get(_orientation(image))
    if turn is None and _turned_by_pillow(tags, image):
        remarks.note("have an EXIF orientation and were turned by it", name)
    if turn is not None:
        remarks.note("have an EXIF orientation and were turned by it", name)
        grey = np.ascontiguousarray(turn(grey), dtype=np.uint8)
    if image.info.get("icc_profile") or image.info.get("gamma"):
        remarks.note("carry an ICC profile or a gamma value, which were left alone", name)
    return grey


def _is_deep(image: Image.Image, tags: dict[int, int]) -> bool:
    """Whether channels are stored with 16 bits, of which Pillow keeps the upper eight; asked before it decodes."""
    tiles = getattr(image, "tile", ())
    raw = str(tiles[0][3]) if image.format == "PNG" and tiles else ""
    return not image.mode.startswith("I") and (";16" in raw or tags.get(BITS) == 16)


def _tags(image: Image.Image) -> dict[int, int]:
    """The first value of each tag of a TIFF file that decides what its numbers mean; empty for other formats."""
    stored = getattr(image, "tag_v2", {})
    found = {}
    for tag in (BITS, PHOTOMETRIC, SAMPLE_FORMAT, _ORIENTATION):
        value = stored.get(tag)
        first = value[0] if isinstance(value, tuple) and value else value
        if isinstance(first, int):
            found[tag] = first
    return found


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation that is left to be done; 1, as shown, where there is none or no telling."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a broken EXIF block is no broken picture: browsers show it as stored
        return 1


def _turned_by_pillow(tags: dict[int, int], image: Image.Image) -> bool:
    return tags.get(_ORIENTATION, 1) in _TURNS and _orientation(image) == 1


def _to_grey(image: Image.Image, tags: dict[int, int], name: str, remarks: Remarks, scale: Scale) -> Grey:
    if image.mode == "F":
        return grey_of_float_image(np.asarray(image), tags, name, remarks, scale)
    if image.mode.startswith("I"):
        return grey_of_deep_image(np.asarray(image), tags, name, remarks, scale.window)
    alpha = "transparency" in image.info or image.mode in {"LA", "La", "PA", "RGBA", "RGBa"}
    if alpha and image.mode in {"L", "LA", "La"}:
        remarks.note("had an alpha channel, which was ignored", name)
    if image.mode == "L":
        return grey_of_bytes(np.asarray(image), tags, name, remarks)
    if image.mode in {"1", "LA", "La"}:
        if image.mode == "1":
            remarks.note("had 1 bit a pixel and were converted to 8-bit grey", name)
        return np.asarray(image.convert("L") if image.mode == "1" else image.getchannel(0))
    if image.mode not in _COLOURS:
        raise InputError(f"{name} is stored as {image.mode}, which has no agreed grey; store it as 8-bit grey.")
    stored = "a palette" if image.mode in {"P", "PA"} else "several channels"
    stored += " (and alpha, which was ignored)" if alpha else ""
    image.info.pop("transparency", None)  # Pillow would mix it in
    colours = image.convert("RGB")
    red, green, blue = (np.asarray(colours.getchannel(channel)) for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(red, blue):
        remarks.note(f"had {stored} of equal values and were converted to 8-bit grey", name)
        return red
    remarks.note(f"had {stored} with real colours and were converted to 8-bit grey by luma", name)
    return np.asarray(colours.convert("L"))


def _range(path: Path, name: str) -> FloatRange | None:
    """The range of a file's floats; None where it holds none. Asked for while another file is open, and `quiet`."""
    with opened_in_thread(path, name) as image:
        if image.mode != "F":
            return None
        image.load()
        return FloatRange.of(np.asarray(image), name)
