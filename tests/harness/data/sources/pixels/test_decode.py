import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from harness.data.sources.pixels import decode as decode_module
from harness.data.sources.pixels.decode import decode, load_images
from harness.data.sources.pixels.fit import fit
from harness.data.sources.pixels.remarks import Remarks
from harness.errors import HarnessWarning, InputError

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def _load(folder: Path, *images: Image.Image, ending: str = "png", size: int = 16) -> tuple[np.ndarray, list[str]]:
    paths = [folder / f"{index}.{ending}" for index in range(len(images))]
    for image, path in zip(images, paths, strict=True):
        image.save(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pixels = load_images(paths, [path.name for path in paths], size, "the folder")
    assert all(issubclass(w.category, HarnessWarning) for w in caught)
    return pixels, [str(w.message) for w in caught]


def _palette(values: np.ndarray) -> Image.Image:
    image = Image.fromarray(255 - values)
    image.putpalette(bytes(level for index in range(256) for level in (255 - index,) * 3))
    assert image.mode == "P"
    return image


def test_grey_is_read_as_it_is_without_a_warning(tmp_path: Path) -> None:
    pixels, remarks = _load(tmp_path, Image.fromarray(RAMP))
    assert np.array_equal(pixels[0], RAMP)
    assert remarks == []


def test_bytes_and_paths_are_read_alike(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    assert np.array_equal(decode((tmp_path / "a.png").read_bytes(), "a", Remarks()), RAMP)


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (_palette(RAMP), "palette"),
        (Image.fromarray(RAMP).convert("RGB"), "several channels"),
        (Image.fromarray(RAMP).convert("RGBA"), "several channels"),
        (Image.fromarray(RAMP).convert("LA"), "alpha"),
        (Image.fromarray(RAMP.astype(np.uint16) * 257), "16 bits"),
    ],
)
def test_grey_stored_otherwise_loses_nothing_and_is_told(tmp_path: Path, image: Image.Image, word: str) -> None:
    pixels, remarks = _load(tmp_path, image)
    assert np.array_equal(pixels[0], RAMP)
    assert len(remarks) == 1
    assert word in remarks[0]


def test_sixteen_bits_are_rounded_to_the_nearest_grey(tmp_path: Path) -> None:
    values = np.array([[0, 128, 129, 385], [386, 32767, 65406, 65535]] * 2, np.uint16)
    pixels, _ = _load(tmp_path, Image.fromarray(values), size=4)
    assert pixels[0].tolist() == [[0, 0, 1, 1], [2, 127, 254, 255]] * 2


def test_one_bit_images_become_black_and_white(tmp_path: Path) -> None:
    pixels, remarks = _load(tmp_path, Image.fromarray(RAMP > 127))
    assert np.array_equal(pixels[0], np.where(RAMP > 127, 255, 0))
    assert "1 bit" in remarks[0]


def test_a_warning_a_load_names_the_count_and_the_first_file(tmp_path: Path) -> None:
    grey, palette = Image.fromarray(RAMP), _palette(RAMP)
    _, remarks = _load(tmp_path, grey, palette, grey, palette, palette)
    assert len(remarks) == 1
    assert remarks[0].startswith("3 of 5 images in the folder had a palette")
    assert remarks[0].endswith("(first: 1.png).")


def test_colour_becomes_luma_and_is_told_apart_from_grey(tmp_path: Path) -> None:
    colours = np.zeros((16, 16, 3), np.uint8)
    colours[..., 0] = 200
    pixels, remarks = _load(tmp_path, Image.fromarray(colours))
    assert np.all(pixels == 60)  # 0.299 * 200, ITU-R 601
    assert "real colours" in remarks[0]


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_floats_of_either_range_are_rounded(tmp_path: Path, scale: float) -> None:
    values = (RAMP / 255 * scale).astype(np.float32)
    pixels, remarks = _load(tmp_path, Image.fromarray(values), ending="tif")
    assert np.array_equal(pixels[0], RAMP)
    assert "floats" in remarks[0]


@pytest.mark.parametrize(
    "values",
    [
        np.full((16, 16), -1000, np.int32),
        np.full((16, 16), 70000, np.int32),
        np.full((16, 16), 4095, np.uint16),
        np.full((16, 16), 255, np.uint16),
    ],
)
def test_an_unclear_scale_is_refused_by_name(tmp_path: Path, values: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"0\.tif holds integers from"):
        _load(tmp_path, Image.fromarray(values), ending="tif")


