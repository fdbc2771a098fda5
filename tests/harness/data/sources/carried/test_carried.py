"""What files carry beside their grey pixels is named, whatever the format; broken files are no traceback."""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from harness.data.sources.carried.files import BROKEN, UNTOLD, carried, carried_by

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


NOISE = np.random.default_rng(3).integers(0, 256, (190, 201)).astype(np.uint8)
SMOOTH = np.tile(np.arange(201, dtype=np.uint8), (190, 1)) // 20 * 20


@pytest.mark.parametrize("image", [NOISE, SMOOTH, GREY[:1, :1]])
@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("gif", {}),
        ("tif", {}),
        ("tif", {"compression": "tiff_lzw"}),
        ("tif", {"compression": "tiff_adobe_deflate"}),
        ("tif", {"compression": "tiff_deflate"}),
        ("jpg", {}),
        ("jpg", {"progressive": True}),
        ("jpg", {"optimize": True}),
        ("bmp", {}),
    ],
)
def test_pictures_of_any_content_and_packing_carry_nothing(parts_of, form, options, image):
    assert parts_of(saved(form, Image.fromarray(image), **options)) == []
    if form != "gif":
        assert parts_of(saved(form, Image.merge("RGB", [Image.fromarray(image)] * 3), **options)) == []


def tiff_of(fields, strips, order="<"):
    """A TIFF of these fields, (tag, type, count, value as bytes), whose strips come first."""
    data, places = struct.pack(order + "2sHI", b"II", 42, 0), []
    for strip in strips:
        places.append(len(data))
        data += strip + bytes(len(strip) % 2)
    n = len(strips)
    fields = [
        *fields,
        (273, 4, n, struct.pack(f"<{n}I", *places)),
        (279, 4, n, struct.pack(f"<{n}I", *map(len, strips))),
    ]
    entries = b""
    for tag, kind, count, value in sorted(fields, key=lambda one: one[0]):
        at = value.ljust(4, b"\0")
        if len(value) > 4:
            at = struct.pack("<I", len(data))
            data += value + bytes(len(value) % 2)
        entries += struct.pack("<HHI", tag, kind, count) + at
    ifd = struct.pack("<H", len(fields)) + entries + bytes(4)
    return data[:4] + struct.pack("<I", len(data)) + data[8:] + ifd


def grey_fields(packing=1, rows=17, width=23, height=17):
    numbers = {256: width, 257: height, 258: 8, 259: packing, 262: 1, 277: 1, 278: rows}
    return [(tag, 3, 1, struct.pack("<H", value)) for tag, value in numbers.items()]


def lzw_of(image):
    """The packed rows, as Pillow's TIFF has them in one strip."""
    data = saved("tif", Image.fromarray(image), compression="tiff_lzw", strip_size=1 << 20)
    with Image.open(BytesIO(data)) as opened:
        (place,), (n,) = opened.tag_v2[273], opened.tag_v2[279]
    return data[place : place + n]


def test_a_strip_of_a_tiff_that_is_longer_than_its_rows(parts_of):
    pixels = GREY.tobytes()
    beyond = ["bytes beyond the rows of a strip"]
    packed = zlib.compress(pixels)
    assert parts_of(tiff_of(grey_fields(), [pixels])) == []
    assert parts_of(tiff_of(grey_fields(rows=9), [pixels[: 9 * 23], pixels[9 * 23 :]])) == []
    assert parts_of(tiff_of(grey_fields(), [pixels + SECRET])) == beyond
    assert parts_of(tiff_of(grey_fields(rows=9), [pixels[: 9 * 23], pixels[9 * 23 :] + SECRET])) == beyond
    assert parts_of(tiff_of(grey_fields(), [pixels, SECRET])) == beyond, "a strip too many"
    assert parts_of(tiff_of(grey_fields(8), [packed])) == []
    assert parts_of(tiff_of(grey_fields(8), [packed + SECRET])) == beyond
    assert parts_of(tiff_of(grey_fields(8), [zlib.compress(pixels + SECRET)])) == beyond
    assert parts_of(tiff_of(grey_fields(5), [lzw_of(GREY)])) == []
    assert parts_of(tiff_of(grey_fields(5), [lzw_of(GREY) + SECRET])) == beyond
    assert parts_of(tiff_of(grey_fields(5, height=16), [lzw_of(GREY)])) == beyond
    assert UNTOLD in parts_of(saved("tif", compression="packbits"))


