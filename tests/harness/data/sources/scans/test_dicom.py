"""`data=dicom`: what files say decides, what they are called nothing; every value means what the standard says."""

from __future__ import annotations

import warnings
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom")
from pydicom import Dataset, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless
from scans import AXIAL, CORONAL, SAGITTAL, chest, header, write, write_series

from harness.data.options import DicomData
from harness.data.pool import Pool, load_pool
from harness.data.sources.pixels.window import PRESETS
from harness.errors import InputError
from harness.store import Store

HU = chest()
LUNG = np.stack([PRESETS["lung"].grey(plane) for plane in HU])


def load(root: Path, **options) -> tuple[Pool, list[str]]:
    """The pool of a folder, and what was remarked."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pool = load_pool(
            DicomData(root=str(root), **{"size": 16, "slices": "all", **options}), Store(root.parent / "s")
        )
    return pool, [str(one.message) for one in caught]


def one_slice(tmp_path: Path, pixels, **changed) -> np.ndarray:
    """The greys of one slice, in a window of its own numbers unless told."""
    write(header(**changed), tmp_path / "d" / "x", np.asarray(pixels))
    return load(tmp_path / "d", size=np.shape(pixels)[0], window=[127.5, 255])[0].pixels[0]


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, SAGITTAL, (-1, 0, 0, 0, -1, 0), (0, 1, 0, 1, 0, 0)])
def test_a_series_of_any_orientation_gives_the_axial_slices_from_the_feet_up(tmp_path, orientation):
    write_series(tmp_path / "d", HU, orientation)
    pool, remarks = load(tmp_path / "d")
    assert np.array_equal(pool.pixels, LUNG)
    assert [one[-4:] for one in pool.ids] == [f"{number:04d}" for number in range(6)]
    assert any("turned" in one for one in remarks) == (orientation in (CORONAL, SAGITTAL))


def test_series_are_told_by_their_uid_and_patients_by_their_id(tmp_path):
    """Slices of four series lie in one another's folders, under the same names."""
    for number, (uid, patient) in enumerate([("1.2", "A1"), ("1.3", "A1"), ("1.4", "B2"), ("1.5", "b2 ")]):
        write_series(tmp_path / "d" / str(number), chest(seed=number), uids=uid, PatientID=patient)
    for number in range(4):
        (tmp_path / "d" / str(number) / "0").rename(tmp_path / "d" / str((number + 1) % 4) / "IM.png")
    pool, remarks = load(tmp_path / "d", slices="middle:2")
    assert len(pool.ids) == 8
    assert sorted(pool.patient_ids.count(one) for one in set(pool.patient_ids)) == [4, 4]
    assert list(pool.patient_ids) == sorted(pool.patient_ids, key=pool.patient_ids.index)
    assert any("differ only in spelling" in one and "B2" not in one for one in remarks)


@pytest.mark.parametrize(
    ("changed", "how"),
    [({"PatientID": None}, "StudyInstanceUID"), ({"PatientID": "unknown", "StudyInstanceUID": None}, "FrameOfRef"),
     ({"PatientID": "", "StudyInstanceUID": None, "FrameOfReferenceUID": None}, "folder")],
)  # fmt: skip
def test_who_has_no_id_is_told_otherwise_and_that_is_said(tmp_path, changed, how):
    write_series(tmp_path / "d" / "one", HU, uids="1.2", **changed)
    write_series(tmp_path / "d" / "two", chest(seed=1), uids="1.3", **changed)
    pool, remarks = load(tmp_path / "d")
    assert len(set(pool.patient_ids)) == 2
    assert any("2 of 2 series in data.root have no PatientID" in one and f"2 by {how}" in one for one in remarks)


def test_an_export_with_one_id_for_all_is_told_and_read_by_study(tmp_path):
    for number in range(3):
        write_series(tmp_path / "d" / str(number), chest(seed=number), uids=f"1.{number + 2}", PatientID="B77")
    write_series(tmp_path / "d" / "4", chest(seed=4), uids="1.9", PatientID="B77", StudyInstanceUID="1.2.1")
    pool, remarks = load(tmp_path / "d")
    assert len(set(pool.patient_ids)) == 1
    told = " ".join(remarks)
    assert "All 4 series in data.root have one PatientID, and 3 StudyInstanceUIDs" in told
    assert "give data.patient=study" in told
    assert "B77" not in told
    other, remarks = load(tmp_path / "d", patient="study")
    assert other.key != pool.key
    assert sorted(other.patient_ids.count(one) for one in set(other.patient_ids)) == [6, 6, 12]
    assert any("one patient with several counts as several" in one for one in remarks)
    (tmp_path / "e").mkdir()
    write_series(tmp_path / "e", HU)
    assert not any("one PatientID" in one for one in load(tmp_path / "e")[1])


