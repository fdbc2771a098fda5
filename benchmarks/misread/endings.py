"""File names that say something else than the content: by what they end in, or that they end in nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import Grey, answer, full_range, plain, png, write_all

LOSSLESS: dict[str, dict[str, Any]] = {
    ".tif": {},
    ".tiff": {},
    ".apng": {"format": "PNG"},
    ".bmp": {},
    ".dib": {},
    ".pgm": {},
    ".pnm": {},
    ".ppm": {},
    ".webp": {"lossless": True},
    ".jp2": {"irreversible": False},
    ".j2k": {"irreversible": False},
    ".gif": {},
    ".tga": {},
    ".sgi": {},
    ".bw": {},
    ".pcx": {},
    ".im": {},
    ".qoi": {},
}
LOSSY = (".jpg", ".jpeg", ".jpe", ".jfif")
_LEFT_OUT = r"left out|not read|ignored"


def _stored(path: Path) -> Grey:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def _all_of(root: Path, ending: str, **how: Any) -> list[Right]:
    """A folder of nothing but these."""
    (root / "data").mkdir()
    mode = "RGB" if ending == ".qoi" else "L"
    for name, pixels in plain(3).items():
        Image.fromarray(pixels).convert(mode).save(root / "data" / f"{name}{ending}", **how)
    seen = {name: _stored(root / "data" / f"{name}{ending}") for name in plain(3)}
    return [Right(answer(seen))]


def _half(root: Path, ending: str, **how: Any) -> list[Right]:
    """Three PNGs and three of another ending, which belong to them: never the three alone."""
    pictures = plain(6)
    names = [*pictures]
    write_all(root / "data", {name: pictures[name] for name in names[:3]})
    for name in names[3:]:
        Image.fromarray(pictures[name]).save(root / "data" / f"{name}{ending}", **how)
    seen = {path.stem: _stored(path) for path in sorted((root / "data").iterdir())}
    return [Right(answer(seen))]


def _bilevel(root: Path) -> list[Right]:
    (root / "data").mkdir()
    seen = {}
    for name, pixels in plain(3).items():
        Image.fromarray(pixels > 127).save(root / "data" / f"{name}.pbm")
        seen[name] = np.where(pixels > 127, 255, 0).astype(np.uint8)
    return [Right(answer(seen))]


def _avif(root: Path) -> list[Right]:
    (root / "data").mkdir()
    for name, pixels in plain(3).items():
        Image.fromarray(pixels).save(root / "data" / f"{name}.avif", quality=95)
    return [Right(answer({path.stem: _stored(path) for path in sorted((root / "data").iterdir())}))]


def _upper(root: Path, ending: str) -> list[Right]:
    write_all(root / "data", plain(3), ending=ending)
    return [Right(answer(plain(3)))]


def _named_another(root: Path, ending: str) -> list[Right]:
    """PNGs under another format's name."""
    write_all(root / "data", plain(3), ending=ending)
    return [Right(answer(plain(3)))]


def _without(root: Path, some: int) -> list[Right]:
    """PNGs without any ending: all of six, or some of them beside named ones."""
    pictures = plain(6)
    (root / "data").mkdir()
    for number, (name, pixels) in enumerate(pictures.items()):
        png(pixels, root / "data" / (name if number < some else f"{name}.png"))
    if some == len(pictures):
        return [Right(answer(pictures))]
    part = dict([*pictures.items()][some:])
    return [Right(answer(pictures)), Right(answer(part), (rf"\b{some}\b.*({_LEFT_OUT})|({_LEFT_OUT}).*\b{some}\b",))]


def _text_as_png(root: Path) -> list[Right]:
    """Two files of six are no pictures, whatever they are called."""
    write_all(root / "data", plain(4))
    for name in ("t_1", "t_2"):
        (root / "data" / f"{name}.png").write_text(
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
        )
    return [Right(answer(plain(4)), (rf"\b2\b.*({_LEFT_OUT})|({_LEFT_OUT}).*\b2\b",))]