def test_strips_of_a_tiff_that_overlap_are_no_endless_work(parts_of):
    data = bytearray(tiff_of(grey_fields(rows=1), [GREY.tobytes()] + [b""] * 16))
    at = data.index(struct.pack("<17I", 23 * 17, *[0] * 16))
    data[at : at + 68] = struct.pack("<17I", *[23 * 17] * 17)
    assert parts_of(bytes(data)) == [BROKEN]


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ((347, 7, len(SECRET), SECRET), "tag 347 (JPEGTables)"),
        ((320, 3, 768, bytes(1536)), "tag 320 (ColorMap)"),
        ((317, 2, len(SECRET), SECRET), "tag 317"),
        ((317, 3, 9, bytes(18)), "tag 317"),
        ((282, 2, len(SECRET), SECRET), "tag 282"),
        ((266, 3, 1, b"\1\0"), None),
    ],
)
def test_a_tag_of_a_tiff_says_how_the_picture_is_stored_or_is_told(parts_of, field, name):
    assert parts_of(tiff_of([*grey_fields(), field], [GREY.tobytes()])) == ([] if name is None else [name])


def test_a_tag_that_comes_twice_and_a_palette_that_is_one(parts_of):
    fields = grey_fields()
    assert parts_of(tiff_of([*fields, fields[-1]], [GREY.tobytes()])) == ["tag 278 once more"]
    assert parts_of(saved("tif", Image.fromarray(GREY).convert("P"))) == []


def test_a_further_picture_of_a_tiff(parts_of):
    data = tiff_of(grey_fields(), [GREY.tobytes()])
    chained = data[:-4] + struct.pack("<I", int.from_bytes(data[4:8], "little"))
    assert "further pictures (IFD)" in parts_of(chained)
    second = saved("tif", save_all=True, append_images=[Image.fromarray(GREY[::-1].copy())])
    assert "further pictures (IFD)" in parts_of(second)


def jpeg_segment(marker, content):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def test_tables_of_a_jpeg_that_nothing_uses(parts_of):
    data = saved("jpg")
    hidden = bytes(SECRET.ljust(64, b"."))
    codes = bytes([0] * 7 + [len(SECRET)] + [0] * 8) + SECRET
    assert parts_of(data[:2] + jpeg_segment(0xDB, b"\3" + hidden) + data[2:]) == ["table that is not used (DQT)"]
    assert parts_of(data[:2] + jpeg_segment(0xDB, b"\0" + hidden) + data[2:]) == ["table that is not used (DQT)"]
    assert parts_of(data[:2] + jpeg_segment(0xC4, b"\3" + codes) + data[2:]) == ["table that is not used (DHT)"]
    assert parts_of(data[:2] + jpeg_segment(0xC4, b"\0" + codes) + data[2:]) == ["table that is not used (DHT)"]
    assert "bytes in segment DD" in parts_of(data[:2] + jpeg_segment(0xDD, b"\0\0" + SECRET) + data[2:])


def test_what_hides_behind_the_packed_pixels_of_a_gif(parts_of):
    data = saved("gif")
    assert data.endswith(b"\0;")
    more = bytes([len(SECRET)]) + SECRET
    assert parts_of(data[:-2] + more + data[-2:]) == ["bytes behind the packed pixels"]
    place = data.index(b",", 13 + 768) + 1
    lower = data[: place + 6] + struct.pack("<H", 16) + data[place + 8 :]
    assert "pixels beyond the picture" in parts_of(lower)


def test_what_hides_where_a_bmp_has_zeros(parts_of):
    data = bytearray(saved("bmp"))
    start = int.from_bytes(data[10:14], "little")
    assert start == 54 + 1024
    in_row, in_palette = data.copy(), data.copy()
    in_row[start + 23] = 65
    in_palette[54 + 3] = 65
    assert parts_of(bytes(in_row)) == ["bytes between the rows"]
    assert parts_of(bytes(in_palette)) == ["bytes in the palette"]
    fourth = np.dstack([GREY, GREY, GREY, np.resize(np.frombuffer(SECRET, np.uint8), GREY.shape)])
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + fourth.size, 0, 0, 54, 40, 23, 17, 1, 32, 0, 0, 0, 0, 0, 0)
    assert "a fourth byte of each pixel" in parts_of(head + fourth.tobytes())


def test_a_webp_head_with_more_than_its_fields(parts_of):
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    data = saved("webp", exif=exif)
    assert data[12:16] == b"VP8X"
    longer = data[:16] + struct.pack("<I", 10 + len(SECRET)) + data[20:30] + SECRET + data[30:]
    longer = longer[:4] + struct.pack("<I", len(longer) - 8) + longer[8:]
    assert "VP8X with more than its fields" in parts_of(longer)


def test_a_picture_too_large_to_decode_is_not_looked_through(parts_of):
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    assert UNTOLD in parts_of(saved("png")[:8] + chunk(b"IHDR", head) + chunk(b"IDAT", b"x") + chunk(b"IEND", b""))
