"""Images that are small, long, of several sizes, cut short, or that claim to be enormous."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import SIDE, Grey, answer, digest, full_range, picture, plain, png, write_all
from benchmarks.odd_inputs.tiff import BLACK_IS_ZERO, FLOAT, SIGNED, wrapped

_PAD = r"square|padded"

_MANY = 100_000


def fitted(image: Grey, size: int = SIDE) -> Grey:
    """Padded with black to a square about the middle, then each pixel the mean of its area, by exact fractions."""
    side = max(image.shape)
    square = np.zeros((side, side), np.int64)
    top, left = (side - image.shape[0]) // 2, (side - image.shape[1]) // 2
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    step = Fraction(side, size)
    shares = [
        [max(Fraction(0), min((k + 1) * step, Fraction(j + 1)) - max(k * step, Fraction(j))) for j in range(side)]
        for k in range(size)
    ]
    out = np.zeros((size, size), np.uint8)
    for y in range(size):
        rows = [(j, share) for j, share in enumerate(shares[y]) if share]
        for x in range(size):
            columns = [(j, share) for j, share in enumerate(shares[x]) if share]
            total = sum((a * b * int(square[j, i]) for j, a in rows for i, b in columns), Fraction(0))
            out[y, x] = int(total / step**2 + Fraction(1, 2))
    return out


def _shaped(root: Path, height: int, width: int) -> list[Right]:
    """Three pictures of one shape, larger than the working size."""
    side = max(height, width)
    pictures = {name: full_range(k, side)[:height, :width].copy() for k, name in enumerate(plain(3))}
    write_all(root / "data", pictures)
    seen = {name: fitted(one) for name, one in pictures.items()}
    return [Right(answer(seen), (_PAD,) if height != width else ())]


def _small(root: Path, height: int, width: int) -> list[Right]:
    write_all(root / "data", {name: picture(k)[:height, :width].copy() for k, name in enumerate(plain(3))})
    return []


def _one_small(root: Path) -> list[Right]:
    write_all(root / "data", {**plain(3), "t": picture(9)[:8, :8].copy()})
    return []


def _several(root: Path) -> list[Right]:
    pictures = {"s_0": full_range(0), "s_1": full_range(1, 32), "s_2": full_range(2, 48)}
    write_all(root / "data", pictures)
    return [Right(answer({name: fitted(one) for name, one in pictures.items()}), (r"several sizes|sizes",))]


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def huge_png(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG of a few bytes whose header claims so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(bytes(100)))
        + _chunk(b"IEND", b"")
    )


def zeros(count: int) -> bytes:
    """So many zero bytes, deflated: one block over and over, so that writing a gigabyte takes no time."""
    block = 2**20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    rest = last.compress(bytes(count % block)) + last.flush()
    return b"\x78\xda" + once * (count // block) + rest + struct.pack(">HH", count % 65521, 1)


def bomb_png(side: int, channels: int = 1) -> bytes:
    """A PNG that is whole, small, and unpacks to so many black pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, {1: 0, 4: 6}[channels], 0, 0, 0)
    packed = zeros(side * (1 + side * channels))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def bomb_tiff(side: int, bits: int, sample: int) -> bytes:
    """A deflated TIFF of so many wide pixels, in about a megabyte."""
    return wrapped(zeros(side * side * bits // 8), (side, side, 1, bits), sample, BLACK_IS_ZERO, deflate=True)


def _black(root: Path, ending: str, content: Callable[[], bytes]) -> list[Right]:
    """Large, and whole: black where a gigabyte of memory suffices for it."""
    _with(root, ending, content)
    return [Right(answer({**plain(3), "t": np.zeros((SIDE, SIDE), np.uint8)}))]


def _with(root: Path, ending: str, content: Callable[[], bytes]) -> list[Right]:
    write_all(root / "data", plain(3))
    (root / "data" / f"t{ending}").write_bytes(content())
    return []


def _cut(root: Path, ending: str, share: float) -> list[Right]:
    """One of four files ends too early: half a slice is no slice."""
    write_all(root / "data", plain(3))
    path = root / "data" / f"t{ending}"
    Image.fromarray(full_range(7, 64)).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    left = (r"\b1\b.*(left out|not read)|(left out|not read).*\b1\b",)
    return [Right(answer(plain(3)), left)]


def _bytes_after(root: Path) -> list[Right]:
    write_all(root / "data", plain(3))
    for path in (root / "data").iterdir():
        path.write_bytes(path.read_bytes() + b"anything" * 100)
    return [Right(answer(plain(3)))]


def _wrong_sum(root: Path) -> list[Right]:
    """A byte of the pixels is another than its check sum says."""
    write_all(root / "data", plain(3))
    path = root / "data" / "t.png"
    png(full_range(7), path)
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 30] ^= 0xFF
    path.write_bytes(bytes(content))
    left = (r"\b1\b.*(left out|not read)|(left out|not read).*\b1\b",)
    return [Right(answer(plain(3)), left)]


def _many(root: Path) -> list[Right]:
    """Two thousand files: none is lost."""
    pictures = {f"s_{k:04d}": np.full((SIDE, SIDE), k % 256, np.uint8) for k in range(2000)}
    write_all(root / "data", pictures)
    return [Right({"n": 2000, "pixels": sorted(digest(one) for one in pictures.values())})]


def _hundred_thousand(root: Path) -> list[Right]:
    """As many names, of 256 pictures: links to one file's bytes, which no reader can tell from as many files."""
    kinds = {f"k_{k:03d}": np.full((SIDE, SIDE), k, np.uint8) for k in range(256)}
    write_all(root / "kinds", kinds)
    (root / "data").mkdir()
    names = [*kinds]
    for k in range(_MANY):
        (root / "data" / f"s_{k:06d}.png").hardlink_to(root / "kinds" / f"{names[k % len(names)]}.png")
    told = {name: digest(one) for name, one in kinds.items()}
    return [Right({"n": _MANY, "pixels": sorted(told[names[k % len(names)]] for k in range(_MANY))})]


def _one(root: Path) -> list[Right]:
    write_all(root / "data", plain(1))
    return [Right(answer(plain(1)))]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Sizes that are read, by own sums, sizes that are refused, and files that would take the machine's memory."""
    found = [
        Case(f"{width}x{height}", partial(_shaped, height=height, width=width), ask)
        for height, width, ask in (
            (16, 16, "images"),
            (32, 32, "folder"),
            (48, 48, "images"),
            (24, 24, "images"),
            (17, 17, "folder"),
            (16, 12, "images"),
            (12, 16, "folder"),
            (24, 17, "images"),
            (33, 20, "images"),
            (1, 16, "images"),
            (100, 100, "pool"),
        )
    ]
    found += [
        Case(f"{width}x{height}, too small", partial(_small, height=height, width=width), "images")
        for height, width in ((1, 1), (8, 8), (15, 15), (1, 15))
    ]
    bombs: dict[str, tuple[str, Callable[[], bytes]]] = {
        "a header of 60,000 x 60,000": (".png", partial(huge_png, 60_000, 60_000)),
        "a header of 2^31 - 1 x 2^31 - 1": (".png", partial(huge_png, 2**31 - 1, 2**31 - 1)),
        "a header of 12,000 x 12,000, 16 bits of four channels": (".png", partial(huge_png, 12_000, 12_000, 16, 6)),
        "a header of no pixels": (".png", partial(huge_png, 0, 0)),
    }
    whole: dict[str, tuple[str, Callable[[], bytes]]] = {
        "a PNG of 20,000 x 20,000 black pixels": (".png", partial(bomb_png, 20_000)),
        "a PNG of 9,000 x 9,000, four channels": (".png", partial(bomb_png, 9_000, 4)),
        "a TIFF of 13,000 x 13,000 floats": (".tif", partial(bomb_tiff, 13_000, 32, FLOAT)),
        "a TIFF of 13,000 x 13,000 integers of 32 bits": (".tif", partial(bomb_tiff, 13_000, 32, SIGNED)),
        "a TIFF of 9,000 x 9,000 floats of 64 bits": (".tif", partial(bomb_tiff, 9_000, 64, FLOAT)),
    }
    found += [
        Case(name, partial(_with, ending=ending, content=content), "images")
        for name, (ending, content) in bombs.items()
    ]
    found += [
        Case(name, partial(_black, ending=ending, content=content), "images", True, alone=True)
        for name, (ending, content) in whole.items()
    ]
    found += [
        Case(f"{ending} cut at {share}", partial(_cut, ending=ending, share=share), ask, True)
        for ending, share, ask in (
            (".png", 0.5, "images"),
            (".png", 0.97, "folder"),
            (".jpg", 0.7, "images"),
            (".jpg", 0.97, "images"),
            (".tif", 0.6, "images"),
            (".gif", 0.6, "folder"),
            (".bmp", 0.6, "images"),
            (".webp", 0.6, "images"),
        )
    ]
    return [
        *found,
        Case("one of four too small", _one_small, "folder"),
        Case("several sizes", _several, "folder"),
        Case("bytes after the end", _bytes_after, "images"),
        Case("a byte that was changed", _wrong_sum, "images", True),
        Case("two thousand files", _many, "counted"),
        Case("one file", _one, "folder"),
        Case("one file, a release", _one, "images"),
        Case("a hundred thousand files", _hundred_thousand, "counted", alone=True),
    ]


BENCHMARK = class_of_inputs(
    "sizes", "small, long and cut images, and files that claim to be enormous", cases, quick=5
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
