"""`data=nifti`: the affine says what is up, the scale what a number means, a pattern whose volume it is."""

from __future__ import annotations

import gzip
import re
import struct
import warnings
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nibabel")
pytest.importorskip("pydicom")  # the maker of test volumes writes both
import nibabel
from nibabel.testing import data_path
from scans import chest, write_nifti

from harness.data.options import NiftiData
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
        data = NiftiData(root=str(root), **{"size": 16, "slices": "all", **options})
        pool = load_pool(data, Store(root.parent / "s"))
    return pool, [str(one.message) for one in caught]


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize("version", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("axes", ["LPS", "RAS", "SPL", "ASR"])
def test_every_orientation_gives_the_axial_slices_from_the_feet_up(tmp_path, axes, version, ending):
    straight = version(np.transpose(HU, (2, 1, 0)), np.diag([-1.0, -1, 1, 1]))
    wanted = nibabel.orientations.axcodes2ornt(axes)
    way = nibabel.orientations.ornt_transform(nibabel.io_orientation(straight.affine), wanted)
    (tmp_path / "d").mkdir()
    nibabel.save(straight.as_reoriented(way), tmp_path / "d" / f"one{ending}")
    pool, _ = load(tmp_path / "d")
    assert np.array_equal(pool.pixels, LUNG)


def test_a_volume_under_any_name_is_known_by_what_it_holds(tmp_path):
    write_nifti(tmp_path / "d" / "one.nii.gz", HU).rename(tmp_path / "d" / "one.bin")
    assert np.array_equal(load(tmp_path / "d")[0].pixels, LUNG)


def test_numbers_are_scaled(tmp_path):
    greys = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    write_nifti(tmp_path / "d" / "one.nii", greys, slope=1500 / 255, floor=-1350)
    pool, remarks = load(tmp_path / "d")
    assert np.array_equal(pool.pixels, greys)
    assert not any("hold nothing below" in one for one in remarks)


@pytest.mark.parametrize(("unit", "mm"), [("meter", 1e3), ("mm", 1), ("micron", 1e-3), (0, 1)])
def test_distances_are_in_the_units_of_the_header(tmp_path, unit, mm):
    step = 2 / mm
    image = nibabel.Nifti1Image(np.transpose(HU, (2, 1, 0)), np.diag([-step, -step, step, 1]))
    image.header.set_xyzt_units(unit)
    (tmp_path / "d").mkdir()
    nibabel.save(image, tmp_path / "d" / "a.nii")
    assert [one[-4:] for one in load(tmp_path / "d", slices="every:4")[0].ids] == ["0000", "0002", "0004"]


def test_patients_are_volumes_or_what_a_pattern_finds(tmp_path):
    for number, name in enumerate(["sub-07/a.nii", "sub-07/b.nii", "sub-7b/a.nii"]):
        write_nifti(tmp_path / "d" / name, chest(seed=number))
    pool, remarks = load(tmp_path / "d")
    assert len(set(pool.patient_ids)) == 3
    assert any("Each of 3 volumes in data.root counts as a patient of its own" in one for one in remarks)
    pool, remarks = load(tmp_path / "d", patient=r"sub-(\w+)/")
    assert len(set(pool.patient_ids)) == 2
    assert len(set(pool.ids)) == 18
    assert "sub-" not in " ".join([*pool.ids, *pool.patient_ids, *remarks])
    with pytest.raises(InputError, match=r"data\.patient=sub-\(\\d\+\)/ finds nobody in 1 of 3 names"):
        load(tmp_path / "d", patient=r"sub-(\d+)/")


def test_names_of_one_spelling_are_one_patient_and_that_is_told(tmp_path):
    for number, name in enumerate(["Sub07_a", "sub07_b", "sub7_c", "sub8_a"]):
        write_nifti(tmp_path / "d" / f"{name}.nii", chest(seed=number))
    pool, remarks = load(tmp_path / "d", patient=r"(\w+)_")
    assert len(set(pool.patient_ids)) == 2
    assert any("Patient ids of data.root, 1 group of them, differ only in spelling: case" in one for one in remarks)
    assert "ub7" not in " ".join(remarks)


def test_a_volume_of_two_files_is_a_part_that_cannot_be_had(tmp_path):
    write_nifti(tmp_path / "d" / "one.nii", HU)
    nibabel.save(nibabel.Nifti1Pair(HU, np.eye(4)), tmp_path / "d" / "Anna.img")
    with pytest.raises(InputError, match=r"beside 1 NIfTI volumes .* 1 that look like NIfTI\.") as told:
        load(tmp_path / "d")
    assert "Anna" not in str(told.value)


@pytest.mark.parametrize(("pattern", "why"), [("(", "no regular expression"), ("sub", "has no group")])
def test_a_pattern_that_is_none(tmp_path, pattern, why):
    write_nifti(tmp_path / "d" / "a.nii", HU)
    with pytest.raises(InputError, match=why):
        load(tmp_path / "d", patient=pattern)


def test_masks_and_volumes_that_do_not_say_how_they_lie_are_told(tmp_path):
    image = nibabel.Nifti1Image(np.zeros((16, 16, 4), np.uint8), None)
    (tmp_path / "d").mkdir()
    nibabel.save(image, tmp_path / "d" / "mask.nii")
    told = " ".join(load(tmp_path / "d")[1])
    assert "1 of 1 volumes in data.root hold nothing below -200" in told
    assert "are of one grey under this window" in told
    assert "no qform, no sform" in told


def test_what_is_outside_of_the_picture_is_black(tmp_path):
    values = HU.astype(np.float32)
    values[:, 0] = np.nan
    write_nifti(tmp_path / "d" / "a.nii", values)
    pool, _ = load(tmp_path / "d")
    assert not pool.pixels[:, 0].any()
    assert np.array_equal(pool.pixels[:, 1:], LUNG[:, 1:])


@pytest.mark.parametrize("name", ["anatomical.nii", "example_nifti2.nii.gz"])
def test_files_that_nibabel_ships_are_read_or_told_of(tmp_path, name):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / name).write_bytes((Path(data_path) / name).read_bytes())
    if name == "anatomical.nii":
        pool, _ = load(tmp_path / "d", window=[128, 256])
        assert pool.pixels.std() > 20
    else:
        with pytest.raises(InputError, match=r"SHA-256 .* holds 2 volumes in one \(4-D\)"):
            load(tmp_path / "d")


