"""TIFFs in which white is zero, at every depth, and depths between: the same picture, stored the other way round."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.command import run_one
from benchmarks.odd_inputs import tiff
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import Grey, answer, plain


def _stored(pixels: Grey, kind: str) -> tuple[NDArray[Any], int | None]:
    """A picture as values of a type, and the bits of those that are packed; 0 is black."""
    wide: dict[str, tuple[NDArray[Any], int | None]] = {
        "8 bits": (pixels, None),
        "16 bits": (pixels.astype(np.uint16) * 257, None),
        "32 bits": (pixels.astype(np.uint32) * 0x01010101, None),
        "floats": ((pixels / 255).astype(np.float32), None),
        "12 bits": (np.rint(pixels / 255 * 4095).astype(np.uint16), 12),
        "4 bits": ((pixels // 17).astype(np.uint8), 4),
        "2 bits": ((pixels // 85).astype(np.uint8), 2),
        "1 bit": ((pixels > 127).astype(np.uint8), 1),
    }
    return wide[kind]


def _seen(pixels: Grey, kind: str) -> Grey:
    """What a reader has to see: the few levels of shallow depths spread over 0 to 255."""
    step = {"4 bits": 17, "2 bits": 85}.get(kind)
    if step is not None:
        return (pixels // step * step).astype(np.uint8)
    return np.where(pixels > 127, 255, 0).astype(np.uint8) if kind == "1 bit" else pixels


def _write(root: Path, kind: str, photometric: int, order: tiff.Order = "<") -> list[Right]:
    (root / "data").mkdir()
    for name, pixels in plain(3).items():
        values, bits = _stored(pixels, kind)
        if photometric == tiff.WHITE_IS_ZERO:
            top = 1 if kind == "floats" else 2 ** (bits or 8 * values.dtype.itemsize) - 1
            values = (top - values).astype(values.dtype)
        (root / "data" / f"{name}.tif").write_bytes(tiff.tiff(values, photometric, order=order, bits=bits))
    return [Right(answer({name: _seen(pixels, kind) for name, pixels in plain(3).items()}))]


KINDS = ("8 bits", "16 bits", "32 bits", "floats", "12 bits", "4 bits", "2 bits", "1 bit")


def cases(real: Path | None = None) -> Sequence[Case]:
    """Each depth with either meaning; those that no common program writes may be refused."""
    common = ("8 bits", "1 bit")
    found = []
    for kind in KINDS:
        refusable = kind not in common
        found.append(Case(f"white is zero, {kind}", partial(_write, kind=kind, photometric=0), "images", refusable))
        found.append(Case(f"black is zero, {kind}", partial(_write, kind=kind, photometric=1), "folder", refusable))
    for kind in ("16 bits", "12 bits"):
        write = partial(_write, kind=kind, photometric=0, order=">")
        found.append(Case(f"white is zero, {kind}, big-endian", write, "images", True))
    return found


BENCHMARK = class_of_inputs("photometric", "TIFFs in which white is zero, and depths of 1 to 32 bits", cases, quick=2)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
