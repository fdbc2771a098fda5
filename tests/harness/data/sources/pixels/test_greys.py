"""One meaning of a grey level, whatever the file: turned as shown, zero black, a type's range, a folder's scale."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from harness.data.sources.pixels.decode import decode, load_images
from harness.data.sources.pixels.opened import MOST_PIXELS, stored_size
from harness.data.sources.pixels.remarks import Remarks
from harness.errors import HarnessWarning, InputError

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)
RAMP[0, :] = 255  # no symmetry
TYPES = {"B": (8, 1), "H": (16, 1), "I": (32, 1), "b": (8, 2), "h": (16, 2), "i": (32, 2), "f": (32, 3)}


def tiff(values: np.ndarray, kind: str, photometric: int = 1, order: str = "<") -> bytes:
    """A TIFF file written by hand: what Pillow does not write. kind: of `struct`."""
    bits, sample = TYPES[kind]
    height, width = values.shape
    data = struct.pack(f"{order}{values.size}{kind}", *values.ravel().tolist())
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 0, 277: 1, 278: height, 279: len(data)}
    tags[339] = sample
    start = 8 + 2 + 12 * len(tags) + 4
    tags[273] = start
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    return head + struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", 0) + data


def read(content: bytes) -> np.ndarray:
    return decode(content, "x.tif", Remarks())


def load(folder: Path, **files: bytes) -> tuple[np.ndarray, list[str]]:
    paths = [folder / f"{name}.tif" for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pixels = load_images(paths, [path.name for path in paths], 16, "here")
    assert all(issubclass(one.category, HarnessWarning) for one in caught)
    return pixels, [str(one.message) for one in caught]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "TIFF packed", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_read_as_it_is_shown(tmp_path: Path, form: str, orientation: int) -> None:
    """What was turned on the way into the file comes out as it was: eight ways, and every format that tells."""
    shown = np.kron(RAMP[:12], np.ones((8, 8), np.uint8))  # blocks, which JPEG keeps; not square
    back = {1: lambda x: x, 2: np.fliplr, 3: lambda x: np.rot90(x, 2), 4: np.flipud, 5: np.transpose,
            6: np.rot90, 7: lambda x: np.transpose(np.rot90(x, 2)), 8: lambda x: np.rot90(x, -1)}  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(back[orientation](shown)))
    options: dict[str, object] = {"exif": exif}
    options |= {"quality": 100} if form == "JPEG" else {"lossless": True} if form == "WEBP" else {}
    options |= {"compression": "tiff_lzw"} if form == "TIFF packed" else {}
    image.save(tmp_path / "x", format=form.split(maxsplit=1)[0], **options)
    remarks = Remarks()
    grey = decode(tmp_path / "x", "x", remarks)
    assert grey.shape == shown.shape
    assert np.abs(grey.astype(int) - shown).max() <= (3 if form == "JPEG" else 0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        remarks.warn(1, "here", 16)
    assert any("were turned by it" in str(one.message) for one in caught) == (orientation != 1)


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0no tiff at all"])
def test_a_broken_exif_block_is_no_broken_picture(tmp_path: Path, exif: bytes) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.jpg", exif=exif, quality=100)
    assert decode(tmp_path / "x.jpg", "x.jpg", Remarks()).shape == (16, 16)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("kind", "BHf")
def test_white_is_zero_of_every_depth(kind: str, photometric: int, order: str) -> None:
    scaled = RAMP.astype(float) * {"B": 1, "H": 257, "f": 1 / 255}[kind]
    white = {"B": 255, "H": 65535, "f": 1}[kind]
    stored = scaled if photometric else white - scaled
    stored = stored if kind == "f" else stored.astype(int)
    if (kind, photometric, order) == ("H", 0, ">"):  # which Pillow does not open
        with pytest.raises(InputError, match="is not an image of a kind that is read"):
            read(tiff(stored, kind, photometric, order))
        return
    assert np.array_equal(read(tiff(stored, kind, photometric, order)), RAMP)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", "BHIbhi")
def test_integers_go_by_the_range_of_their_type(tmp_path: Path, kind: str, order: str) -> None:
    bits, sample = TYPES[kind]
    low = -(2 ** (bits - 1)) if sample == 2 else 0
    stored = low + RAMP.astype(np.int64) * (2**bits - 1) // 255
    try:
        grey = read(tiff(stored, kind, 1, order))
    except InputError as error:  # Pillow opens some types in one order of bytes alone
        assert "is not an image of a kind that is read" in str(error)  # noqa: PT017
        assert (kind, order) in {("I", ">"), ("b", ">")}
        return
    assert np.array_equal(grey, RAMP)


@pytest.mark.parametrize("bits", [12, 13, 14])
def test_fewer_bits_in_sixteen_are_refused_in_grey_and_in_colour(tmp_path: Path, bits: int) -> None:
    values = (RAMP.astype(np.uint32) * (2**bits - 1) // 255).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "grey.png")
    with pytest.raises(InputError, match="scale is unclear"):
        decode(tmp_path / "grey.png", "grey.png", Remarks())
    rows = b"".join(b"\0" + np.repeat(row, 3).astype(">u2").tobytes() for row in values)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0)
    colour = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    with pytest.raises(InputError, match="uses less than a quarter of their range"):
        decode(colour, "colour.png", Remarks())


@pytest.mark.parametrize("pad", [None, -2000, -32768])
def test_hounsfield_units_are_refused_whatever_lies_outside_the_circle(pad: int | None) -> None:
    units = -1000 + RAMP.astype(int) * 8
    if pad is not None:
        units[:4] = pad
    with pytest.raises(InputError, match=r"x\.tif holds integers from .* so their scale is unclear"):
        read(tiff(units, "h"))


def test_twelve_bits_with_a_white_rim_in_a_sixteen_bit_file_are_refused() -> None:
    values = RAMP.astype(int) * 16
    values[:2] = 65535
    with pytest.raises(InputError, match="scale is unclear"):
        read(tiff(values, "H"))


@pytest.mark.parametrize(
    ("white", "tops"), [(1, (1.004, 0.99)), (1, (1.0, 0.2)), (255, (255.0, 9)), (255, (256, 40))]
)
def test_floats_have_one_scale_in_a_folder_whichever_file_comes_first(
    tmp_path: Path, white: int, tops: tuple[float, float]
) -> None:
    """The file that goes to 9 is nearly black where another goes to 255."""
    shares = RAMP / 255
    files = {f"f{k}": tiff(shares * top, "f") for k, top in enumerate(tops)}
    expected = [np.rint(np.clip(shares.astype(np.float32) * top / white, 0, 1) * 255) for top in tops]
    for names in (["f0", "f1"], ["f1", "f0"]):
        pixels, remarks = load(tmp_path, **{name: files[name] for name in names})
        for name, grey in zip(names, pixels, strict=True):
            assert np.abs(grey - expected[int(name[1])]).max() <= 1
        assert any(f"held floats and were rounded to 8-bit grey, {white} as white" in text for text in remarks)


def test_a_folder_whose_floats_go_beyond_both_scales_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"The floats of here go from 0\.06.* to 2 \(first file: a\.tif\)"):
        load(tmp_path, c=tiff(RAMP, "B"), a=tiff(RAMP / 255, "f"), b=tiff(RAMP / 255 * 2, "f"))


def test_files_of_one_scale_among_files_of_the_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"1 of 2 float images in here end at 1 \(first: b\.tif\) and others at 255"):
        load(tmp_path, a=tiff(RAMP * 1.0, "f"), b=tiff(RAMP / 255, "f"))
    black_and_one = (RAMP > 99) * 1.0  # whole numbers: a mask, or a slice that is all but black
    assert load(tmp_path, a=tiff(RAMP * 1.0, "f"), b=tiff(black_and_one, "f"))[0][1].max() == 1


def test_profiles_and_gamma_are_left_alone_and_told(tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(RAMP).save(tmp_path / "p.png", icc_profile=profile)
    chunk = PngInfo()
    chunk.add(b"gAMA", struct.pack(">I", 100000))
    Image.fromarray(RAMP).save(tmp_path / "g.png", pnginfo=chunk)
    paths = [tmp_path / "p.png", tmp_path / "g.png"]
    with pytest.warns(HarnessWarning, match="2 of 2 images in here carry an ICC profile or a gamma value"):
        pixels = load_images(paths, ["p", "g"], 16, "here")
    assert np.array_equal(pixels, [RAMP, RAMP])


def test_what_lies_under_transparency_is_read_and_told(tmp_path: Path) -> None:
    image = Image.fromarray(RAMP).convert("RGBA")
    image.putalpha(0)
    image.save(tmp_path / "a.png")
    Image.fromarray(RAMP).save(tmp_path / "b.png", transparency=255)
    palette = Image.fromarray(RAMP).convert("P")
    palette.save(tmp_path / "c.png", transparency=bytes(256))
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pixels = load_images(paths, ["a", "b", "c"], 16, "here")
    assert np.array_equal(pixels, [RAMP] * 3)
    assert sum("alpha" in str(one.message) for one in caught) == 3


def test_a_colour_space_without_agreed_grey_is_refused(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([RAMP] * 3), mode="LAB").save(tmp_path / "x.tif")
    with pytest.raises(InputError, match=r"x\.tif is stored as LAB"):
        decode(tmp_path / "x.tif", "x.tif", Remarks())


@pytest.mark.parametrize(("side", "kind"), [(11_000, "f"), (7_000, "f"), (6_000, "H"), (9_000, "B")])
def test_an_image_that_would_take_gigabytes_is_refused_by_its_header(side: int, kind: str) -> None:
    """A small file may say that it holds a large image; nothing is decoded to find out."""
    content = tiff(np.zeros((16, 16)) if kind == "f" else np.zeros((16, 16), int), kind)
    content = content.replace(struct.pack("<HHII", 256, 4, 1, 16), struct.pack("<HHII", 256, 4, 1, side))
    content = content.replace(struct.pack("<HHII", 257, 4, 1, 16), struct.pack("<HHII", 257, 4, 1, side))
    with pytest.raises(InputError, match=rf"x\.tif is too large: {side}x{side} pixels .* GiB to read"):
        read(content)
    assert side**2 < 2 * MOST_PIXELS


@pytest.mark.parametrize("side", [20_000, 60_000])
def test_a_decompression_bomb_is_refused_without_a_warning_of_pillows(tmp_path: Path, side: int) -> None:
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=r"bomb\.png is too large"):
            decode(b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT", "bomb.png", Remarks())
        (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT")
        assert stored_size(tmp_path / "bomb.png") is None
