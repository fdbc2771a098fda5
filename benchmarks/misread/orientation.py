"""Pictures that are stored turned, with the EXIF value that says how they are to be seen."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import Grey, answer, plain

_TAG = 0x0112
_NOTE = r"orient|turn|rotat|EXIF"
# How what is stored becomes what is to be seen, by the standard (EXIF 2.32, tag 274).
SEEN: dict[int, Callable[[Grey], Grey]] = {
    1: lambda one: one,
    2: np.fliplr,
    3: lambda one: np.rot90(one, 2),
    4: np.flipud,
    5: lambda one: one.T,
    6: lambda one: np.rot90(one, -1),
    7: lambda one: np.rot90(one, 2).T,
    8: np.rot90,
}
_HOW: dict[str, dict[str, Any]] = {
    ".jpg": {"quality": 95},
    ".png": {},
    ".tif": {},
    ".webp": {"lossless": True},
}


def _as_stored(path: Path) -> Grey:
    """What the file's pixels are, whatever its tags say."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def _turned(root: Path, value: int, ending: str, colour: str = "L") -> list[Right]:
    exif = Image.Exif()
    exif[_TAG] = value
    (root / "data").mkdir()
    seen = {}
    for name, pixels in plain(3).items():
        path = root / "data" / f"{name}{ending}"
        Image.fromarray(pixels).convert(colour).save(path, exif=exif, **_HOW[ending])
        # Pillow turns a TIFF by itself as it loads it; what was put in is what is stored there.
        stored = pixels if ending == ".tif" else _as_stored(path)
        seen[name] = SEEN.get(value, SEEN[1])(stored)
    noted = value in range(2, 9) and ending != ".tif"
    return [Right(answer(seen), (_NOTE,) if noted else ())]


def _deep(root: Path, value: int) -> list[Right]:
    """16 bits a pixel, where not every tool turns."""
    (root / "data").mkdir()
    seen = {}
    for name, pixels in plain(3).items():
        deep = Image.fromarray(pixels.astype(np.uint16) * 257)
        exif = Image.Exif()
        exif[_TAG] = value
        deep.save(root / "data" / f"{name}.png", exif=exif)
        seen[name] = SEEN[value](pixels)
    return [Right(answer(seen), (_NOTE,))]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Every value in every format that holds one, and values that mean nothing."""
    found = [
        Case(f"EXIF {value} in {ending}", partial(_turned, value=value, ending=ending), ask)
        for ending, ask in ((".jpg", "folder"), (".png", "images"), (".tif", "folder"), (".webp", "images"))
        for value in SEEN
    ]
    found += [
        Case(f"EXIF {value}, which means nothing, in .jpg", partial(_turned, value=value, ending=".jpg"), "images")
        for value in (0, 9)
    ]
    found += [Case(f"EXIF {value} at 16 bits", partial(_deep, value=value), "images") for value in (3, 6)]
    colour = partial(_turned, value=6, ending=".png", colour="RGB")
    return [
        *found,
        Case("EXIF 6 in colour", colour, "folder"),
        Case("EXIF 8 in a run", partial(_turned, value=8, ending=".jpg"), "pool"),
    ]


BENCHMARK = class_of_inputs(
    "orientation", "EXIF orientations in JPEG, PNG, TIFF and WebP, against numpy's own turns", cases, quick=2
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
