"""Parsers of image files: decoding them, and looking for what they carry besides."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

from PIL import Image

from benchmarks.fuzzed.parser import Made, Parser, one_of, written
from benchmarks.odd_inputs.pictures import full_range
from benchmarks.odd_inputs.tiff import WHITE_IS_ZERO, tiff
from harness.data.sources.carried.files import carried
from harness.data.sources.carried.lzw import lzw_end
from harness.data.sources.carried.parts import BrokenFileError
from harness.data.sources.pixels.decode import decode
from harness.data.sources.pixels.opened import quiet
from harness.data.sources.pixels.remarks import Remarks
from harness.data.sources.scans.dicom.codestreams import stated_size

_FORMATS: tuple[tuple[str, dict[str, object]], ...] = (
    ("PNG", {}),
    ("JPEG", {"comment": b"x"}),
    ("GIF", {}),
    ("BMP", {}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ("PPM", {}),
    ("TGA", {}),
    ("PCX", {}),
    ("JPEG2000", {}),
)
_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.{one}" for one in (50, 57, 70, 80, 90, 91))


def _read(data: bytes, _folder: Path) -> object:
    with quiet():
        return decode(data, "the image", Remarks())


def _carried(data: bytes, folder: Path) -> object:
    return carried(written(data, folder / "x"))


def _lzw(data: bytes, _folder: Path) -> object:
    how, packed = one_of(data, 24)
    return lzw_end(packed, how // 2, bool(how % 2))


def _codestream(data: bytes, _folder: Path) -> object:
    syntax, stream = one_of(data, len(_SYNTAXES))
    return stated_size(stream, _SYNTAXES[syntax])


def _saved(kind: str, image: Image.Image, **how: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def _images(_made: Made) -> list[bytes]:
    """A picture in each format, one with colours, alpha and EXIF, and TIFFs of other depths."""
    grey = Image.fromarray(full_range(1))
    turned = Image.Exif()
    turned[0x0112] = 6
    found = [_saved(kind, grey, **how) for kind, how in _FORMATS]
    found += [
        _saved("PNG", grey.convert("RGBA")),
        _saved("PNG", grey.convert("P"), exif=turned),
        _saved("JPEG", grey.convert("CMYK"), exif=turned),
        tiff(full_range(1).astype("f4") / 255),
        tiff(full_range(1), WHITE_IS_ZERO),
        tiff(full_range(1).astype("u2") * 257, order=">"),
    ]
    return found


def _packed(_made: Made) -> list[bytes]:
    """The codes of a GIF's first block and of a TIFF's strip, behind the byte that says which they are."""
    grey = Image.fromarray(full_range(1))
    gif, strips = _saved("GIF", grey), _saved("TIFF", grey, compression="tiff_lzw")
    block = gif.index(b"\x2c") + 10
    with Image.open(BytesIO(strips)) as image:
        start, length = image.tag_v2[273][0], image.tag_v2[279][0]  # type: ignore[attr-defined]
    return [bytes([16]) + gif[block + 2 : -2], bytes([17]) + strips[start : start + length]]


def _streams(_made: Made) -> list[bytes]:
    grey = Image.fromarray(full_range(1))
    jpeg, jp2 = _saved("JPEG", grey), _saved("JPEG2000", grey)
    raw = jp2[jp2.index(b"\xff\x4f\xff\x51") :]
    frame = b"\xff\xd8\xff\xf7" + struct.pack(">HBHHB", 8, 8, 16, 16, 1) + bytes(8)
    return [*(bytes([k]) + jpeg for k in range(3)), bytes([3]) + frame, bytes([4]) + raw, bytes([4]) + jp2]


PARSERS = (
    Parser("images", _read, _images),
    Parser("what images carry", _carried, _images),
    Parser("lzw", _lzw, _packed, (BrokenFileError,)),
    Parser("codestreams", _codestream, _streams, (ValueError,)),
)