@pytest.mark.parametrize(
    ("low", "high"),
    [(-1, 1), (-1024, 0.5), (0, 300), (0, 1.3), (0, 1.02), (-0.02, 1), (0, 20), (0, np.nan), (0, np.inf)],
)
def test_floats_of_an_unclear_range_are_refused_with_it(tmp_path: Path, low: float, high: float) -> None:
    values = np.full((16, 16), 0, np.float32)
    values[0, 0], values[1, 1] = low, high
    with pytest.raises(InputError, match=r"The floats of the folder go from .* to .* \(first file: 0\.tif\)"):
        _load(tmp_path, Image.fromarray(values), ending="tif")


def test_a_damaged_file_among_floats_is_looked_for_once_whoever_asks(tmp_path: Path, monkeypatch) -> None:
    paths = [tmp_path / f"{index}.tif" for index in range(3)]
    for path in paths:
        Image.fromarray(RAMP.astype(np.float32)).save(path)
    paths[1].write_bytes(paths[1].read_bytes()[:300])
    looked_at, look = [], decode_module._range
    monkeypatch.setattr(decode_module, "_range", lambda path, name: (looked_at.append(name), look(path, name))[1])
    white = decode_module._white(paths, [path.name for path in paths], "the folder")
    for _ in range(4):  # as many threads ask
        with pytest.raises(InputError, match=r"1\.tif"):
            white()
    assert looked_at == ["0.tif", "1.tif"]


def test_several_frames_are_refused_by_name(tmp_path: Path) -> None:
    frames = [Image.fromarray(RAMP), Image.fromarray(255 - RAMP)]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"two\.gif holds 2 frames"):
        decode(tmp_path / "two.gif", "two.gif", Remarks())


