"""What files carry beside their grey pixels is named, whatever the format; broken files are no traceback."""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from harness.data.sources.carried import BROKEN, UNTOLD, carried, carried_by

GREY = np.random.default_rng(0).integers(0, 256, (17, 23)).astype(np.uint8)
FORMATS = {"png": {}, "jpg": {"quality": 90}, "tif": {}, "gif": {}, "bmp": {}, "pgm": {}, "webp": {"lossless": True}}
SECRET = b"Muster, Erika, 1964-08-12"


def saved(form, image=None, **options):
    """The bytes of an image in this format."""
    file = BytesIO()
    names = {"jpg": "JPEG", "tif": "TIFF", "pgm": "PPM"}
    (image or Image.fromarray(GREY)).save(file, names.get(form, form.upper()), **{**FORMATS[form], **options})
    return file.getvalue()


@pytest.fixture
def parts_of(tmp_path):
    """The names of what bytes carry."""

    def call(data, name="one.png"):
        (tmp_path / name).write_bytes(data)
        return [part.name for part in carried(tmp_path / name)]

    return call


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def with_chunk(data, name, content):
    """The PNG with one more chunk after its head."""
    return data[:33] + chunk(name, content) + data[33:]


def with_pixels(data, packed):
    """The PNG with other IDAT content."""
    start = data.index(b"IDAT") - 4
    return data[:start] + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", FORMATS)
def test_what_pillow_writes_of_a_grey_picture_carries_nothing(parts_of, form):
    assert parts_of(saved(form)) == []


@pytest.mark.parametrize("form", FORMATS)
def test_bytes_after_the_end_are_told_in_every_format(parts_of, form):
    (told,) = parts_of(saved(form) + SECRET)
    assert "bytes" in told


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_cut_anywhere_or_with_any_byte_changed_is_no_traceback(parts_of, form):
    data = saved(form)
    for cut in range(0, len(data), 7):
        parts_of(data[:cut])
    rng = np.random.default_rng(1)
    for _ in range(150):
        spoilt = bytearray(data)
        for place in rng.integers(0, min(len(data), 200), 3):
            spoilt[place] = rng.integers(0, 256)
        parts_of(bytes(spoilt))


@pytest.mark.parametrize(
    "name", [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"gAMA", b"tIME", b"pHYs", b"prVt", b"tRNS"]
)
def test_every_chunk_of_a_png_that_no_grey_picture_needs(parts_of, name):
    assert name.decode() in parts_of(with_chunk(saved("png"), name, b"\0\0" if name == b"tRNS" else SECRET))


def test_what_hides_in_the_packed_pixels_of_a_png(parts_of):
    rows = b"".join(b"\0" + row.tobytes() for row in GREY)
    assert parts_of(with_pixels(saved("png"), zlib.compress(rows))) == []
    assert parts_of(with_pixels(saved("png"), zlib.compress(rows + SECRET))) == ["rows beyond the picture (IDAT)"]
    assert parts_of(with_pixels(saved("png"), zlib.compress(rows) + SECRET)) == ["bytes beyond the picture (IDAT)"]


def test_alpha_colours_and_depth_are_no_grey_pixels(parts_of):
    grey = Image.fromarray(GREY)
    coloured = Image.merge("RGB", [grey, grey, Image.fromarray(GREY[::-1].copy())])
    assert parts_of(saved("png", Image.merge("RGB", [grey] * 3))) == []
    assert parts_of(saved("png", coloured)) == ["colours"]
    assert parts_of(saved("webp", coloured)) == ["colours"]
    assert parts_of(saved("png", Image.merge("LA", [grey, grey]))) == ["alpha"]
    assert "alpha" in parts_of(saved("webp", Image.merge("RGBA", [grey] * 4)))
    deep = Image.fromarray(GREY.astype(np.uint16) * 257)
    assert "more than 8 bits a pixel" in parts_of(saved("png", deep))
    assert parts_of(saved("tif", deep)) == ["more than 8 bits a pixel"]


def test_text_and_profiles_as_pillow_writes_them(parts_of):
    text = PngImagePlugin.PngInfo()
    text.add_text("Patient", SECRET.decode())
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    assert parts_of(saved("png", pnginfo=text, exif=exif, icc_profile=b"p" * 200)) == ["iCCP", "tEXt", "eXIf"]
    told = parts_of(saved("jpg", exif=exif, comment=SECRET, icc_profile=b"p" * 200))
    assert sorted(told) == ["APP1 (Exif)", "APP2 (ICC)", "COM"]
    assert parts_of(saved("tif", description=SECRET.decode(), software="x")) == [
        "tag 270 (ImageDescription)",
        "tag 305 (Software)",
    ]
    assert parts_of(saved("gif", comment=SECRET)) == ["comment"]
    assert sorted(parts_of(saved("webp", exif=exif, xmp=SECRET))) == ["EXIF", "XMP"]
    assert parts_of(saved("pgm").replace(b"P5", b"P5\n# " + SECRET, 1)) == ["comment in the head"]


def test_a_thumbnail_in_the_head_of_a_jpeg(parts_of):
    data = saved("jpg")
    head = b"JFIF\0\1\1\0\0\1\0\1" + bytes([2, 2]) + bytes(12)
    assert parts_of(data[:2] + b"\xff\xe0" + struct.pack(">H", len(head) + 2) + head + data[20:]) == [
        "JFIF thumbnail"
    ]


def test_bytes_that_no_tag_of_a_tiff_points_to(parts_of):
    data = bytearray(saved("tif") + SECRET * 3)
    assert parts_of(bytes(data)) == ["bytes that no tag points to"]


def test_formats_that_are_not_known_and_what_is_no_file(parts_of, tmp_path):
    assert UNTOLD in parts_of(b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(50))
    os.mkfifo(tmp_path / "pipe.png")
    assert [part.name for part in carried(tmp_path / "pipe.png")] == [UNTOLD]


def test_what_came_before_a_break_is_told(parts_of):
    assert parts_of(with_chunk(saved("png"), b"tEXt", SECRET)[:100])[:2] == ["tEXt", BROKEN]


def test_files_are_counted_by_part(tmp_path):
    for number in range(5):
        data = saved("png")
        data = with_chunk(data, b"tEXt", SECRET) if number > 1 else data
        (tmp_path / f"{number}.png").write_bytes(data + (SECRET if number == 4 else b""))
    first, second = carried_by(sorted(tmp_path.iterdir()))
    assert (first.part, first.n, first.of, first.first) == ("tEXt", 3, 5, "2.png")
    assert (second.part, second.n, second.first) == ("bytes after IEND", 1, "4.png")