def damaged(tmp_path, place: int, content: bytes, kept: int | None = None) -> str:
    """The sentence for a volume with other bytes at a place of its header."""
    path = write_nifti(tmp_path / "Meyer" / "Meyer_Anna.nii", HU)
    found = bytearray(path.read_bytes())
    found[place : place + len(content)] = content
    path.write_bytes(bytes(found[:kept]))
    with pytest.raises(InputError, match=r"^data.root: the file whose SHA-256 begins with [0-9a-f]{12} ") as told:
        load(tmp_path / "Meyer")
    assert "Meyer" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize(
    ("place", "content", "why"),
    [
        (0, b"\0\0\0\0", "is no NIfTI volume"),
        (42, struct.pack("<3h", 32000, 32000, 32000), "32000 x 32000 x 32000 voxels"),
        (42, struct.pack("<3h", 1200, 1200, 300), "1200 x 1200 x 300 voxels"),
        (42, struct.pack("<h", -5), "NIfTI volume|voxels"),
        (70, struct.pack("<2h", 128, 24), "which is no grey"),
        (70, struct.pack("<2h", 32, 64), "which is no grey"),
        (108, struct.pack("<f", 3e9), "more than 16777216"),
        (280, struct.pack("<12f", *[0.0] * 12), "gives its voxels no size"),
    ],
    ids=["mark", "huge", "many small ones", "negative", "colours", "complex", "offset", "flat"],
)
def test_headers_that_cannot_be(tmp_path, place, content, why):
    assert re.search(why, damaged(tmp_path, place, content))


@pytest.mark.parametrize("kept", [3, 200, 400])
def test_files_that_end_too_soon(tmp_path, kept):
    assert damaged(tmp_path, 0, b"", kept)


def test_a_packed_file_that_is_damaged(tmp_path):
    (tmp_path / "d").mkdir()
    packed = gzip.compress(write_nifti(tmp_path / "x.nii", HU).read_bytes())
    (tmp_path / "d" / "a.nii.gz").write_bytes(packed[:300])
    with pytest.raises(InputError, match=r"SHA-256 .* is a damaged NIfTI volume"):
        load(tmp_path / "d")


def test_pictures_that_are_too_small_name_a_file_that_can_be_found(tmp_path):
    write_nifti(tmp_path / "d" / "one.nii", HU)
    with pytest.raises(InputError, match=r"SHA-256 begins with \w+ has 16x16 pixels, less than the working") as told:
        load(tmp_path / "d", size=32)
    digests = [sha256(one.read_bytes()).hexdigest() for one in (tmp_path / "d").iterdir()]
    assert any(f"begins with {one[:12]} has" in str(told.value) for one in digests)