@pytest.mark.parametrize("word", ["ANONYMOUS", "anon", "0", "000", "De-Identified", "Anonymous^Patient"])
def test_an_anonymisers_word_is_nobodys_id(tmp_path, word):
    for number in range(3):
        write_series(tmp_path / "d" / str(number), chest(seed=number), uids=f"1.{number}", PatientID=word)
    pool, remarks = load(tmp_path / "d")
    assert len(set(pool.patient_ids)) == 3
    (told,) = [one for one in remarks if "no PatientID" in one]
    assert told.startswith("3 of 3 series in data.root have no PatientID, or an anonymiser's word for everybody (3);")
    assert "3 by StudyInstanceUID" in told


def test_two_spellings_of_an_anonymisers_word_are_not_one_patient(tmp_path):
    for number, word in enumerate(["ANON", "anon"]):
        write_series(tmp_path / "d" / str(number), chest(seed=number), uids=f"1.{number}", PatientID=word)
    pool, remarks = load(tmp_path / "d")
    assert len(set(pool.patient_ids)) == 2
    assert "differ only in spelling" not in " ".join(remarks)


def test_greys_are_rescaled_padded_and_turned(tmp_path):
    stored = np.array([[0, 100], [200, -2000]], np.int16)
    kept = {"RescaleSlope": 0.5, "RescaleIntercept": 10, "PixelPaddingValue": -2000}
    assert one_slice(tmp_path, stored, **kept).tolist() == [[10, 60], [110, 0]]
    turned = one_slice(tmp_path, stored, **kept, PhotometricInterpretation="MONOCHROME1")
    assert turned.tolist() == [[245, 195], [145, 0]]
    said = " ".join(load(tmp_path / "d", size=2, window=[127.5, 255])[1])
    assert "1 of 1 series in data.root are MONOCHROME1 (the least number is white), so black and white were" in said


def test_a_range_of_padding_is_black(tmp_path):
    padding = {"PixelPaddingValue": 200, "PixelPaddingRangeLimit": 255}
    assert one_slice(tmp_path, np.array([[199, 200], [255, 7]], np.int16), **padding).tolist() == [[199, 0], [0, 7]]


@pytest.mark.parametrize("padding", [0x830, 0xF830])
def test_padding_of_fewer_bits_than_a_word_is_black(tmp_path, padding):
    """Both are -2000: in the 12 bits that count, and in the word that holds them."""
    one = header(BitsStored=12, HighBit=11, RescaleIntercept=30)
    one.add_new("PixelPaddingValue", "US", padding)
    write(one, tmp_path / "d" / "x", np.array([[5, -2000], [0x0830, 200]], np.int16))
    pool, _ = load(tmp_path / "d", size=2, window=[-1000, 2100])
    assert pool.pixels[0, 0, 0] > 240
    assert pool.pixels[0, 0, 1] == pool.pixels[0, 1, 0] == 0


@pytest.mark.parametrize(
    ("stored", "bits"),
    [
        (np.array([[5, 250], [0, 255]], np.uint8), {"BitsAllocated": 8, "BitsStored": 8, "PixelRepresentation": 0}),
        (np.array([[5, 250], [0xF000, 0xF0FF]], np.uint16), {"BitsStored": 12, "PixelRepresentation": 0}),
        (np.array([[5, 250], [0x0FFE, 255]], np.uint16), {"BitsStored": 12, "PixelRepresentation": 1}),
        (np.array([[5, 250], [-9, 255]], np.int16), {"BitsStored": 16, "PixelRepresentation": 1}),
        (np.array([[5, 250], [-9, 255]], np.int32), {"BitsAllocated": 32, "BitsStored": 32}),
    ],
    ids=["8", "12 beside an overlay", "12 signed", "16 signed", "32 signed"],
)
def test_bits_and_signs(tmp_path, stored, bits):
    assert one_slice(tmp_path, stored, **bits, HighBit=bits["BitsStored"] - 1).tolist() == [[5, 250], [0, 255]]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