def _empty_file(root: Path) -> list[Right]:
    write_all(root / "data", plain(4))
    (root / "data" / "t.png").touch()
    return [Right(answer(plain(4)), (rf"\b1\b.*({_LEFT_OUT})|({_LEFT_OUT}).*\b1\b",))]


def _arrays(root: Path, ending: str) -> list[Right]:
    """Slices as numpy or DICOM files beside PNGs: not read, so they have to be told."""
    write_all(root / "data", plain(4))
    for number in range(3):
        path = root / "data" / f"t_{number}{ending}"
        if ending == ".npy":
            np.save(path, full_range(number + 9))
        else:
            path.write_bytes(bytes(128) + b"DICM" + full_range(number + 9).tobytes())
    return [Right(answer(plain(4)), (rf"\b3\b.*({_LEFT_OUT})|({_LEFT_OUT}).*\b3\b",))]


def _postscript(root: Path, ending: str, beside: bool) -> list[Right]:
    """EPS (or what calls itself one) and PDF: a page is no slice, and no program is run for it."""
    if beside:
        write_all(root / "data", plain(4))
    (root / "data").mkdir(exist_ok=True)
    for number in range(2):
        kind = {".pdf": "PDF"}.get(ending, "EPS")
        Image.fromarray(full_range(number)).save(root / "data" / f"t_{number}{ending}", kind)
    left = (rf"\b2\b.*({_LEFT_OUT})|({_LEFT_OUT}).*\b2\b",)
    return [Right({**answer(plain(4)), "ghostscript": False}, left)] if beside else []


def cases(real: Path | None = None) -> Sequence[Case]:
    """Endings that are right and rare, wrong, in capitals, or not there."""
    there = Image.registered_extensions()
    found = [
        Case(f"all {ending}", partial(_all_of, ending=ending, **how), ("images", "folder")[place % 2], True)
        for place, (ending, how) in enumerate([*LOSSLESS.items(), *((one, {}) for one in LOSSY)])
        if ending in there
    ]
    found += [
        Case(f"half {ending}", partial(_half, ending=ending, **LOSSLESS.get(ending, {})), ask, True)
        for ending, ask in (
            (".jfif", "images"),
            (".jpe", "folder"),
            (".apng", "images"),
            (".dib", "folder"),
            (".tga", "images"),
            (".j2k", "folder"),
            (".pnm", "images"),
            (".TIF", "folder"),
            (".JPG", "pool"),
        )
    ]
    found += [Case(f"PNG as {ending}", partial(_upper, ending=ending), "images") for ending in (".PNG", ".Png")]
    found += [
        Case(f"PNG under the name of {ending}", partial(_named_another, ending=ending), "images", True)
        for ending in (".jpg", ".tif", ".bmp", ".eps", ".pdf")
    ]
    found += [
        Case(
            f"{ending}{' beside slices' if beside else ''}, no Ghostscript",
            partial(_postscript, ending=ending, beside=beside),
            "no_program",
            True,
        )
        for ending in (".eps", ".ps", ".png", ".pdf")
        for beside in (True, False)
    ]
    avif = "" if ".avif" in there else "this Pillow writes no AVIF"
    return [
        *found,
        Case("all .pbm", _bilevel, "images", True),
        Case("all .avif", _avif, "images", True, lacking=avif),
        Case("no ending", partial(_without, some=6), "images", True),
        Case("two of six without an ending", partial(_without, some=2), "folder", True),
        Case("texts under the name of PNG", _text_as_png, "images", True),
        Case("an empty file under the name of PNG", _empty_file, "folder", True),
        Case("numpy files beside slices", partial(_arrays, ending=".npy"), "images", True),
        Case("DICOM files beside slices", partial(_arrays, ending=".dcm"), "folder", True),
    ]


BENCHMARK = class_of_inputs(
    "endings", "file endings: rare, wrong, in capitals, none, and those of pages", cases, quick=3
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
