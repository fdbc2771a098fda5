"""Integers of every type: by the type's range where they fill it, refused where they are a scanner's own units."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import Grey, answer, plain, png, write_all
from benchmarks.odd_inputs.tiff import Order, tiff

_ORDERS: tuple[tuple[Order, str], ...] = (("<", "little"), (">", "big"))


def _spread(pixels: Grey, name: str) -> NDArray[Any]:
    """The picture over the whole range of an integer type, exactly: 255 divides every such range."""
    kind = np.dtype(name)
    info = np.iinfo(kind)
    return (pixels.astype(np.int64) * ((int(info.max) - int(info.min)) // 255) + int(info.min)).astype(kind)


def _tiffs(root: Path, name: str, order: Order) -> list[Right]:
    (root / "data").mkdir()
    for stem, pixels in plain(3).items():
        (root / "data" / f"{stem}.tif").write_bytes(tiff(_spread(pixels, name), order=order))
    return [Right(answer(plain(3)))]


def _hounsfield(
    root: Path, low: int, high: int, name: str, *, ending: str = ".tif", order: Order = "<"
) -> list[Right]:
    """A CT in its own units, which are no grey levels of any type's range."""
    (root / "data").mkdir()
    for stem, pixels in plain(3).items():
        values = np.rint(low + pixels / 255 * (high - low)).astype(name)
        path = root / "data" / f"{stem}{ending}"
        if ending == ".tif":
            path.write_bytes(tiff(values, order=order))
        else:
            Image.fromarray(values).save(path)
    return []


def _deep_png(root: Path) -> list[Right]:
    (root / "data").mkdir()
    for stem, pixels in plain(3).items():
        Image.fromarray(pixels.astype(np.uint16) * 257).save(root / "data" / f"{stem}.png")
    return [Right(answer(plain(3)), ("16",))]


def _netpbm(root: Path, most: int, wide: bool) -> list[Right]:
    """PGM with a largest value of its own: what is stored is a share of that."""
    (root / "data").mkdir()
    seen = {}
    for stem, pixels in plain(3).items():
        values = np.rint(pixels / 255 * most).astype(">u2" if wide else "u1")
        head = f"P5 {pixels.shape[1]} {pixels.shape[0]} {most}\n".encode()
        (root / "data" / f"{stem}.pgm").write_bytes(head + values.tobytes())
        seen[stem] = np.rint(values.astype(float) / most * 255).astype(np.uint8)
    return [Right(answer(seen))]


def _jpeg2000(root: Path) -> list[Right]:
    (root / "data").mkdir()
    for stem, pixels in plain(3).items():
        Image.fromarray(pixels.astype(np.uint16) * 257).save(root / "data" / f"{stem}.jp2", irreversible=False)
    return [Right(answer(plain(3)))]


def _mixed(root: Path) -> list[Right]:
    """Some of 8 bits and some of 16, as when a folder was filled twice."""
    pictures = plain(4)
    write_all(root / "data", dict([*pictures.items()][:2]))
    for stem, pixels in [*pictures.items()][2:]:
        Image.fromarray(pixels.astype(np.uint16) * 257).save(root / "data" / f"{stem}.png")
    return [Right(answer(pictures), ("2 of 4",))]


def _dark(root: Path) -> list[Right]:
    """One of the slices is black, as at the end of a volume."""
    pictures = {**plain(3), "s_03": np.zeros((16, 16), np.uint8)}
    (root / "data").mkdir()
    for stem, pixels in pictures.items():
        Image.fromarray(pixels.astype(np.uint16) * 257).save(root / "data" / f"{stem}.png")
    return [Right(answer(pictures))]


def _rgb16(root: Path) -> list[Right]:
    """Three channels of 16 bits; Pillow opens no such TIFF, so that a refusal is right, too."""
    (root / "data").mkdir()
    for stem, pixels in plain(3).items():
        values = np.repeat((pixels.astype(np.uint16) * 257)[..., None], 3, axis=2)
        (root / "data" / f"{stem}.tif").write_bytes(tiff(values, photometric=2))
    return [Right(answer(plain(3)))]


def _one_is_plain(root: Path) -> list[Right]:
    png(plain(1)["s_00"], root / "x.png")
    return []


def cases(real: Path | None = None) -> Sequence[Case]:
    """Types in either byte order, a scanner's units, and other formats of more than 8 bits."""
    found = []
    for name in ("uint8", "uint16", "uint32", "int8", "int16", "int32"):
        for order, told in _ORDERS:
            write = partial(_tiffs, name=name, order=order)
            found.append(
                Case(f"{name} over its range, {told}-endian", write, "images", name not in ("uint8", "uint16"))
            )
    units = (
        (-1000, 3000, "int16"),
        (-1024, 3071, "int16"),
        (-1000, 400, "int32"),
        (0, 4095, "uint16"),
        (24, 4071, "uint16"),
        (-1000, 1000, "float32"),
        (-1, 1, "float32"),
    )
    for low, high, name in units:
        found.append(
            Case(f"a CT's {low} to {high}, {name}", partial(_hounsfield, low=low, high=high, name=name), "folder")
        )
    twelve = partial(_hounsfield, low=0, high=4095, name="uint16", ending=".png")
    big = partial(_hounsfield, low=-1000, high=3000, name="int16", order=">")
    return [
        *found,
        Case("12 bits in a 16-bit PNG", twelve, "images"),
        Case("a CT's -1000 to 3000, int16, big-endian", big, "images"),
        Case("PNG of 16 bits", _deep_png, "folder"),
        Case("PGM up to 65535", partial(_netpbm, most=65535, wide=True), "images"),
        Case("PGM up to 4095", partial(_netpbm, most=4095, wide=True), "images", True),
        Case("PGM up to 100", partial(_netpbm, most=100, wide=False), "images", True),
        Case("JPEG 2000 of 16 bits", _jpeg2000, "images", True),
        Case("8 and 16 bits in one folder", _mixed, "folder"),
        Case("a black slice among 16-bit ones", _dark, "folder"),
        Case("TIFF of three channels of 16 bits", _rgb16, "images", True),
    ]


BENCHMARK = class_of_inputs(
    "integers",
    "signed and unsigned integers of 8 to 32 bits, either byte order, and a CT's own units",
    cases,
    quick=2,
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