def test_other_transfer_syntaxes_give_the_same(tmp_path, syntax):
    stored = np.array([[5, 250], [0, 255]], np.int16)
    one = header()
    one.Rows = one.Columns = 2
    one.PixelData = stored.astype(">i2").tobytes() if syntax == ExplicitVRBigEndian else stored.tobytes()
    one["PixelData"].VR = "OW"
    (tmp_path / "d").mkdir()
    if syntax == RLELossless:
        one.compress(RLELossless)
        one.save_as(tmp_path / "d" / "x")
    else:
        one.file_meta.TransferSyntaxUID = syntax
        big = syntax == ExplicitVRBigEndian
        implicit = syntax == ImplicitVRLittleEndian
        dcmwrite(tmp_path / "d" / "x", one, implicit_vr=implicit, little_endian=not big, force_encoding=True)
    assert load(tmp_path / "d", size=2, window=[127.5, 255])[0].pixels[0].tolist() == stored.tolist()


def test_a_file_without_the_mark_of_part_10_is_read(tmp_path):
    write(header(), tmp_path / "x", np.array([[5, 250], [0, 255]], np.int16))
    content = (tmp_path / "x").read_bytes()
    start = content.index(b"\x08\0\x08\0CS")  # ImageType, the first element of the group
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_bytes(content[start:])
    assert load(tmp_path / "d", size=2, window=[127.5, 255])[0].pixels[0].tolist() == [[5, 250], [0, 255]]


def test_frames_of_an_enhanced_ct_are_slices(tmp_path):
    told_by_frames = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope")
    without = dict.fromkeys([*told_by_frames, "RescaleIntercept"])
    one = header(SOPClassUID=EnhancedCTImageStorage, NumberOfFrames=6, **without)
    shared, frames = Dataset(), []
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [Dataset()], [Dataset()]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = list(AXIAL)
    shared.PixelMeasuresSequence[0].PixelSpacing = [1, 1]
    order = [3, 0, 5, 1, 4, 2]
    for place in order:
        frame = Dataset()
        frame.PlanePositionSequence, frame.PixelValueTransformationSequence = [Dataset()], [Dataset()]
        frame.PlanePositionSequence[0].ImagePositionPatient = [0, 0, place * 2]
        frame.PixelValueTransformationSequence[0].RescaleSlope = 1 + place
        frame.PixelValueTransformationSequence[0].RescaleIntercept = 0
        frames.append(frame)
    one.SharedFunctionalGroupsSequence, one.PerFrameFunctionalGroupsSequence = [shared], frames
    write(one, tmp_path / "d" / "x", HU[order])
    pool, _ = load(tmp_path / "d")
    expected = [PRESETS["lung"].grey(plane * np.float32(1 + place)) for place, plane in enumerate(HU)]
    assert np.array_equal(pool.pixels, expected)


