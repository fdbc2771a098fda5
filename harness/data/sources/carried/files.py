"""What an image file carries beside its grey pixels: text, profiles, thumbnails, alpha, colours, bytes after its end.

A viewer shows none of it and a decoder drops it, so whoever hands out the file hands out what nobody looked at. The
file is read once, at most `MOST_BYTES` of it, and nothing in it is believed: what is not built as its format asks is
reported as such.
"""

from __future__ import annotations

import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from harness.data.sources.carried.jpeg import jpeg_parts
from harness.data.sources.carried.others import bmp_parts, gif_parts, pnm_parts, webp_parts
from harness.data.sources.carried.parts import BROKEN, UNTOLD, BrokenFileError, Part
from harness.data.sources.carried.png import SIGNATURE, png_parts
from harness.data.sources.carried.tiff import MAGIC, tiff_parts
from harness.data.sources.pixels.opened import opened
from harness.errors import InputError

MOST_BYTES = 1 << 28  # a larger file is not looked through
_FORMATS: tuple[tuple[tuple[bytes, ...], Callable[[bytes], Iterator[Part]]], ...] = (
    ((SIGNATURE,), png_parts),
    ((b"\xff\xd8",), jpeg_parts),
    (MAGIC, tiff_parts),
    ((b"GIF87a", b"GIF89a"), gif_parts),
    ((b"BM",), bmp_parts),
    ((b"P4", b"P5", b"P6"), pnm_parts),
)


class Carried(NamedTuple):
    """One kind of part: how many files have it, of how many, and the first of them."""

    part: str
    n: int
    of: int
    first: str


def carried_by(files: Sequence[Path]) -> list[Carried]:
    """What files carry beside grey pixels, the most frequent part first; empty where they carry nothing."""
    by_part: dict[str, list[str]] = defaultdict(list)
    for path in files:
        for name in dict.fromkeys(part.name for part in carried(path)):
            by_part[name].append(path.name)
    found = [Carried(part, len(names), len(files), names[0]) for part, names in by_part.items()]
    return sorted(found, key=lambda one: (-one.n, one.part))


def carried(path: Path) -> tuple[Part, ...]:
    """Every part of one file that is no grey pixel; a `Part` named `UNTOLD` or `BROKEN` where that cannot be told."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
        return (Part(UNTOLD),)
    with path.open("rb") as file:
        data = file.read(MOST_BYTES)
    return (*_parts(data), *_channels(path))


def _parts(data: bytes) -> list[Part]:
    looking: Callable[[bytes], Iterator[Part]] | None = None
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        looking = webp_parts
    for starts, one in _FORMATS:
        if data.startswith(starts):
            looking = one
    if looking is None:
        return [Part(UNTOLD)]
    found: list[Part] = []
    try:
        for part in looking(data):  # what came before a break stays
            found.append(part)  # noqa: PERF402
    except BrokenFileError:
        found.append(Part(BROKEN))
    return found


def _channels(path: Path) -> list[Part]:
    """Alpha, colours, and depth beyond 8 bits, as Pillow decodes them."""
    try:
        with opened(path, path.name) as image:
            found = [Part("alpha")] if image.mode.endswith(("A", "a")) or "transparency" in image.info else []
            if image.mode == "F" or image.mode.startswith("I"):
                return [*found, Part("more than 8 bits a pixel")]
            if image.mode not in ("L", "LA", "La", "1") and _is_coloured(image):
                found.append(Part("colours"))
            return found
    except InputError:  # too large, of several frames or damaged, of which the reader has told
        return [Part(UNTOLD)]
    except Exception:  # a decoder raises whatever its library does, and the reader has told of it already
        return [Part(BROKEN)]


def _is_coloured(image: Image.Image) -> bool:
    red, green, blue = (np.asarray(image.convert("RGB").getchannel(channel)) for channel in range(3))
    return not (np.array_equal(red, green) and np.array_equal(red, blue))
