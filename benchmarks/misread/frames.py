"""Files of several pictures: which one is the slice, nobody can tell."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import answer, full_range, plain, write_all

_NONE: dict[str, Any] = {}


def _several(root: Path, ending: str, frames: int, **how: Any) -> list[Right]:
    """Three files of so many frames each, which differ."""
    (root / "data").mkdir()
    for number, name in enumerate(plain(3)):
        first, *rest = (Image.fromarray(full_range(number + 10 * frame)) for frame in range(frames))
        first.save(root / "data" / f"{name}{ending}", save_all=True, append_images=rest, **how)
    return [Right(answer(plain(3)))] if frames == 1 else []


def _one_of_many(root: Path, ending: str) -> list[Right]:
    """One such file among plain ones."""
    write_all(root / "data", plain(5))
    first, second = (Image.fromarray(full_range(number)) for number in (20, 21))
    first.save(root / "data" / f"t{ending}", save_all=True, append_images=[second])
    return []


def _cover(root: Path) -> list[Right]:
    """An animated PNG whose first picture is no frame of it."""
    (root / "data").mkdir()
    for number, name in enumerate(plain(3)):
        first, *rest = (Image.fromarray(full_range(number + 10 * frame)) for frame in range(3))
        first.save(root / "data" / f"{name}.png", save_all=True, append_images=rest, default_image=True)
    return []


def _icon(root: Path, sizes: list[tuple[int, int]]) -> list[Right]:
    """An icon: of several sizes it holds several pictures."""
    (root / "data").mkdir()
    for name, pixels in plain(3).items():
        Image.fromarray(pixels).save(root / "data" / f"{name}.ico", sizes=sizes, bitmap_format="bmp")
    return [Right(answer(plain(3)))]


def cases(real: Path | None = None) -> Sequence[Case]:
    """One frame is a picture; two are a question."""
    avif = "" if ".avif" in Image.registered_extensions() else "this Pillow writes no AVIF"
    found = [
        Case(f"{ending}, {frames} frames", partial(_several, ending=ending, frames=frames, **how), ask, frames == 1)
        for ending, how, ask in (
            (".gif", _NONE, "images"),
            (".png", _NONE, "folder"),
            (".tif", _NONE, "images"),
            (".webp", {"lossless": True}, "folder"),
        )
        for frames in (1, 2, 5)
    ]
    return [
        *found,
        Case("an MPO of two pictures", partial(_several, ending=".mpo", frames=2), "images"),
        Case("an MPO under the name of a JPEG", partial(_several, ending=".jpg", frames=2, format="MPO"), "images"),
        Case("an AVIF of two pictures", partial(_several, ending=".avif", frames=2), "images", lacking=avif),
        Case("an animated PNG with a cover", _cover, "images"),
        Case("one TIFF of two pages among slices", partial(_one_of_many, ending=".tif"), "folder"),
        Case("one animated PNG among slices", partial(_one_of_many, ending=".png"), "images"),
        Case("icons of one size", partial(_icon, sizes=[(16, 16)]), "images", True),
        Case("icons of two sizes", partial(_icon, sizes=[(16, 16), (8, 8)]), "images", True),
    ]


BENCHMARK = class_of_inputs("frames", "files of several pictures: GIF, APNG, TIFF, MPO, WebP, icons", cases, quick=2)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
