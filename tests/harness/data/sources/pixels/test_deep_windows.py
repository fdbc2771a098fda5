"""Images of more than 8 bits, and of several pages, through `data.window`; without it a sentence names the option."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data.options import FolderData
from harness.data.pool import Pool, load_pool
from harness.data.sources.pixels.window import PRESETS
from harness.errors import InputError
from harness.store import Store

HU = np.linspace(-1500, 400, 256).reshape(16, 16).round()
GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def load(root: Path, **options) -> tuple[Pool, list[str]]:
    """The pool of a folder, and what was remarked."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = FolderData(root=str(root), **{"size": 16, **options})
        pool = load_pool(data, Store(root.parent / "s"))
    return pool, [str(one.message) for one in caught]


def save(path: Path, *pages: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    first, *more = [Image.fromarray(page) for page in pages]
    first.save(path, **({"save_all": True, "append_images": more} if more else {}))


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_deep_integers_in_a_window_of_their_own_numbers(tmp_path, ending):
    save(tmp_path / "d" / f"a.{ending}", (HU + 1500).astype(np.uint16))
    pool, remarks = load(tmp_path / "d", window=[900, 1500])
    assert np.array_equal(pool.pixels[0], PRESETS["lung"].grey(HU))
    assert any("had 16 bits a pixel and were converted to 8-bit grey by data.window" in one for one in remarks)
    with pytest.raises(InputError, match=r"give data\.window=\[centre,width\] to a run"):
        load(tmp_path / "d")


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_hounsfield_units_in_a_preset(tmp_path, kind):
    save(tmp_path / "d" / "a.tif", HU.astype(kind))
    assert np.array_equal(load(tmp_path / "d", window="lung")[0].pixels[0], PRESETS["lung"].grey(HU))
    with pytest.raises(InputError, match=r"data\.window=\[centre,width\] to a run"):
        load(tmp_path / "d")


def test_a_preset_says_nothing_of_unsigned_numbers(tmp_path):
    save(tmp_path / "d" / "a.png", (HU + 1500).astype(np.uint16))
    with pytest.raises(InputError, match=r"a\.png holds unsigned numbers, .* give data\.window=\[centre,width\]"):
        load(tmp_path / "d", window="lung")


def test_several_deep_channels_are_refused(tmp_path):
    deep = np.random.default_rng(0).integers(0, 65535, (16, 16), np.uint16)
    import struct
    import zlib
    from io import BytesIO

    rows = b"".join(b"\0" + np.stack([row, row], 1).astype(">u2").tobytes() for row in deep)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    file = BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 16, 16, 16, 4, 0, 0, 0)))
    content = file.getvalue() + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.png").write_bytes(content)
    with pytest.raises(InputError, match="16 bits a channel and several channels"):
        load(tmp_path / "d", window=[30000, 60000])


def test_pages_of_a_tiff_are_slices_of_one_patient(tmp_path):
    save(tmp_path / "d" / "one.tif", *(HU.astype(np.float32) + 10 * page for page in range(3)))
    save(tmp_path / "d" / "two.png", GREYS)
    pool, _ = load(tmp_path / "d", window="lung")
    assert pool.ids == ("one_p0000", "one_p0001", "one_p0002", "two")
    assert [pool.patient_ids.index(one) for one in pool.patient_ids] == [0, 0, 0, 3]
    assert all(np.array_equal(pool.pixels[page], PRESETS["lung"].grey(HU + 10 * page)) for page in range(3))
    assert np.array_equal(pool.pixels[3], GREYS)  # 8 bits are greys already
    with pytest.raises(InputError, match=r"one\.tif holds more than one frame; .* data\.window=\[centre,width\]"):
        load(tmp_path / "d")


def test_metadata_says_whose_the_pages_are(tmp_path):
    save(tmp_path / "d" / "one.tif", GREYS, GREYS.T)
    save(tmp_path / "d" / "two.tif", GREYS[::-1], GREYS.T[::-1])
    (tmp_path / "d" / "metadata.csv").write_text("file_name,patient_id\none.tif,p\ntwo.tif,p\n")
    assert load(tmp_path / "d", window=[127.5, 255])[0].patient_ids == ("p",) * 4


def test_a_window_decides_the_pool_and_none_leaves_its_key_alone(tmp_path):
    save(tmp_path / "d" / "a.png", GREYS)
    keys = [load(tmp_path / "d", **one)[0].key for one in ({}, {"window": [1, 2]}, {"window": [1, 3]})]
    assert len(set(keys)) == 3


def test_a_file_of_very_many_pages_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.data.sources.pixels.opened.MOST_PAGES", 2)
    save(tmp_path / "d" / "one.tif", GREYS, GREYS, GREYS)
    with pytest.raises(InputError, match=r"one\.tif holds more than 2 pages"):
        load(tmp_path / "d", window=[127.5, 255])
