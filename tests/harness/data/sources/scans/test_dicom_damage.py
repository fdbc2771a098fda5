"""DICOM files that are damaged, hostile, or compressed as nobody here knows: a sentence each, and no names."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom")
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)
from scans import chest, header, write, write_nifti, write_series

from harness.data.options import DicomData, NiftiData
from harness.data.pool import load_pool
from harness.data.sources.folder.by_content import FoundFile
from harness.data.sources.pixels.window import PRESETS
from harness.data.sources.scans.dicom import opened as dicom_opened
from harness.data.sources.scans.dicom.codestreams import stated_size
from harness.data.sources.scans.dicom.headers import Header, read_header
from harness.data.sources.scans.dicom.pixels import Pictures
from harness.errors import InputError
from harness.store import Store

HANDLE = r"data\.root: the file whose SHA-256 begins with [0-9a-f]{12} "
SECRET = "Meyer^Anna"


def refusal(tmp_path) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(InputError, match=HANDLE) as told:
            load_pool(DicomData(root=str(tmp_path / "Meyer"), size=16), Store(tmp_path / "s"))
    for one in (str(told.value), *(str(warning.message) for warning in caught)):
        assert "Meyer" not in one
    return str(told.value)


def put(tmp_path, pixels=None, **changed):
    pixels = np.zeros((16, 16), np.int16) if pixels is None else pixels
    return write(header(PatientName=SECRET, **changed), tmp_path / "Meyer" / "Meyer_Anna_1970.dcm", pixels)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"RescaleSlope": None}, "has no RescaleSlope"),
        ({"ImagePositionPatient": None}, "has no ImagePositionPatient"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "no two unit vectors"),
        ({"PixelSpacing": [0, 1]}, "not above 0"),
        ({"PixelSpacing": [1]}, "PixelSpacing that is not 2 numbers"),
        ({"BitsStored": 40}, "cannot be decoded"),
        ({"NumberOfFrames": 3}, "has 3 frames and says of 0 where they lie"),
        ({"NumberOfFrames": 2**31 - 1}, "1 to 16384 are read"),
    ],
)
def test_headers_that_do_not_say_what_is_needed(tmp_path, changed, expected):
    put(tmp_path, **changed)
    assert expected in refusal(tmp_path)


def test_pictures_that_are_too_large_are_never_decoded(tmp_path):
    one = header(Rows=60000, Columns=60000)
    one.PixelData = b"\0" * 8
    one["PixelData"].VR = "OW"
    write(one, tmp_path / "Meyer" / "x")
    assert "has pictures of 60000x60000 pixels" in refusal(tmp_path)


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("stretched", [0, 5000])
@pytest.mark.parametrize("when", ["header", "pixels"])
def test_a_deflated_file_that_could_unpack_to_too_much_is_refused(tmp_path, monkeypatch, stretched, when):
    """Wherever its header says that it is deflated, and at either opening."""
    one = header()
    one.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPInstanceUID = "1.2.3" + "3" * stretched
    rng = np.random.default_rng(0)
    write(one, tmp_path / "Meyer" / "x", rng.integers(-999, 999, (700, 700)).astype(np.int16))
    if when == "pixels":
        monkeypatch.setattr(dicom_opened, "_MOST_DEFLATED_BYTES", 2**20)
        found = read_header(FoundFile(tmp_path / "Meyer" / "x", "x", "0" * 64), "data.root")
        assert isinstance(found, Header)
        monkeypatch.undo()
        with pytest.raises(InputError, match="is deflated and has over 508 KiB"):
            Pictures("data.root").plane(found, found.frames[0])
    else:
        assert "is deflated and has over 508 KiB" in refusal(tmp_path)


def test_a_small_deflated_file_is_read(tmp_path):
    one = header()
    one.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    write(one, tmp_path / "d" / "x", chest()[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pool = load_pool(DicomData(root=str(tmp_path / "d"), size=16), Store(tmp_path / "s"))
    assert np.array_equal(pool.pixels[0], PRESETS["lung"].grey(chest()[0]))


@pytest.mark.parametrize("kept", [140, 400, 900])
def test_files_that_end_too_soon(tmp_path, kept):
    path = put(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    assert refusal(tmp_path)


def test_text_where_numbers_belong_is_not_repeated(tmp_path):
    path = put(tmp_path, RescaleIntercept="-1024", RescaleType="HU")
    path.write_bytes(path.read_bytes().replace(b"-1024 ", b"Meyer "))
    assert "damaged" in refusal(tmp_path)


def test_a_phase_that_cannot_be_read_is_none(tmp_path):
    """Nothing hangs on it alone, so the slice is read."""
    path = put(tmp_path, TemporalPositionIndex=0x41424344)
    whole, short = b"UL\x04\x00DCBA", b"UL\x02\x00DC"  # of 2 bytes, where a number has 4
    assert whole in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(whole, short))
    pool = load_pool(DicomData(root=str(tmp_path / "Meyer"), size=16), Store(tmp_path / "s"))
    assert len(pool.ids) == 1


def compressed(tmp_path, syntax, stream: bytes):
    from pydicom.encaps import encapsulate

    one = header(PatientName=SECRET, Rows=16, Columns=16)
    one.file_meta.TransferSyntaxUID = syntax
    one.PixelData = encapsulate([stream])
    one["PixelData"].VR = "OB"
    one["PixelData"].is_undefined_length = True
    write(one, tmp_path / "Meyer" / "x")


def test_a_compression_without_a_decoder_names_the_package(tmp_path, monkeypatch):
    from pydicom.pixels.decoders.base import Decoder

    compressed(tmp_path, JPEGLosslessSV1, b"\xff\xd8")
    monkeypatch.setattr(Decoder, "is_available", False)
    assert "install the package python-gdcm, which decodes it" in refusal(tmp_path)


def test_a_compression_that_nothing_decodes(tmp_path):
    compressed(tmp_path, MPEG2MPML, b"1234")
    assert "which nothing decodes" in refusal(tmp_path)


def test_a_stream_that_says_it_is_huge_is_never_decoded(tmp_path):
    sizes = b"".join(number.to_bytes(4, "big") for number in (60000, 60000, 0, 0))
    compressed(tmp_path, JPEG2000Lossless, b"\xff\x4f\xff\x51\0\x29\0\0" + sizes + b"\0" * 40)
    assert "would unpack to 60000x60000 pixels" in refusal(tmp_path)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLosslessSV1])
def test_a_stream_of_garbage(tmp_path, syntax):
    compressed(tmp_path, syntax, b"\xff\xd8garbage!")
    assert "cannot be decoded" in refusal(tmp_path)


SIZ = b"\xff\x4f\xff\x51\0\x29\0\0" + b"".join(number.to_bytes(4, "big") for number in (16, 17, 0, 0))
FRAME = b"\xff\xd8\xff\xe0\0\4xx\xff\xc3\0\x0b\x0c\x01\0\x02\0"


def test_sizes_are_read_from_jpeg_streams():
    assert stated_size(FRAME, JPEGLosslessSV1) == (256, 512)
    assert stated_size(FRAME.replace(b"\xc3", b"\xf7"), JPEGLSLossless) == (256, 512)
    comment = b"\xff\xfe" + (2 + len(SIZ)).to_bytes(2, "big") + SIZ
    assert stated_size(FRAME[:2] + comment + FRAME[2:], JPEGLosslessSV1) == (256, 512)
    assert stated_size(b"RLE", RLELossless) is None
    for stream in (FRAME[:8], SIZ, b"x" + FRAME):
        with pytest.raises(ValueError, match="size"):
            stated_size(stream, JPEGLosslessSV1)


def test_sizes_are_read_from_jpeg_2000_streams():
    assert stated_size(SIZ, JPEG2000Lossless) == (17, 16)
    boxes = b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x24free" + SIZ.replace(b"\x11", b"\xff") + b"\0\0\0\0"
    assert stated_size(boxes + b"\0\0\0\0jp2c" + SIZ, JPEG2000Lossless) == (17, 16)
    assert stated_size(boxes + b"\0\0\0\1jp2c" + bytes(8) + SIZ, JPEG2000Lossless) == (17, 16)
    for stream in (b"x" + SIZ, SIZ[:20], boxes, boxes + b"\0\0\0\3free", FRAME):
        with pytest.raises(ValueError, match="size"):
            stated_size(stream, JPEG2000Lossless)


def test_a_part_that_cannot_be_had_stops_the_reading_and_names_nobody(tmp_path):
    write_series(tmp_path / "Meyer", chest())
    (tmp_path / "Meyer" / "Anna").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match=r"beside 6 DICOM files .* 1 links to content that is not there\.") as told:
        load_pool(DicomData(root=str(tmp_path / "Meyer"), size=16), Store(tmp_path / "s"))
    assert "Anna" not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1"])
def test_what_is_called_dicom_and_is_none_is_a_part_that_cannot_be_had(tmp_path, content):
    write_series(tmp_path / "d", chest())
    (tmp_path / "d" / "Anna.dcm").write_bytes(content)
    with pytest.raises(InputError, match=r"beside 6 DICOM files .* 1 that look like DICOM\.") as told:
        load_pool(DicomData(root=str(tmp_path / "d"), size=16), Store(tmp_path / "s"))
    assert "Anna" not in str(told.value)


@pytest.mark.parametrize("data", [DicomData, NiftiData])
def test_a_file_that_cannot_be_read_is_not_of_another_kind(tmp_path, monkeypatch, data):
    write_series(tmp_path / "d", chest())
    write_nifti(tmp_path / "d" / "v.nii", chest())
    (tmp_path / "d" / "Anna").write_bytes(b"secret")
    opening = Path.open

    def refuse(path, *rest, **named):
        if path.name == "Anna":
            raise PermissionError(13, "Permission denied")
        return opening(path, *rest, **named)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"cannot be taken: 1 that cannot be read\.") as told:
        load_pool(data(root=str(tmp_path / "d"), size=16), Store(tmp_path / "s"))
    assert "Anna" not in str(told.value)


def test_without_the_package_a_sentence_says_which_extra(tmp_path, monkeypatch):
    import sys

    put(tmp_path)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(InputError, match=r"data=dicom needs the package pydicom.*\[medical\]"):
        load_pool(DicomData(root=str(tmp_path / "Meyer"), size=16), Store(tmp_path / "s"))