def test_frames_of_a_tiff_are_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow reads the tags of every one for that, and compares each with all before: 60,000 take 22 s."""
    frames = [Image.fromarray(RAMP)] * 50
    frames[0].save(tmp_path / "many.tif", save_all=True, append_images=frames[1:])
    tags, read = TiffImagePlugin.ImageFileDirectory_v2, []
    load = tags.load
    monkeypatch.setattr(tags, "load", lambda self, fp: (read.append(1), load(self, fp)))
    with pytest.raises(InputError, match=r"many\.tif holds more than one frame; give one image a slice"):
        decode(tmp_path / "many.tif", "many.tif", Remarks())
    assert len(read) < 5


def test_an_image_is_bounded_as_padded_to_a_square() -> None:
    """Some hundred bytes may be 500,000 pixels wide and 1 high; padded, they would take 233 GiB."""

    def wide(width: int) -> bytes:
        Image.new("L", (width, 1)).save(file := BytesIO(), "png")
        return file.getvalue()

    assert decode(wide(8192), "wide.png", Remarks()).shape == (1, 8192)
    with pytest.raises(
        InputError, match=r"^The image wide\.png is too large: padded to a square, its 8193x1 pixels .*8192 a side\.$"
    ):
        decode(wide(8193), "wide.png", Remarks())


def _tiled(width: object, length: object) -> bytes:
    """A TIFF of 16x16 pixels in one deflated tile of 64x64, of which its tags say this (bytes: as bytes)."""
    tile = zlib.compress(bytes(range(64)) * 64)
    tags = {256: 16, 257: 16, 258: 8, 259: 8, 262: 1, 277: 1, 322: width, 323: length, 324: 0, 325: len(tile)}
    tags[324] = 8 + 2 + 12 * len(tags) + 4
    entries = [
        struct.pack("<HHI4s", tag, 1, len(value), value)
        if isinstance(value, bytes)
        else struct.pack("<HHII", tag, 4, 1, value)
        for tag, value in tags.items()
    ]
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(entries) + bytes(4) + tile


def test_a_tile_that_is_larger_than_its_picture_is_bounded_like_a_picture() -> None:
    pixels = decode(_tiled(64, 64), "a.tif", Remarks())
    assert np.array_equal(pixels, np.tile(np.arange(16, dtype=np.uint8), (16, 1)))
    for width, length in ((46_336, 46_336), (16, 4_194_320), (4_194_320, 16)):
        with pytest.raises(InputError, match=rf"a\.tif is too large: {width}x{length} pixels of kind L"):
            decode(_tiled(width, length), "a.tif", Remarks())
    for width, length in ((b"\x40\x40", 64), (64, b"\x40")):
        with pytest.raises(InputError, match=r"a\.tif is damaged \(the size of its tiles is no number\)"):
            decode(_tiled(width, length), "a.tif", Remarks())


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("ending", ["png", "jpg", "bmp"])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, ending: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    path = tmp_path / f"cut.{ending}"
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match=rf"cut\.{ending} is (damaged|not an image)"):
        decode(path, path.name, Remarks())


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n" + b"\x00" * 99])
def test_what_is_no_image_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(InputError, match=r"x\.png"):
        decode(content, "x.png", Remarks())


def test_a_broken_checksum_is_refused_by_name(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.png")
    content = bytearray((tmp_path / "x.png").read_bytes())
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(InputError, match=r"x\.png is not an image of a kind that is read, or a damaged one"):
        decode(bytes(content), "x.png", Remarks())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.png does not exist"):
        decode(tmp_path / "gone.png", "gone.png", Remarks())


@pytest.mark.parametrize("factor", [2, 3, 4, 16])
def test_whole_factors_are_exact_box_means(factor: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (48, 48)).astype(np.uint8)
    size = 48 // factor
    means = image.reshape(size, factor, size, factor).astype(np.float64).mean(axis=(1, 3))
    assert np.array_equal(fit(image, size, "x", Remarks()), np.floor(means + 0.5))


def test_other_factors_average_over_areas() -> None:
    image = np.random.default_rng(2).integers(0, 256, (48, 48)).astype(np.uint8)
    resized = fit(image, 36, "x", Remarks()).astype(np.float64)
    assert abs(resized.mean() - image.mean()) < 0.1
    assert fit(np.full((50, 50), 255, np.uint8), 36, "x", Remarks()).min() == 255
    # 48 -> 32: each pixel takes a whole one and half of its neighbour, which is shared.
    steps = np.zeros((48, 48), np.uint8)
    steps[:, ::3] = 240
    assert fit(steps, 32, "x", Remarks())[0, :4].tolist() == [160, 0, 160, 0]
    shared = np.zeros((48, 48), np.uint8)
    shared[:, 1::3] = 240
    assert fit(shared, 32, "x", Remarks())[0, :4].tolist() == [80, 80, 80, 80]


def test_area_means_agree_with_an_exact_enlargement() -> None:
    """50 -> 16 by way of 400 = 8 * 50 = 25 * 16, where both steps are whole."""
    image = np.random.default_rng(3).integers(0, 256, (50, 50)).astype(np.uint8)
    means = np.kron(image, np.ones((8, 8))).reshape(16, 25, 16, 25).mean(axis=(1, 3))
    assert np.abs(fit(image, 16, "x", Remarks()) - means).max() <= 0.5 + 1e-9


def test_an_image_that_is_not_square_is_padded_about_its_middle(tmp_path: Path) -> None:
    pixels, remarks = _load(tmp_path, Image.fromarray(np.full((10, 16), 9, np.uint8)))
    assert np.array_equal(np.flatnonzero(pixels[0, :, 0]), np.arange(3, 13))
    assert "not square" in remarks[0]


def test_several_sizes_are_resized_with_one_warning_naming_them(tmp_path: Path) -> None:
    images = [Image.fromarray(np.full((side, side), 7, np.uint8)) for side in (32, 64, 64)]
    pixels, remarks = _load(tmp_path, *images)
    assert pixels.shape == (3, 16, 16)
    assert np.all(pixels == 7)
    assert len(remarks) == 1
    assert "64x64 (2), 32x32 (1); each was resized to 16x16" in remarks[0]


def test_one_larger_size_is_resized_silently(tmp_path: Path) -> None:
    _, remarks = _load(tmp_path, *[Image.fromarray(np.zeros((32, 32), np.uint8))] * 2)
    assert remarks == []


def test_an_image_below_the_working_size_is_refused_with_numbers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"0\.png has 16x12 pixels, less than the working size 32x32"):
        _load(tmp_path, Image.fromarray(RAMP[:12]), size=32)
