"""One way from an image file to a square grey array, for members, candidates and releases alike.

A file that would have to be guessed at is refused by name. What can be converted is, and the load says so in
one warning a kind, with the count and the first file.
"""

import struct
import warnings
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.errors import HarnessWarning, InputError

Grey = NDArray[np.uint8]

# Pillow reports a damaged file by whichever of these its decoders happen to raise.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
_FULL_SCALE_SHARE = 8  # a 16-bit image that stays below 1/8 of the range holds values of some other scale


class Remarks:
    """What one load converted: kind -> the files, in order. `warn` tells it, one warning a kind."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}
        self._sizes: Counter[tuple[int, int]] = Counter()

    def note(self, kind: str, name: str) -> None:
        """Remember that `name` was converted; `kind` completes the sentence '3 of 10 images ...'."""
        self._files.setdefault(kind, []).append(name)

    def note_size(self, height: int, width: int) -> None:
        """Remember the size of an image as stored, pixels."""
        self._sizes[height, width] += 1

    def warn(self, n_images: int, where: str, size: int) -> None:
        """Give one HarnessWarning for each kind of conversion, and one for images of several sizes."""
        for kind, names in self._files.items():
            text = f"{len(names)} of {n_images} images in {where} {kind} (first: {names[0]})."
            warnings.warn(HarnessWarning(text), stacklevel=3)
        if len(self._sizes) > 1:
            sizes = ", ".join(f"{w}x{h} ({count})" for (h, w), count in self._sizes.most_common())
            text = f"The images in {where} have several sizes: {sizes}; each was resized to {size}x{size}."
            warnings.warn(HarnessWarning(text), stacklevel=3)


def load_images(paths: Sequence[Path], names: Sequence[str], size: int, where: str) -> Grey:
    """Read every file into uint8 [n, size, size], 0 to 255, and warn of what was converted.

    names, where: how to call each file and their folder in messages. The array is allocated once, so the peak
    is n * size^2 bytes and one image. Raises InputError, naming the file, for one that cannot be read.
    """
    pixels = np.empty((len(paths), size, size), np.uint8)
    remarks = Remarks()
    for row, path, name in zip(pixels, paths, names, strict=True):
        row[:] = fit(decode(path, name, remarks), size, name, remarks)
    remarks.warn(len(paths), where, size)
    return pixels


def decode(source: Path | bytes, name: str, remarks: Remarks) -> Grey:
    """One image file -> uint8 [h, w], 0 to 255.

    Palette and colour become luma (ITU-R 601), 16 bit is divided by 257, float in 0 to 1 or 0 to 255 scaled
    and rounded, an alpha channel ignored; each is noted. Raises InputError, with `name`, for a file that is
    missing, damaged, no image, of several frames, or of a range that leaves its scale open.
    """
    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source) as image:
            n_frames = getattr(image, "n_frames", 1)
            if n_frames == 1:
                image.load()
                return _to_grey(image, name, remarks)
    except FileNotFoundError as error:
        raise InputError(f"The image {name} does not exist.") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{name} is not an image, or a damaged one; remove it or replace it by a PNG.") from error
    except _DAMAGE as error:
        raise InputError(f"The image {name} is damaged ({error}); copy it again or remove it.") from error
    raise InputError(f"{name} holds {n_frames} frames; give one image a slice.")


def stored_size(path: Path) -> tuple[int, int] | None:
    """Width and height of an image as stored, pixels, from its header alone; None for what is no image."""
    try:
        with Image.open(path) as image:
            return image.size
    except _DAMAGE:
        return None


def _to_grey(image: Image.Image, name: str, remarks: Remarks) -> Grey:
    if image.mode == "L":
        return np.asarray(image)
    if image.mode == "F" or image.mode.startswith("I"):
        return _from_deep(np.asarray(image), name, remarks)
    if image.mode in {"1", "LA", "La"}:
        stored = "1 bit a pixel" if image.mode == "1" else "an alpha channel, which was ignored,"
        remarks.note(f"had {stored} and were converted to 8-bit grey", name)
        return np.asarray(image.convert("L") if image.mode == "1" else image.getchannel(0))
    stored = "a palette" if image.mode in {"P", "PA"} else "several channels"
    colours = image.convert("RGB")
    red, green, blue = (np.asarray(colours.getchannel(channel)) for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(red, blue):
        remarks.note(f"had {stored} of equal values and were converted to 8-bit grey", name)
        return red
    remarks.note(f"had {stored} with real colours and were converted to 8-bit grey by luma", name)
    return np.asarray(colours.convert("L"))


def _from_deep(values: NDArray[np.generic], name: str, remarks: Remarks) -> Grey:
    """16-bit, 32-bit or float values [h, w] -> uint8, by a fixed rule, so that images stay comparable."""
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind == "f":
        if not (low >= 0 and high <= 255):  # false for NaN, too
            raise InputError(f"{name} holds floats from {low:g} to {high:g}; give 0 to 1 or 0 to 255.")
        scale = 255.0 if high <= 1 else 1.0
        remarks.note("held floats and were rounded to 8-bit grey", name)
        return np.rint(values.astype(np.float64) * scale).astype(np.uint8)
    if low < 0 or high > 65535 or 0 < high < 65536 / _FULL_SCALE_SHARE:
        raise InputError(
            f"{name} holds integers from {low:g} to {high:g} in more than 8 bits, so their scale is unclear; "
            "apply the lung window yourself and store 8-bit grey, or 16-bit grey over the full 0 to 65535."
        )
    remarks.note("had 16 bits a pixel and were divided by 257 to 8-bit grey", name)
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


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