def test_what_is_no_slice_is_left_out_with_one_remark_that_counts(tmp_path):
    write_series(tmp_path / "d", HU)
    picture = np.zeros((16, 16), np.int16)
    others = {
        "localiser": {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        "derived": {"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]},
        "capture": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        "mr": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"},
        "again": {},
    }
    for name, changed in others.items():
        write(header(uids="1.9", **changed), tmp_path / "d" / name, picture)
    copy = (tmp_path / "d" / "0").read_bytes()
    (tmp_path / "d" / "copy").write_bytes(copy)
    write(header(uids="1.2.826.0.1.3680043.8.498.1"), tmp_path / "d" / "same place", picture)
    (tmp_path / "d" / "notes.txt").write_text("notes")
    pool, remarks = load(tmp_path / "d")
    (told,) = [one for one in remarks if "were left out: 1 at" in one]
    assert told == (
        "In data.root 6 of 13 DICOM files, or frames of them, were left out: 1 at a place where their series has a "
        "slice already; 1 that are derived from other images; 1 that are localisers; 1 that are no CT; 1 that are "
        "secondary captures; 1 that repeat another file (same SOPInstanceUID)."
    )
    assert len(pool.ids) == 7  # the series, and one slice of its own series
    for one in (pool, load(tmp_path / "d")[0]):  # as read, and as kept
        (account,) = one.accounts
        assert account["images"] == 7
        assert account["left_out"] == {
            "of another kind": 1, "at a place where their series has a slice already": 1,
            "that are derived from other images": 1, "that are localisers": 1, "that are no CT": 1,
            "that are secondary captures": 1, "that repeat another file (same SOPInstanceUID)": 1,
        }  # fmt: skip
    assert any("13 DICOM files were found, and 1 files were left out: 1 of another kind." in one for one in remarks)


@pytest.mark.parametrize(
    "uids",
    [{}, {"SeriesInstanceUID": None}, {"SeriesInstanceUID": None, "StudyInstanceUID": None}],
    ids=["one for all", "no series", "none"],
)
@pytest.mark.parametrize("instance", [{}, {"SOPInstanceUID": "1.2.3"}], ids=["", "one instance"])
@pytest.mark.parametrize("apart", [0, 20], ids=["same places", "other places"])
def test_patients_whose_uids_an_anonymiser_left_alike_are_not_one(tmp_path, uids, instance, apart):
    """No slice of the one is taken for the other's, and none is lost."""
    for number, patient in enumerate(["A1", "B2"]):
        for place, plane in enumerate(chest(seed=number)):
            where = {"ImagePositionPatient": [0, 0, place + apart * number], "PatientID": patient}
            write(header(**uids, **instance, **where), tmp_path / "d" / f"{number}{place}", plane)
    pool, remarks = load(tmp_path / "d")
    held = {}
    for patient, pixels in zip(pool.patient_ids, pool.pixels, strict=True):
        held.setdefault(patient, []).append(pixels)
    expected = [[PRESETS["lung"].grey(plane).tolist() for plane in chest(seed=number)] for number in range(2)]
    assert sorted(np.stack(one).tolist() for one in held.values()) == sorted(expected)
    assert any("1 series in data.root hold pictures of several PatientIDs" in one for one in remarks)


def test_by_study_a_series_of_one_uid_is_of_each_study(tmp_path):
    """An export that gave everybody the same PatientID and SeriesInstanceUID."""
    for number in range(2):
        write_series(tmp_path / "d" / str(number), chest(seed=number), StudyInstanceUID=f"1.{number}")
    pool, _ = load(tmp_path / "d", patient="study")
    assert len(set(pool.patient_ids)) == 2
    assert len(pool.ids) == 12


def test_a_palette_is_no_grey(tmp_path):
    write_series(tmp_path / "d", HU)
    write(header(PhotometricInterpretation="PALETTE COLOR"), tmp_path / "d" / "p", HU[0])
    assert any("1 of 7 DICOM files, or frames of them, were left out: 1 that are in colours." in one
               for one in load(tmp_path / "d")[1])  # fmt: skip


SPLIT = "1 series in data.root hold pictures of several"


@pytest.mark.parametrize(
    ("changed", "split"),
    [
        ({"PixelSpacing": [1.0005001, 1.0005001]}, False),
        ({"ImageOrientationPatient": [1, 0.0050001, 0, -0.0050001, 1, 0]}, False),
        ({"PixelSpacing": [1.01, 1.01]}, True),
        ({"ImageOrientationPatient": [0.9998, 0.02, 0, -0.02, 0.9998, 0]}, True),
        ({"PhotometricInterpretation": "MONOCHROME1"}, True),
    ],
)
def test_a_series_is_split_by_more_than_rounding_and_that_is_said(tmp_path, changed, split):
    usual = {"PixelSpacing": [1.0004999] * 2, "ImageOrientationPatient": [1, 0.0049999, 0, -0.0049999, 1, 0]}
    for place, plane in enumerate(HU):
        said = {**usual, **(changed if place % 2 else {})}
        write(header(ImagePositionPatient=[0, 0, place], **said), tmp_path / "d" / str(place), plane)
    pool, remarks = load(tmp_path / "d")
    assert len({one.split("_")[1] for one in pool.ids}) == 1 + split
    assert len(set(pool.ids)) == 6
    assert any(SPLIT in one and "count as 2 series" in one for one in remarks) == split


@pytest.mark.parametrize(
    ("name", "values", "split"),
    [
        ("AcquisitionNumber", [1, 2], True),
        ("TemporalPositionIdentifier", [1, 2], True),
        ("ContentTime", ["101500", "101502"], True),
        ("NominalPercentageOfCardiacPhase", [0, 50], True),
        ("TriggerTime", [0, 40.5], True),
        ("AcquisitionNumber", [0, 1], True),
        ("AcquisitionNumber", [7, 7], False),
        ("AcquisitionNumber", [None, 7], False),
        ("SeriesNumber", [1, 2], False),
    ],
)
def test_phases_at_the_same_places_are_volumes_of_their_own(tmp_path, name, values, split):
    for number, value in enumerate(values):
        write_series(tmp_path / "d" / str(number), HU + np.int16(300 * number), **{name: value})
    pool, remarks = load(tmp_path / "d")
    told = " ".join(remarks)
    assert (SPLIT in told) == split
    assert ("6 at a place where their series has a slice already" in told) == (not split)
    assert ("several pictures at most of their places" in told) == (not split)
    assert len(pool.ids) == (12 if split else 6)
    if split:
        later = np.stack([PRESETS["lung"].grey(plane + np.float32(300)) for plane in HU])
        halves = {half.tobytes() for half in (pool.pixels[:6], pool.pixels[6:])}
        assert halves == {LUNG.tobytes(), later.tobytes()}


def test_pictures_that_share_a_phase_and_a_place_are_no_phases(tmp_path):
    for number in range(2):
        for place, plane in enumerate(HU):
            where = {"ImagePositionPatient": [0, 0, place], "AcquisitionNumber": 1 + number if place else 1}
            write(header(**where), tmp_path / "d" / f"{number}{place}", plane)
    pool, remarks = load(tmp_path / "d")
    assert "several pictures at most of their places, which no phase tells apart" in " ".join(remarks)
    assert len(pool.ids) == 6


def test_phases_of_an_enhanced_ct_are_told_by_its_frames(tmp_path):
    one = header(SOPClassUID=EnhancedCTImageStorage, NumberOfFrames=12, ImagePositionPatient=None)
    frames = []
    for number in range(12):
        frame = Dataset()
        frame.PlanePositionSequence, frame.FrameContentSequence = [Dataset()], [Dataset()]
        frame.PlanePositionSequence[0].ImagePositionPatient = [0, 0, number // 2]
        frame.FrameContentSequence[0].TemporalPositionIndex = 1 + number % 2
        frames.append(frame)
    one.PerFrameFunctionalGroupsSequence = frames
    write(one, tmp_path / "d" / "x", np.repeat(HU, 2, axis=0))
    pool, remarks = load(tmp_path / "d")
    assert len(pool.ids) == 12
    assert SPLIT in " ".join(remarks)
    assert np.array_equal(pool.pixels[:6], LUNG)


def test_acquisitions_that_follow_one_another_are_one_volume(tmp_path):
    """A step-and-shoot scanner numbers every slice; here two of them meet at one place."""
    for number, place in enumerate([0, 1, 2, 2, 3, 4]):
        place_and_number = {"ImagePositionPatient": [0, 0, place], "AcquisitionNumber": number}
        write(header(**place_and_number), tmp_path / "d" / str(number), HU[number])
    pool, remarks = load(tmp_path / "d")
    assert len(pool.ids) == 5
    assert SPLIT not in " ".join(remarks)


def test_slices_nearer_than_half_a_millimetre_are_slices(tmp_path):
    for place, plane in enumerate(HU):
        write(header(ImagePositionPatient=[0, 0, place * 0.4]), tmp_path / "d" / str(place), plane)
    write(header(ImagePositionPatient=[0, 0, 0.0004]), tmp_path / "d" / "again", HU[3])
    assert len(load(tmp_path / "d")[0].ids) == 6


def test_another_unit_than_hounsfields_is_told(tmp_path):
    for number, unit in enumerate(["US", "HU", ""]):
        write_series(tmp_path / "d" / str(number), chest(seed=number), uids=f"1.{number}", RescaleType=unit)
    told = " ".join(load(tmp_path / "d")[1])
    assert "1 of 3 series in data.root give their numbers another unit than Hounsfield's (RescaleType)" in told


def test_a_tilted_gantry_and_gaps_are_told(tmp_path):
    for place, height in enumerate((0, 1, 2, 5)):
        write(header(ImagePositionPatient=[0, place * 0.3, height]), tmp_path / "d" / str(place), HU[place])
    told = " ".join(load(tmp_path / "d")[1])
    assert "1 of 1 series in data.root have a tilted gantry" in told
    assert "have slices at uneven distances, or gaps" in told


def test_the_same_folder_gives_the_same_pool_and_another_store_other_names(tmp_path):
    write_series(tmp_path / "d", HU)
    write_series(tmp_path / "d2", chest(seed=3), uids="1.7", PatientID="Z9")
    first, again = load(tmp_path / "d")[0], load(tmp_path / "d")[0]
    assert first.key == again.key
    for path in list((tmp_path / "d").iterdir()):
        path.rename(path.with_name(f"{path.name}.dcm"))
    assert load(tmp_path / "d")[0].key == first.key  # names decide nothing
    assert len({load(tmp_path / "d", **one)[0].key for one in ({}, {"window": "bone"}, {"slices": "middle:1"})}) == 3
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "d").rename(tmp_path / "elsewhere" / "d")
    other = load(tmp_path / "elsewhere" / "d")[0]
    assert other.digests == first.digests
    assert not set(other.ids) & set(first.ids)


def test_pixels_alone_decide_in_which_order_patients_stand(tmp_path):
    orders = []
    for turn in range(2):
        root = tmp_path / str(turn) / "d"
        for number in range(6):
            patient = number if turn else 5 - number
            uid = f"1.{turn}.{patient}"
            write_series(root / str(patient), chest(seed=number), uids=uid, PatientID=f"P{patient}")
        orders.append(load(root, slices="middle:2")[0].digests)
    assert orders[0] == orders[1]


def test_patients_of_an_extra_folder_are_the_same_people(tmp_path):
    write_series(tmp_path / "d", HU)
    write_series(tmp_path / "more", chest(seed=2), uids="1.8")
    pool, _ = load(tmp_path / "d", extra=str(tmp_path / "more"))
    assert len(pool.ids) == 12
    assert len(set(pool.patient_ids)) == 1
    assert sum(one.startswith("extra/") for one in pool.ids) == 6


@pytest.mark.parametrize("name", ["CT_small.dcm", "J2K_pixelrep_mismatch.dcm"])
def test_files_that_pydicom_ships_are_read(tmp_path, name):
    (tmp_path / "d").mkdir()
    path = Path(str(get_testdata_file(name, download=False)))
    (tmp_path / "d" / "x").write_bytes(path.read_bytes())
    pool, _ = load(tmp_path / "d", size=128, window="mediastinum")
    assert pool.pixels.shape == (1, 128, 128)
    assert 20 < pool.pixels.std() < 110


def test_the_media_that_pydicom_ships_are_read_with_what_is_left_out_of_them(tmp_path):
    root = Path(str(get_testdata_file("DICOMDIR", download=False))).parent
    data = {name: (root / name) for name in ("77654033", "98892001")}
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "DICOMDIR").write_bytes((root / "DICOMDIR").read_bytes())
    for name, folder in data.items():
        (tmp_path / "d" / name).symlink_to(folder)
    pool, remarks = load(tmp_path / "d")
    told = " ".join(remarks)
    assert len(set(pool.patient_ids)) == 2
    assert "1 that are directories (DICOMDIR)" in told
    assert "2 that are localisers" in told
    printed = " ".join([*pool.ids, *remarks])
    assert not any(name in printed for name in data)  # the folders are named by the patients' numbers


def test_nothing_that_can_be_read_is_a_sentence(tmp_path):
    write(
        header(Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4"),
        tmp_path / "d" / "x",
        np.zeros((4, 4), np.int16),
    )
    with pytest.raises(InputError, match=r"None of the 1 DICOM files in data.root is a slice .* 1 that are no CT"):
        load(tmp_path / "d")
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "Meyer_Anna.txt").write_text("")
    with pytest.raises(InputError, match=r"holds no DICOM files.* What lies there: 1 of another kind") as told:
        load(tmp_path / "e")
    assert "Meyer" not in str(told.value)


def test_pictures_that_are_too_small_name_a_file_that_can_be_found(tmp_path):
    write_series(tmp_path / "d", HU)
    with pytest.raises(InputError, match=r"SHA-256 begins with \w+ has 16x16 pixels, less than the working") as told:
        load(tmp_path / "d", size=32)
    digests = [sha256(one.read_bytes()).hexdigest() for one in (tmp_path / "d").iterdir()]
    assert any(f"begins with {one[:12]} has" in str(told.value) for one in digests)
