"""Colour profiles, gamma and texts in a file: grey levels are left as they are stored, and the first two are said."""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import answer, plain

_NOTE = r"profile|ICC|gamma"
_JPEG_PROFILE = {"quality": 95}


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _with_profile(root: Path, ending: str) -> list[Right]:
    (root / "data").mkdir()
    seen = {}
    for name, pixels in plain(3).items():
        path = root / "data" / f"{name}{ending}"
        how = _JPEG_PROFILE if ending == ".jpg" else {"lossless": True} if ending == ".webp" else {}
        image = Image.fromarray(pixels)
        image.save(path, icc_profile=_profile(), **how)
        with Image.open(path) as stored:
            seen[name] = np.asarray(stored.convert("L"))
    return [Right(answer(seen), (_NOTE,))]


def _png(root: Path, chunk: bytes, content: bytes, noted: bool) -> list[Right]:
    (root / "data").mkdir()
    for name, pixels in plain(3).items():
        info = PngInfo()
        info.add(chunk, content)
        Image.fromarray(pixels).save(root / "data" / f"{name}.png", pnginfo=info)
    return [Right(answer(plain(3)), (_NOTE,) if noted else ())]


def _one_of_four(root: Path) -> list[Right]:
    (root / "data").mkdir()
    for number, (name, pixels) in enumerate(plain(4).items()):
        info = PngInfo()
        if number == 1:
            info.add(b"gAMA", struct.pack(">I", 100000))
        Image.fromarray(pixels).save(root / "data" / f"{name}.png", pnginfo=info)
    return [Right(answer(plain(4)), ("1 of 4",))]


def _broken_profile(root: Path) -> list[Right]:
    """A profile that is none: pixels need it for nothing."""
    (root / "data").mkdir()
    for name, pixels in plain(3).items():
        Image.fromarray(pixels).save(root / "data" / f"{name}.png", icc_profile=b"no profile at all")
    return [Right(answer(plain(3)), (_NOTE,))]


def _resolution(root: Path) -> list[Right]:
    (root / "data").mkdir()
    for name, pixels in plain(3).items():
        Image.fromarray(pixels).save(root / "data" / f"{name}.png", dpi=(72, 300))
    return [Right(answer(plain(3)))]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Profiles by format, gamma by value, and chunks that say nothing of grey levels."""
    found = [
        Case(f"ICC profile in {ending}", partial(_with_profile, ending=ending), ask)
        for ending, ask in ((".png", "images"), (".jpg", "folder"), (".tif", "images"), (".webp", "images"))
    ]
    found += [
        Case(
            f"gamma of {gamma / 100000:g}",
            partial(_png, chunk=b"gAMA", content=struct.pack(">I", gamma), noted=True),
            ask,
        )
        for gamma, ask in ((45455, "images"), (100000, "folder"), (22000, "images"))
    ]
    chromatic = struct.pack(">8I", *[31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000])
    return [
        *found,
        Case("gamma in one of four", _one_of_four, "folder"),
        Case("a profile that is none", _broken_profile, "images", True),
        Case("sRGB, by its chunk", partial(_png, chunk=b"sRGB", content=b"\0", noted=False), "images"),
        Case("chromaticities", partial(_png, chunk=b"cHRM", content=chromatic, noted=False), "images"),
        Case("a text", partial(_png, chunk=b"tEXt", content=b"Patient\0A. B.", noted=False), "images"),
        Case("a chunk that nobody knows", partial(_png, chunk=b"prVt", content=b"anything", noted=False), "images"),
        Case("a resolution that is not square", _resolution, "images"),
        Case("significant bits", partial(_png, chunk=b"sBIT", content=b"\5", noted=False), "images"),
        Case("a suggested background", partial(_png, chunk=b"bKGD", content=b"\0\x80", noted=False), "images"),
    ]


BENCHMARK = class_of_inputs(
    "profiles", "colour profiles, gamma and other chunks: left alone, and said", cases, quick=2
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
