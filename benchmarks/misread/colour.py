"""Colour, palettes and alpha: grey where the channels agree, luma where not, and nothing from behind an alpha."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import Grey, answer, full_range, picture, plain
from benchmarks.odd_inputs.tiff import CMYK, LAB, PALETTE, tiff

Made = tuple[Image.Image, Grey]  # an image as it is stored, and what a reader has to see
_HOLE = np.s_[2:9, 4:12]  # where nothing shows


def _luma(red: NDArray[Any], green: NDArray[Any], blue: NDArray[Any]) -> Grey:
    """ITU-R 601 in integers, as every reader of this field rounds it (Pillow's `L24`)."""
    wide = (channel.astype(np.int64) for channel in (red, green, blue))
    r, g, b = wide
    return ((19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16).astype(np.uint8)


def _channels(pixels: Grey) -> tuple[Grey, Grey, Grey]:
    return pixels, np.roll(pixels, 3, axis=0), 255 - pixels


def rgb_equal(pixels: Grey) -> Made:
    """Grey, three times."""
    return Image.fromarray(np.stack([pixels] * 3, axis=2)), pixels


def rgb(pixels: Grey) -> Made:
    """Real colours."""
    three = _channels(pixels)
    return Image.fromarray(np.stack(three, axis=2)), _luma(*three)


def palette(pixels: Grey) -> Made:
    """Indices into greys that are shuffled: the indices are no picture."""
    shuffled = np.random.default_rng(5).permutation(256).astype(np.uint8)
    place = np.argsort(shuffled).astype(np.uint8)
    image = Image.fromarray(place[pixels]).convert("L")
    image.putpalette(np.repeat(shuffled, 3).tobytes())
    return image, pixels


def palette_of_colours(pixels: Grey) -> Made:
    """A colour for each index."""
    colours = np.random.default_rng(6).integers(0, 256, (256, 3)).astype(np.uint8)
    image = Image.fromarray(pixels)
    image.putpalette(colours.tobytes())
    return image, _luma(*(colours[pixels][..., channel] for channel in range(3)))


def palette_with_transparency(pixels: Grey) -> Made:
    """The palette, each entry with an opacity of its own."""
    image, seen = palette(pixels)
    image.info["transparency"] = bytes(range(256))
    return image, seen


def grey_alpha(pixels: Grey) -> Made:
    """Opaque everywhere."""
    return Image.fromarray(np.stack([pixels, np.full_like(pixels, 255)], axis=2), "LA"), pixels


def grey_alpha_hidden(pixels: Grey) -> Made:
    """A picture of its own in the alpha channel: what is told of the grey must not come from it."""
    return Image.fromarray(np.stack([pixels, full_range(40)], axis=2), "LA"), pixels


def rgba(pixels: Grey) -> Made:
    """Grey three times, opaque everywhere."""
    four = np.stack([pixels] * 3 + [np.full_like(pixels, 255)], axis=2)
    return Image.fromarray(four, "RGBA"), pixels


def rgba_hidden(pixels: Grey) -> Made:
    """Content behind full transparency, which a viewer does not show, and a reader of grey does."""
    alpha = np.full_like(pixels, 255)
    alpha[_HOLE] = 0
    return Image.fromarray(np.stack([pixels] * 3 + [alpha], axis=2), "RGBA"), pixels


def transparent_grey(pixels: Grey) -> Made:
    """One grey level that is said to be transparent."""
    image = Image.fromarray(pixels)
    image.info["transparency"] = int(pixels[0, 0])
    return image, pixels


def _through_pillow(root: Path, make: Callable[[Grey], Made], ending: str, note: str, **how: Any) -> list[Right]:
    (root / "data").mkdir()
    seen = {}
    for name, pixels in plain(3).items():
        image, seen[name] = make(pixels)
        told = {"transparency": image.info["transparency"]} if "transparency" in image.info else {}
        image.save(root / "data" / f"{name}{ending}", **told, **how)
    return [Right(answer(seen), (note,) if note else ())]


def _few_colours(root: Path, bits: int) -> list[Right]:
    """A palette PNG of 1, 2 or 4 bits."""
    (root / "data").mkdir()
    seen = {}
    greys = np.rint(np.linspace(255, 0, 2**bits)).astype(np.uint8)
    for name, pixels in plain(3).items():
        index = (pixels >> (8 - bits)).astype(np.uint8)
        image = Image.fromarray(index)
        image.putpalette(np.repeat(greys, 3).tobytes())
        image.save(root / "data" / f"{name}.png", bits=bits)
        seen[name] = greys[index]
    return [Right(answer(seen), ("palette",))]


def _tiff(root: Path, kind: str) -> list[Right]:
    (root / "data").mkdir()
    seen = {}
    for name, pixels in plain(3).items():
        if kind == "cmyk":
            ink = np.stack([np.zeros_like(pixels)] * 3 + [255 - pixels], axis=2)
            content = tiff(ink, CMYK)
        elif kind == "lab":
            flat = np.full_like(pixels, 0)
            content = tiff(np.stack([pixels, flat, flat], axis=2), LAB)
        else:
            content = tiff(np.stack([pixels, full_range(40)], axis=2), more={338: 2})
        (root / "data" / f"{name}.tif").write_bytes(content)
        seen[name] = pixels
    # Which grey a lightness of CIE LAB is, hangs on the engine that is asked.
    return [] if kind == "lab" else [Right(answer(seen))]


def _ycbcr(root: Path) -> list[Right]:
    """A JPEG in colour; its luma is taken from what an own reading of its colours gives."""
    (root / "data").mkdir()
    seen = {}
    for name, pixels in plain(3).items():
        path = root / "data" / f"{name}.jpg"
        Image.fromarray(np.stack(_channels(pixels), axis=2)).save(path, quality=95, subsampling=0)
        with Image.open(path) as image:
            colours = np.asarray(image.convert("RGB"))
        seen[name] = _luma(*(colours[..., channel] for channel in range(3)))
    return [Right(answer(seen), ("luma|colour",))]


def _cmyk_jpeg(root: Path) -> list[Right]:
    (root / "data").mkdir()
    for name, pixels in plain(3).items():
        image = Image.fromarray(np.stack([255 - pixels] * 3, axis=2)).convert("CMYK")
        image.save(root / "data" / f"{name}.jpg", quality=95)
    seen = {}
    for path in sorted((root / "data").iterdir()):
        with Image.open(path) as image:
            ink = np.asarray(image).astype(np.int64)
        # Light is what neither ink nor black takes away, in eighths of the rounding that Pillow does.
        black = 255 - ink[..., 3:]
        product = ink[..., :3] * black + 128
        red, green, blue = np.moveaxis(np.clip(black - (((product >> 8) + product) >> 8), 0, 255), 2, 0)
        equal = np.array_equal(red, green) and np.array_equal(red, blue)
        seen[path.stem] = red.astype(np.uint8) if equal else _luma(red, green, blue)
    return [Right(answer(seen))]


def _odd_one_out(root: Path) -> list[Right]:
    """Three grey slices and one in colour: one note, that counts it."""
    (root / "data").mkdir()
    seen = {}
    for number, (name, pixels) in enumerate(plain(4).items()):
        image, seen[name] = rgb(pixels) if number == 2 else (Image.fromarray(pixels), pixels)
        image.save(root / "data" / f"{name}.png")
    return [Right(answer(seen), ("1 of 4",))]


def _palette_tiff(root: Path) -> list[Right]:
    (root / "data").mkdir()
    seen = {}
    for number, name in enumerate(plain(3)):
        image, seen[name] = palette(picture(number))
        image.save(root / "data" / f"{name}.tif")
        assert image.mode == "P", PALETTE
    return [Right(answer(seen), ("palette",))]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Each way in which grey comes with more channels, or with none of its own."""
    png = [
        (rgb_equal, "channels"),
        (rgb, "colour|luma"),
        (palette, "palette"),
        (palette_of_colours, "palette"),
        (palette_with_transparency, "palette"),
        (grey_alpha, "alpha"),
        (grey_alpha_hidden, "alpha"),
        (rgba, "channels|alpha"),
        (rgba_hidden, "channels|alpha"),
        (transparent_grey, ""),
    ]
    found = [
        Case(
            f"PNG {make.__name__.replace('_', ' ')}",
            partial(_through_pillow, make=make, ending=".png", note=note),
            ask,
        )
        for (make, note), ask in zip(png, ["images", "folder"] * 5, strict=True)
    ]
    found += [Case(f"palette of {bits} bits", partial(_few_colours, bits=bits), "images") for bits in (1, 2, 4)]
    webp = partial(_through_pillow, make=rgb_equal, ending=".webp", note="channels", lossless=True)
    hidden = partial(
        _through_pillow, make=rgba_hidden, ending=".webp", note="channels|alpha", lossless=True, exact=True
    )
    return [
        *found,
        Case("WebP, lossless", webp, "images"),
        Case("WebP with content behind its alpha", hidden, "images"),
        Case("BMP in colour", partial(_through_pillow, make=rgb, ending=".bmp", note="colour|luma"), "images"),
        Case("palette TIFF", _palette_tiff, "images"),
        Case("GIF", partial(_through_pillow, make=palette, ending=".gif", note="palette"), "images", True),
        Case("TIFF of inks, CMYK", partial(_tiff, kind="cmyk"), "images", True),
        Case("TIFF of CIE LAB", partial(_tiff, kind="lab"), "images"),
        Case("TIFF of grey and alpha", partial(_tiff, kind="alpha"), "images", True),
        Case("JPEG in colour, YCbCr", _ycbcr, "folder"),
        Case("JPEG of inks, CMYK", _cmyk_jpeg, "images", True),
        Case("one slice in colour among grey ones", _odd_one_out, "folder"),
    ]


BENCHMARK = class_of_inputs(
    "colour", "colour, palettes, alpha and inks, against luma by our own sums", cases, quick=2
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
